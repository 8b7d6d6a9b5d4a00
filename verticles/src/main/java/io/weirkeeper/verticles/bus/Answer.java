package io.weirkeeper.verticles.bus;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.weirkeeper.core.api.ApiError;

/**
 * What to tell the user.
 *
 * @param status HTTP status
 * @param body JSON body, or null for an empty one
 * @param revision revision of the pipeline after the request, 0 when it has none
 */
public record Answer(int status, JsonNode body, long revision) {

  /** An answer with a JSON body. */
  public static Answer json(int status, JsonNode body, long revision) {
    return new Answer(status, body, revision);
  }

  /** An answer whose body is a JSON string. */
  public static Answer text(int status, String text) {
    return new Answer(status, TextNode.valueOf(text), 0);
  }

  /** An empty answer. */
  public static Answer empty(int status) {
    return new Answer(status, null, 0);
  }

  /** An error answer. */
  public static Answer error(ApiError error) {
    return new Answer(error.status(), error.body(), 0);
  }
}
