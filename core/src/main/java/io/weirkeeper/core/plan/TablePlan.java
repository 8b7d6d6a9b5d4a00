package io.weirkeeper.core.plan;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * An input table.
 *
 * @param name folded to lower case unless quoted; Flink knows the table by exactly this name, in
 *     back-ticks
 * @param caseSensitive whether the name was quoted
 * @param materialized whether ad-hoc queries can read it; always true with a primary key
 * @param appendOnly whether the program promises inserts only
 * @param columns in declared order
 * @param primaryKey names of the key columns in key order, or null: then the table is a multiset
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TablePlan(
    @JsonProperty("name") String name,
    @JsonProperty("case_sensitive") boolean caseSensitive,
    @JsonProperty("materialized") boolean materialized,
    @JsonProperty("append_only") boolean appendOnly,
    @JsonProperty("columns") List<ColumnPlan> columns,
    @JsonProperty("primary_key") List<String> primaryKey) {}
