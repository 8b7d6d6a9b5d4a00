package io.weirkeeper.compiler.program;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/** Words that can't name a table or view without quotes (spec: sql.md §1.1). */
final class ReservedWords {

  private static final Set<String> WORDS =
      Arrays.stream(
              """
              all alter and any array as asymmetric authorization begin between both by call case
              cast check collate column commit constraint create cross cube current current_date
              current_time current_timestamp current_user deallocate declare default delete describe
              distinct drop else end escape except exec execute exists explain external extract false
              fetch filter for foreign from full function grant group grouping having in inner insert
              intersect into is join lateral leading left like limit local localtime localtimestamp
              match_recognize merge minus multiset natural new no not now null nullif of offset on
              only or order outer over overlaps partition position precision prepare primary
              procedure qualify references reset revoke right rollback rollup row rows select
              session_user set show similar some symmetric system_user table then to trailing
              true truncate union unique unknown unnest update upsert user using values varying when
              where window with within without
              """
                  .split("\\s+"))
          .collect(Collectors.toUnmodifiableSet());

  private ReservedWords() {}

  static boolean contains(String word) {
    return WORDS.contains(word);
  }
}
