package io.weirkeeper.engine.process;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.MultiMap;
import java.io.IOException;
import java.util.Locale;

/**
 * What an egress client asks for (spec §5).
 *
 * @param json whether rows come as JSON; else CSV
 * @param backpressure whether the pipeline waits for the client
 * @param snapshot whether the present contents come first
 */
record EgressRequest(boolean json, boolean backpressure, boolean snapshot) {

  /**
   * Reads the query form, or the body form when there is a body.
   *
   * @throws ApiError 400 InvalidParam for what can't be had
   */
  static EgressRequest of(MultiMap query, byte[] body) {
    if (new String(body, java.nio.charset.StandardCharsets.UTF_8).isBlank()) {
      return new EgressRequest(
          isJson("format", query.get("format")),
          flag(query, "backpressure"),
          flag(query, "send_snapshot"));
    }
    for (String name : new String[] {"format", "backpressure"}) {
      if (query.contains(name)) {
        throw new ApiError(
            400,
            "InvalidParam",
            "The parameter '" + name + "' stands in the query and the request has a body: use one");
      }
    }
    return ofBody(query, body);
  }

  private static EgressRequest ofBody(MultiMap query, byte[] body) {
    JsonNode config;
    try {
      config = Replies.JSON.readTree(body);
    } catch (IOException e) {
      throw ApiError.invalidParam("body", "a JSON object", "malformed JSON");
    }
    if (config == null || !config.isObject()) {
      throw ApiError.invalidParam("body", "a JSON object", "something else");
    }
    boolean backpressure = false;
    JsonNode transport = config.get("transport");
    if (transport != null && !transport.isNull()) {
      String name = transport.path("name").asText();
      if (!name.equals("http_output")) {
        throw ApiError.invalidParam("transport.name", "http_output", name);
      }
      backpressure = bool(transport.path("config").get("backpressure"), "backpressure");
    }
    JsonNode format = config.path("format");
    boolean json =
        isJson("format.name", format.hasNonNull("name") ? format.get("name").asText() : null);
    JsonNode array = format.path("config").get("array");
    if (json && array != null && !array.isNull() && !array.asBoolean()) {
      throw ApiError.invalidParam("format.config.array", "true", array.toString());
    }
    JsonNode snapshot = config.get("send_snapshot");
    return new EgressRequest(
        json,
        backpressure,
        snapshot == null ? flag(query, "send_snapshot") : bool(snapshot, "send_snapshot"));
  }

  private static boolean isJson(String name, String format) {
    if (format == null) {
      return false;
    }
    return switch (format.toLowerCase(Locale.ROOT)) {
      case "json" -> true;
      case "csv" -> false;
      default -> throw ApiError.invalidParam(name, "json or csv", format);
    };
  }

  static boolean flag(MultiMap query, String name) {
    String value = query.get(name);
    if (value == null) {
      return false;
    }
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw ApiError.invalidParam(name, "true or false", value);
    };
  }

  private static boolean bool(JsonNode value, String name) {
    if (value == null || value.isNull()) {
      return false;
    }
    if (!value.isBoolean()) {
      throw ApiError.invalidParam(name, "true or false", value.toString());
    }
    return value.booleanValue();
  }
}
