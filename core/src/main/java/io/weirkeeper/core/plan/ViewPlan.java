package io.weirkeeper.core.plan;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;

/**
 * A standing query.
 *
 * @param name folded to lower case unless quoted; later views refer to it by exactly this name, in
 *     back-ticks
 * @param caseSensitive whether the name was quoted
 * @param kind local views are no outputs; materialized ones are kept for ad-hoc queries
 * @param columns names and types of the result, in order
 * @param flinkSql the query in Flink SQL; its result columns have exactly the names and types of
 *     {@code columns}
 * @param position where the view's statement stands in the program, for errors found after
 *     translation
 * @param reads names of the relations that the query reads, perhaps some more; null if that is not
 *     known, as in plans of older builds
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ViewPlan(
    @JsonProperty("name") String name,
    @JsonProperty("case_sensitive") boolean caseSensitive,
    @JsonProperty("kind") Kind kind,
    @JsonProperty("columns") List<ColumnPlan> columns,
    @JsonProperty("flink_sql") String flinkSql,
    @JsonProperty("position") SourcePosition position,
    @JsonProperty("reads") List<String> reads) {

  /** A view of which it is not known what it reads. */
  public ViewPlan(
      String name,
      boolean caseSensitive,
      Kind kind,
      List<ColumnPlan> columns,
      String flinkSql,
      SourcePosition position) {
    this(name, caseSensitive, kind, columns, flinkSql, position, null);
  }

  /** This view as another kind. */
  public ViewPlan withKind(Kind newKind) {
    return new ViewPlan(name, caseSensitive, newKind, columns, flinkSql, position, reads);
  }

  /** What becomes of a view's result. */
  public enum Kind {
    /** Only other views read it. */
    LOCAL,
    /** An output: its changes are published. */
    PLAIN,
    /** An output whose contents are kept for ad-hoc queries. */
    MATERIALIZED;

    /** The name in JSON. */
    @JsonValue
    public String json() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
