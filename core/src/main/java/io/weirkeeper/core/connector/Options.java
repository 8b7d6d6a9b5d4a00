package io.weirkeeper.core.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/** Reads one JSON object option by option; errors name the option by its path. */
final class Options {
  private static final BigInteger U64 = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
  private static final int SHOWN_CHARACTERS = 100;

  private final String errorCode;
  private final String path;
  private final JsonNode object;

  /**
   * @param errorCode of the exceptions
   * @param path of the object, for messages; empty for the outermost
   * @param object null and JSON null stand for an empty object
   */
  Options(String errorCode, String path, JsonNode object) throws ConnectorConfigException {
    this.errorCode = errorCode;
    this.path = path;
    this.object =
        object == null || object.isNull() || object.isMissingNode()
            ? JsonNodeFactory.instance.objectNode()
            : object;
    if (!this.object.isObject()) {
      throw invalid(path, "an object", object);
    }
  }

  /** The path of an option of this object. */
  String path(String option) {
    return path.isEmpty() ? option : path + "." + option;
  }

  /** The value of an option; null when it is absent or JSON null. */
  JsonNode given(String option) {
    JsonNode value = object.get(option);
    return value == null || value.isNull() ? null : value;
  }

  /** The object of an option, empty when it is absent. */
  Options nested(String option) throws ConnectorConfigException {
    return new Options(errorCode, path(option), given(option));
  }

  /** Refuses options that are not known. */
  void only(Set<String> known) throws ConnectorConfigException {
    for (var names = object.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!known.contains(name)) {
        throw error(
            (path.isEmpty() ? "" : path + ": ")
                + "unknown option '"
                + cut(name)
                + "', expected one of "
                + String.join(", ", new TreeSet<>(known)));
      }
    }
  }

  String text(String option) throws ConnectorConfigException {
    JsonNode value = given(option);
    if (value == null) {
      throw error("the option '" + path(option) + "' is missing");
    }
    return text(path(option), value);
  }

  String text(String option, String otherwise) throws ConnectorConfigException {
    JsonNode value = given(option);
    return value == null ? otherwise : text(path(option), value);
  }

  private String text(String at, JsonNode value) throws ConnectorConfigException {
    if (!value.isTextual()) {
      throw invalid(at, "a string", value);
    }
    return value.textValue();
  }

  boolean flag(String option, boolean otherwise) throws ConnectorConfigException {
    JsonNode value = given(option);
    if (value != null && !value.isBoolean()) {
      throw invalid(path(option), "true or false", value);
    }
    return value == null ? otherwise : value.booleanValue();
  }

  /** A whole number from 0; one beyond the range of a long counts as its end. */
  OptionalLong unsigned(String option) throws ConnectorConfigException {
    JsonNode value = given(option);
    if (value == null) {
      return OptionalLong.empty();
    }
    if (!value.isIntegralNumber()
        || value.bigIntegerValue().signum() < 0
        || value.bigIntegerValue().compareTo(U64) > 0) {
      throw invalid(path(option), "a whole number from 0", value);
    }
    return OptionalLong.of(value.canConvertToLong() ? value.longValue() : Long.MAX_VALUE);
  }

  /** A whole number from 1. */
  OptionalLong positive(String option) throws ConnectorConfigException {
    OptionalLong value = unsigned(option);
    if (value.isPresent() && value.getAsLong() == 0) {
      throw invalid(path(option), "a whole number from 1", given(option));
    }
    return value;
  }

  /** A 64-bit whole number. */
  long signed(String option, long otherwise) throws ConnectorConfigException {
    JsonNode value = given(option);
    if (value != null && !(value.isIntegralNumber() && value.canConvertToLong())) {
      throw invalid(path(option), "a whole number of 64 bits", value);
    }
    return value == null ? otherwise : value.longValue();
  }

  List<String> texts(String option) throws ConnectorConfigException {
    JsonNode value = given(option);
    List<String> texts = new ArrayList<>();
    if (value != null) {
      if (!value.isArray()) {
        throw invalid(path(option), "an array of strings", value);
      }
      for (int i = 0; i < value.size(); i++) {
        texts.add(text(path(option) + "[" + i + "]", value.get(i)));
      }
    }
    return texts;
  }

  ConnectorConfigException invalid(String at, String expected, JsonNode found) {
    return error(
        (at.isEmpty() ? "" : at + ": ")
            + "expected "
            + expected
            + ", found "
            + cut(String.valueOf(found)));
  }

  ConnectorConfigException error(String message) {
    return new ConnectorConfigException(errorCode, message);
  }

  private static String cut(String text) {
    return text.length() <= SHOWN_CHARACTERS ? text : text.substring(0, SHOWN_CHARACTERS) + "...";
  }
}
