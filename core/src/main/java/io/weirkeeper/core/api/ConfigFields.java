package io.weirkeeper.core.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigInteger;
import java.util.Set;

/**
 * Copies the known fields of one configuration object into a populated one, field by field in the
 * order of the calls. An absent field gets its default; a field of the wrong type ends the copy.
 */
final class ConfigFields {
  /** Largest value of an unsigned 16-bit integer. */
  static final BigInteger U16 = BigInteger.valueOf(0xffff);

  /** Largest value of an unsigned 32-bit integer. */
  static final BigInteger U32 = BigInteger.valueOf(0xffffffffL);

  /** Largest value of an unsigned 64-bit integer. */
  static final BigInteger U64 = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  private final String path;
  private final JsonNode source;
  private final ObjectNode target = JsonNodeFactory.instance.objectNode();

  /** A field that can't be used; the message names it. */
  static final class FieldException extends Exception {
    FieldException(String field, String expected, JsonNode found) {
      this(field + ": expected " + expected + ", found " + describe(found));
    }

    FieldException(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * Reads an object.
   *
   * @param path of the object, empty for the outermost
   */
  ConfigFields(String path, JsonNode source) throws FieldException {
    if (!source.isObject()) {
      throw new FieldException(path.isEmpty() ? "value" : path, "an object", source);
    }
    this.path = path;
    this.source = source;
  }

  /** What was copied. */
  ObjectNode result() {
    return target;
  }

  /** The path of a field of this object. */
  String path(String field) {
    return path.isEmpty() ? field : path + "." + field;
  }

  /** The value of a field, or null when it is absent. */
  JsonNode given(String field) {
    return source.get(field);
  }

  /** Sets a field that was read in another way. */
  void put(String field, JsonNode value) {
    target.set(field, value);
  }

  void bool(String field, boolean byDefault) throws FieldException {
    JsonNode given = given(field);
    if (given != null && !given.isBoolean()) {
      throw new FieldException(path(field), "a boolean", given);
    }
    put(field, given == null ? BooleanNode.valueOf(byDefault) : given);
  }

  void nullableBool(String field) throws FieldException {
    JsonNode given = given(field);
    if (absent(given)) {
      put(field, NullNode.getInstance());
    } else {
      bool(field, false);
    }
  }

  void integer(String field, long byDefault, BigInteger maximum) throws FieldException {
    JsonNode given = given(field);
    put(
        field,
        given == null
            ? canonical(BigInteger.valueOf(byDefault))
            : unsigned(path(field), given, maximum));
  }

  /** An integer that may be null; null is also the default. */
  void nullableInteger(String field, BigInteger maximum) throws FieldException {
    JsonNode given = given(field);
    put(field, absent(given) ? NullNode.getInstance() : unsigned(path(field), given, maximum));
  }

  /** An integer that may be null when that is given. */
  void nullableInteger(String field, long byDefault, BigInteger maximum) throws FieldException {
    if (given(field) == null) {
      put(field, canonical(BigInteger.valueOf(byDefault)));
    } else {
      nullableInteger(field, maximum);
    }
  }

  void nullableNumber(String field) throws FieldException {
    JsonNode given = given(field);
    if (absent(given)) {
      put(field, NullNode.getInstance());
    } else if (given.isNumber()) {
      put(field, DoubleNode.valueOf(given.doubleValue()));
    } else {
      throw new FieldException(path(field), "a number", given);
    }
  }

  void text(String field, String byDefault) throws FieldException {
    JsonNode given = given(field);
    if (given != null && !given.isTextual()) {
      throw new FieldException(path(field), "a string", given);
    }
    put(field, given == null ? TextNode.valueOf(byDefault) : given);
  }

  void requiredText(String field) throws FieldException {
    if (given(field) == null) {
      throw new FieldException(path(field) + ": missing, expected a string");
    }
    text(field, "");
  }

  void nullableText(String field) throws FieldException {
    JsonNode given = given(field);
    if (absent(given)) {
      put(field, NullNode.getInstance());
    } else {
      text(field, "");
    }
  }

  void oneOf(String field, String byDefault, Set<String> allowed) throws FieldException {
    text(field, byDefault);
    if (!allowed.contains(target.get(field).textValue())) {
      throw new FieldException(
          path(field), "one of " + String.join(", ", allowed), target.get(field));
    }
  }

  void nullableOneOf(String field, Set<String> allowed) throws FieldException {
    if (absent(given(field))) {
      put(field, NullNode.getInstance());
    } else {
      oneOf(field, "", allowed);
    }
  }

  void unsignedList(String field) throws FieldException {
    JsonNode given = given(field);
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    if (given != null) {
      if (!given.isArray()) {
        throw new FieldException(path(field), "a list of integers", given);
      }
      for (JsonNode item : given) {
        list.add(unsigned(path(field), item, U64));
      }
    }
    put(field, list);
  }

  void nullableTextList(String field) throws FieldException {
    JsonNode given = given(field);
    if (absent(given)) {
      put(field, NullNode.getInstance());
      return;
    }
    if (!given.isArray()) {
      throw new FieldException(path(field), "a list of strings", given);
    }
    for (JsonNode item : given) {
      if (!item.isTextual()) {
        throw new FieldException(path(field), "a list of strings", item);
      }
    }
    put(field, given);
  }

  void textMap(String field) throws FieldException {
    JsonNode given = given(field);
    if (given == null) {
      put(field, JsonNodeFactory.instance.objectNode());
      return;
    }
    if (!given.isObject()) {
      throw new FieldException(path(field), "an object with strings", given);
    }
    for (var entry : given.properties()) {
      if (!entry.getValue().isTextual()) {
        throw new FieldException(path(field) + "." + entry.getKey(), "a string", entry.getValue());
      }
    }
    put(field, given);
  }

  static boolean absent(JsonNode given) {
    return given == null || given.isNull();
  }

  private static JsonNode unsigned(String path, JsonNode given, BigInteger maximum)
      throws FieldException {
    if (!given.isIntegralNumber()
        || given.bigIntegerValue().signum() < 0
        || given.bigIntegerValue().compareTo(maximum) > 0) {
      throw new FieldException(path, "an integer from 0 to " + maximum, given);
    }
    return canonical(given.bigIntegerValue());
  }

  /** The node that a parser makes of an integer, so that equal documents are equal nodes. */
  private static JsonNode canonical(BigInteger value) {
    if (value.bitLength() <= 31) {
      return IntNode.valueOf(value.intValue());
    }
    return value.bitLength() <= 63
        ? LongNode.valueOf(value.longValue())
        : BigIntegerNode.valueOf(value);
  }

  /** Names a value in an error message, cut to a readable length. */
  static String describe(JsonNode value) {
    int maximum = 60;
    String text = value.toString();
    String cut = text.length() <= maximum ? text : text.substring(0, maximum) + "...";
    return switch (value.getNodeType()) {
      case NULL, MISSING -> "null";
      case BOOLEAN -> "the boolean " + cut;
      case NUMBER -> "the number " + cut;
      case STRING -> "the string " + cut;
      case ARRAY -> "a list";
      default -> "an object";
    };
  }
}
