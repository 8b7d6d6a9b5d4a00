package io.weirkeeper.engine.process;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * A position of an input endpoint, as clients carry it (spec §4.3).
 *
 * @param incarnation the process that gave it
 * @param endpoint the endpoint's number in that process
 * @param records records up to the position
 */
record CompletionToken(UUID incarnation, int endpoint, long records) {

  String text() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("u", incarnation.toString());
    json.put("e", endpoint);
    json.put("c", records);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(Replies.bytes(json));
  }

  /**
   * @throws ApiError 400 InvalidParam when the text is no token
   */
  static CompletionToken parse(String text) {
    try {
      JsonNode json = Replies.JSON.readTree(Base64.getUrlDecoder().decode(text));
      JsonNode u = json == null ? null : json.get("u");
      JsonNode e = json == null ? null : json.get("e");
      JsonNode c = json == null ? null : json.get("c");
      if (u != null
          && u.isTextual()
          && e != null
          && e.canConvertToInt()
          && c != null
          && c.canConvertToLong()) {
        return new CompletionToken(UUID.fromString(u.asText()), e.asInt(), c.asLong());
      }
    } catch (IllegalArgumentException | IOException e) {
      throw ApiError.invalidParam("token", "a completion token", text);
    }
    throw ApiError.invalidParam("token", "a completion token", text);
  }
}
