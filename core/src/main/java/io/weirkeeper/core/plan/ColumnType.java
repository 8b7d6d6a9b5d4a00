package io.weirkeeper.core.plan;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * The type of a column as the API shows it (spec: pipeline-protocol §10, {@code columntype}).
 *
 * @param type wire name, one of the strings of the spec: {@code BOOLEAN}, {@code INTEGER}, {@code
 *     VARCHAR}, {@code STRUCT} ...
 * @param nullable whether NULL is a value of the column
 * @param precision total digits, characters or bytes; {@code -1} means unlimited; null when the
 *     type has none
 * @param scale digits after the point; null when the type has none
 * @param component element type of an {@code ARRAY}, else null
 * @param fields fields of a {@code STRUCT}, else null
 * @param key key type of a {@code MAP}, else null
 * @param value value type of a {@code MAP}, else null
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ColumnType(
    @JsonProperty("type") String type,
    @JsonProperty("nullable") boolean nullable,
    @JsonProperty("precision") Long precision,
    @JsonProperty("scale") Long scale,
    @JsonProperty("component") ColumnType component,
    @JsonProperty("fields") List<Field> fields,
    @JsonProperty("key") ColumnType key,
    @JsonProperty("value") ColumnType value) {

  /** A scalar type without precision. */
  public static ColumnType of(String type, boolean nullable) {
    return new ColumnType(type, nullable, null, null, null, null, null, null);
  }

  /** This type with another nullability. */
  public ColumnType withNullable(boolean newNullable) {
    return new ColumnType(type, newNullable, precision, scale, component, fields, key, value);
  }

  /**
   * A named field of a {@code STRUCT}.
   *
   * @param name folded to lower case unless quoted in the program
   * @param caseSensitive whether the name was quoted
   * @param columntype the field's type
   */
  public record Field(
      @JsonProperty("name") String name,
      @JsonProperty("case_sensitive") boolean caseSensitive,
      @JsonProperty("columntype") ColumnType columntype) {}
}
