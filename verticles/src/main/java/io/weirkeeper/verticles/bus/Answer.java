package io.weirkeeper.verticles.bus;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.weirkeeper.core.api.ApiError;

/**
 * What to tell the user.
 *
 * @param status HTTP status
 * @param body JSON body, or null for an empty one
 * @param state number of what the pipeline shows after the request, for its {@code ETag} ({@link
 *     io.weirkeeper.verticles.snapshot.Snapshot#state}); 0 when there is none
 */
public record Answer(int status, JsonNode body, long state) {

  /** An answer with a JSON body. */
  public static Answer json(int status, JsonNode body, long state) {
    return new Answer(status, body, state);
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
