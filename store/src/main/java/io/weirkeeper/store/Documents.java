package io.weirkeeper.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** JSON documents to and from the text that PostgreSQL stores as {@code jsonb}. */
final class Documents {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private Documents() {}

  /** Writes a document; null stays null. */
  static String text(JsonNode document) {
    if (document == null) {
      return null;
    }
    try {
      return JSON.writeValueAsString(document);
    } catch (JsonProcessingException e) {
      throw new StoreException(
          StoreException.Reason.INVALID_VALUE, "A JSON document cannot be written", e);
    }
  }

  /** Reads a document; null stays null. */
  static JsonNode parse(String text) {
    if (text == null) {
      return null;
    }
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
    }
  }
}
