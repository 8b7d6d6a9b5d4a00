package io.weirkeeper.core.plan;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;

/**
 * One column of a table or view.
 *
 * @param name folded to lower case unless quoted in the program
 * @param caseSensitive whether the name was quoted: decides how input fields are matched (spec:
 *     pipeline-protocol §4.1)
 * @param columntype the type that the API shows and that inputs and outputs are encoded by
 * @param flinkType the same type in Flink SQL with its nullability, for example {@code BIGINT NOT
 *     NULL}
 * @param defaultValue for a table column with DEFAULT: the constant value in the default JSON
 *     encoding; a JSON null node means DEFAULT NULL; Java null means that the column has no DEFAULT
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ColumnPlan(
    @JsonProperty("name") String name,
    @JsonProperty("case_sensitive") boolean caseSensitive,
    @JsonProperty("columntype") ColumnType columntype,
    @JsonProperty("flink_type") String flinkType,
    @JsonProperty("default_value") JsonNode defaultValue) {}
