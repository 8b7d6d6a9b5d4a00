package io.weirkeeper.core.compile;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * An error or warning of the SQL compiler (spec: api-semantics §3.7, pipeline-protocol §10). Lines
 * and columns count from 1, ends are inclusive; 0 where the position is unknown.
 *
 * @param startLineNumber first line
 * @param startColumn first column
 * @param endLineNumber last line
 * @param endColumn last column
 * @param warning whether compilation goes on
 * @param errorType for example {@code Compilation error}, {@code Error parsing SQL}, {@code Not yet
 *     implemented}
 * @param message what is wrong and what to do
 * @param snippet the numbered source lines with a caret line, or null
 */
public record CompilerMessage(
    @JsonProperty("start_line_number") int startLineNumber,
    @JsonProperty("start_column") int startColumn,
    @JsonProperty("end_line_number") int endLineNumber,
    @JsonProperty("end_column") int endColumn,
    @JsonProperty("warning") boolean warning,
    @JsonProperty("error_type") String errorType,
    @JsonProperty("message") String message,
    @JsonProperty("snippet") String snippet) {}
