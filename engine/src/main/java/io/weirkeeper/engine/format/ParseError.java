package io.weirkeeper.engine.format;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * One input record that could not be used (spec: pipeline-protocol §4).
 *
 * @param record number of the record in its request body, from 1
 * @param column the column at fault, with the place inside it for nested values; null when the
 *     whole record is
 * @param expected what would have been right
 * @param found what was there, cut to a readable length
 * @param message all of it in one sentence
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ParseError(
    @JsonProperty("record") long record,
    @JsonProperty("column") String column,
    @JsonProperty("expected") String expected,
    @JsonProperty("found") String found,
    @JsonProperty("message") String message) {

  static ParseError of(long record, String column, BadValue bad) {
    String place = column == null ? null : column + bad.path();
    return new ParseError(
        record,
        place,
        bad.expected(),
        bad.found(),
        "record "
            + record
            + (place == null ? "" : ", column '" + place + "'")
            + ": expected "
            + bad.expected()
            + ", found "
            + bad.found());
  }
}
