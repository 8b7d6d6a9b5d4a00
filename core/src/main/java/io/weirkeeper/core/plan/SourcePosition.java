package io.weirkeeper.core.plan;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * A range of the program text; lines and columns count from 1, the end is inclusive (as Calcite
 * counts).
 *
 * @param startLine first line
 * @param startColumn first column
 * @param endLine last line
 * @param endColumn last column
 */
public record SourcePosition(
    @JsonProperty("start_line_number") int startLine,
    @JsonProperty("start_column") int startColumn,
    @JsonProperty("end_line_number") int endLine,
    @JsonProperty("end_column") int endColumn) {}
