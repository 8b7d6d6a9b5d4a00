package io.weirkeeper.engine.format;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The format of a request body with its options (spec: pipeline-protocol §4, connectors §4). */
public sealed interface InputFormat {

  /**
   * JSON.
   *
   * @param raw whether every object is a row to insert; else {@code insert_delete}
   * @param array whether every document is an array of updates
   * @param flavor how values are written
   */
  record Json(boolean raw, boolean array, JsonFlavor flavor) implements InputFormat {
    /** In the default flavor. */
    public Json(boolean raw, boolean array) {
      this(raw, array, JsonFlavor.DEFAULT);
    }
  }

  /**
   * CSV; only inserts.
   *
   * @param delimiter between fields
   * @param headers whether the first line is skipped
   * @param quote around fields that need it
   * @param escape before a quote inside a quoted field; 0: none
   * @param doubleQuote whether two quotes inside a quoted field are one
   * @param quoting whether quotes mean anything
   * @param comment first character of lines to skip; 0: none
   * @param flexible whether records may differ in their number of fields
   * @param trim whether blanks around fields are cut
   */
  record Csv(
      byte delimiter,
      boolean headers,
      byte quote,
      byte escape,
      boolean doubleQuote,
      boolean quoting,
      byte comment,
      boolean flexible,
      boolean trim)
      implements InputFormat {}

  /**
   * Bytes as they are; only inserts.
   *
   * @param lines whether each line is a row; else the whole input is one
   * @param column where they go; null when the table has one column only
   */
  record Raw(boolean lines, String column) implements InputFormat {}

  /** Update formats that the API names and that are not built. */
  Set<String> OTHER_UPDATE_FORMATS = Set.of("weighted", "debezium", "snowflake", "redis");

  /** Flavors that the API names and that are not built. */
  Set<String> OTHER_FLAVORS =
      Set.of(
          "debezium_mysql",
          "debezium_postgres",
          "snowflake",
          "kafka_connect_json_converter",
          "blockchain",
          "c_hex",
          "datagen",
          "postgres");

  /**
   * Reads the format from the query parameters of a request; csv when none is named. Parameters
   * that belong to no format are not looked at.
   *
   * @throws FormatException for what is unknown or not built
   */
  static InputFormat of(Map<String, String> query) throws FormatException {
    String format = query.getOrDefault("format", "csv").toLowerCase(Locale.ROOT);
    return switch (format) {
      case "json" -> json(query);
      case "csv" -> csv(query);
      case "raw" -> raw(query);
      case "parquet", "avro" ->
          throw new FormatException(
              "NotSupported",
              "The input format '" + format + "' is not built yet; use json, csv or raw");
      default ->
          throw new FormatException(
              "ConfigError.UnknownInputFormat",
              "Unknown input format '" + BadValue.cut(format) + "': expected json, csv or raw");
    };
  }

  private static Json json(Map<String, String> query) throws FormatException {
    String flavor = query.getOrDefault("json_flavor", "default");
    if (OTHER_FLAVORS.contains(flavor)) {
      throw new FormatException(
          "NotSupported",
          "The json_flavor '" + flavor + "' is not built yet; use default or pandas");
    }
    if (!flavor.equals("default") && !flavor.equals("pandas")) {
      throw invalid("json_flavor", "default or pandas", flavor);
    }
    String update = query.getOrDefault("update_format", "insert_delete");
    if (OTHER_UPDATE_FORMATS.contains(update)) {
      throw new FormatException(
          "NotSupported",
          "The update_format '" + update + "' is not supported; use raw or insert_delete");
    }
    boolean raw = update.equals("raw");
    if (!raw && !update.equals("insert_delete")) {
      throw invalid("update_format", "raw or insert_delete", update);
    }
    String lines = query.getOrDefault("lines", "multiple");
    if (!lines.equals("multiple") && !lines.equals("single")) {
      throw invalid("lines", "multiple or single", lines);
    }
    return new Json(
        raw,
        flag(query, "array", false),
        flavor.equals("pandas") ? JsonFlavor.PANDAS : JsonFlavor.DEFAULT);
  }

  private static Csv csv(Map<String, String> query) throws FormatException {
    String trim = query.getOrDefault("trim", "none");
    if (!Set.of("none", "headers", "fields", "all").contains(trim)) {
      throw invalid("trim", "none, headers, fields or all", trim);
    }
    return new Csv(
        character(query, "delimiter", (byte) ','),
        flag(query, "headers", false),
        character(query, "quote", (byte) '"'),
        character(query, "escape", (byte) 0),
        flag(query, "double_quote", true),
        flag(query, "quoting", true),
        character(query, "comment", (byte) 0),
        flag(query, "flexible", true),
        trim.equals("fields") || trim.equals("all"));
  }

  private static Raw raw(Map<String, String> query) throws FormatException {
    String mode = query.getOrDefault("mode", "blob");
    if (!mode.equals("blob") && !mode.equals("lines")) {
      throw invalid("mode", "blob or lines", mode);
    }
    return new Raw(mode.equals("lines"), query.get("column_name"));
  }

  private static boolean flag(Map<String, String> query, String name, boolean otherwise)
      throws FormatException {
    String value = query.get(name);
    if (value == null) {
      return otherwise;
    }
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw invalid(name, "true or false", value);
    };
  }

  private static byte character(Map<String, String> query, String name, byte otherwise)
      throws FormatException {
    String value = query.get(name);
    if (value == null) {
      return otherwise;
    }
    if (value.length() != 1
        || value.charAt(0) == 0
        || value.charAt(0) > 127
        || value.charAt(0) == '\n'
        || value.charAt(0) == '\r') {
      throw invalid(name, "one ASCII character", value);
    }
    return (byte) value.charAt(0);
  }

  private static FormatException invalid(String name, String expected, String found) {
    return new FormatException(
        "InvalidParam",
        "Invalid value of the parameter '"
            + name
            + "': expected "
            + expected
            + ", found '"
            + BadValue.cut(found)
            + "'");
  }
}
