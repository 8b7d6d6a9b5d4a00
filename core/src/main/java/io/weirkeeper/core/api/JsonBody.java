package io.weirkeeper.core.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Collection;

/** Reads the JSON body of a request and its fields (spec: api-semantics §1.2). */
public final class JsonBody {
  private static final ObjectReader READER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .readerFor(JsonNode.class);

  private final JsonNode root;

  private JsonBody(JsonNode root) {
    this.root = root;
  }

  /**
   * Parses a body that must be an object, and refuses what the database can't hold.
   *
   * @throws RequestBodyException when it is not JSON or not an object
   * @throws ApiException with {@code NulCharacter}
   */
  public static JsonBody parse(byte[] body) {
    JsonNode root;
    try {
      root = READER.readValue(body);
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      throw new RequestBodyException(
          e.getOriginalMessage()
              + (at == null ? "" : " at line " + at.getLineNr() + " column " + at.getColumnNr()));
    } catch (IOException e) {
      throw new RequestBodyException("the body is not UTF-8: " + e.getMessage());
    }
    if (root == null || root.isMissingNode()) {
      throw new RequestBodyException("the body is empty, expected an object");
    }
    if (!root.isObject()) {
      throw new RequestBodyException("expected an object, found " + ConfigFields.describe(root));
    }
    checkStorable("", root);
    return new JsonBody(root);
  }

  /**
   * Parses a body that may also be JSON {@code null}, which a known client sends for an empty
   * object.
   */
  public static JsonBody parseOrEmpty(byte[] body) {
    boolean isNull = new String(body, StandardCharsets.UTF_8).strip().equals("null");
    return isNull ? new JsonBody(JsonNodeFactory.instance.objectNode()) : parse(body);
  }

  /** A string that must be there. */
  public String requiredText(String field) {
    JsonNode value = root.get(field);
    if (value == null) {
      throw new RequestBodyException("missing field `" + field + "`");
    }
    return text(field, value);
  }

  /** A string; absent means the default, null is refused. */
  public String text(String field, String byDefault) {
    JsonNode value = root.get(field);
    return value == null ? byDefault : text(field, value);
  }

  /** A string, or null when it is absent or null. */
  public String nullableText(String field) {
    JsonNode value = root.get(field);
    return ConfigFields.absent(value) ? null : text(field, value);
  }

  /** One of some words, or null when it is absent or null. */
  public String nullableWord(String field, Collection<String> words) {
    JsonNode value = root.get(field);
    return ConfigFields.absent(value) ? null : word(field, text(field, value), words);
  }

  /** One of some words, which must be there. */
  public String requiredWord(String field, Collection<String> words) {
    return word(field, requiredText(field), words);
  }

  private static String word(String field, String found, Collection<String> words) {
    if (!words.contains(found)) {
      throw new RequestBodyException(
          "field `" + field + "`: unknown variant `" + found + "`, expected one of " + words);
    }
    return found;
  }

  /** A time in RFC 3339, or null when it is absent or null. */
  public Instant nullableTime(String field) {
    String found = nullableText(field);
    if (found == null) {
      return null;
    }
    try {
      return OffsetDateTime.parse(found).toInstant();
    } catch (DateTimeParseException e) {
      throw new RequestBodyException(
          "field `"
              + field
              + "`: expected a time such as 2027-01-31T12:00:00Z, found '"
              + found
              + "'");
    }
  }

  /** A boolean; absent means the default, null is refused. */
  public boolean bool(String field, boolean byDefault) {
    JsonNode value = root.get(field);
    if (value == null) {
      return byDefault;
    }
    if (!value.isBoolean()) {
      throw wrongType(field, "a boolean", value);
    }
    return value.booleanValue();
  }

  /** Any JSON, or null when it is absent or null. */
  public JsonNode nullableJson(String field) {
    JsonNode value = root.get(field);
    return ConfigFields.absent(value) ? null : value;
  }

  /** The value of a field, or null when it is absent; a given null is a JSON null. */
  JsonNode raw(String field) {
    return root.get(field);
  }

  static RequestBodyException wrongType(String field, String expected, JsonNode found) {
    return new RequestBodyException(
        "field `"
            + field
            + "`: invalid type: expected "
            + expected
            + ", found "
            + ConfigFields.describe(found));
  }

  private static String text(String field, JsonNode value) {
    if (!value.isTextual()) {
      throw wrongType(field, "a string", value);
    }
    return value.textValue();
  }

  /** The parser bounds the depth, so this recursion is bounded too. */
  private static void checkStorable(String path, JsonNode node) {
    if (node.isTextual()) {
      checkText(path, node.textValue());
    } else if (node.isArray()) {
      int index = 0;
      for (JsonNode item : node) {
        checkStorable(path + "[" + index + "]", item);
        index++;
      }
    } else if (node.isObject()) {
      for (var entry : node.properties()) {
        checkText(path.isEmpty() ? "(field name)" : path + " (field name)", entry.getKey());
        checkStorable(
            path.isEmpty() ? entry.getKey() : path + "." + entry.getKey(), entry.getValue());
      }
    } else if (node.getNodeType() == JsonNodeType.NUMBER
        && node.isFloatingPointNumber()
        && !Double.isFinite(node.doubleValue())) {
      throw new RequestBodyException("field `" + path + "`: number out of range");
    }
  }

  private static void checkText(String path, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        throw ApiErrors.nulCharacter(path, i).exception();
      }
      if (Character.isSurrogate(c)) {
        boolean paired =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!paired) {
          throw new RequestBodyException("field `" + path + "`: lone surrogate at position " + i);
        }
        i++;
      }
    }
  }
}
