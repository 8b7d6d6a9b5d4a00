package io.weirkeeper.core.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which relations of a program each of its views reads. It may name one too many, never one too
 * few: where the compiler did not say, every relation whose name occurs in the query counts.
 */
public final class Reads {
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}_$]+");

  private final PipelinePlan plan;
  private final Map<String, List<String>> direct = new HashMap<>();

  private Reads(PipelinePlan plan) {
    this.plan = plan;
    List<String> names = new ArrayList<>();
    plan.tables().forEach(table -> names.add(table.name()));
    for (ViewPlan view : plan.views()) {
      direct.put(view.name(), view.reads() == null ? mentioned(view, names) : view.reads());
      names.add(view.name());
    }
  }

  /** Those of a program. */
  public static Reads of(PipelinePlan plan) {
    return new Reads(plan);
  }

  private static List<String> mentioned(ViewPlan view, List<String> names) {
    Set<String> words = new HashSet<>();
    Matcher matcher = WORD.matcher(view.flinkSql());
    while (matcher.find()) {
      words.add(matcher.group());
    }
    return names.stream()
        .filter(
            name ->
                WORD.matcher(name).matches()
                    ? words.contains(name)
                    : view.flinkSql().contains(name.replace("`", "``")))
        .toList();
  }

  /** What a view reads itself. */
  public List<String> direct(String view) {
    return direct.getOrDefault(view, List.of());
  }

  /** All tables and views upstream of some views, and these themselves. */
  public Set<String> upstream(Iterable<String> views) {
    Set<String> all = new LinkedHashSet<>();
    views.forEach(view -> add(view, all));
    return all;
  }

  private void add(String relation, Set<String> all) {
    if (all.add(relation)) {
      direct(relation).forEach(input -> add(input, all));
    }
  }

  /**
   * The part of the program that computes some of its views: of the others only what these read is
   * left, and as local views.
   */
  public PipelinePlan part(Set<String> views) {
    Set<String> needed = upstream(views);
    return new PipelinePlan(
        plan.formatVersion(),
        plan.tables().stream().filter(table -> needed.contains(table.name())).toList(),
        plan.views().stream()
            .filter(view -> needed.contains(view.name()))
            .map(v -> views.contains(v.name()) ? v : v.withKind(ViewPlan.Kind.LOCAL))
            .toList());
  }
}
