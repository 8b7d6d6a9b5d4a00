package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/**
 * Health of the parts of the server (spec: api-semantics §6, cluster_healthz).
 *
 * @param api the REST front and its database
 * @param compiler the compiler process
 * @param runner what runs the pipeline processes
 */
public record ServerHealth(Part api, Part compiler, Part runner) {

  /**
   * Health of one part.
   *
   * @param healthy whether it works
   * @param message in words
   * @param unchangedSince since when {@code healthy} has its value
   * @param checkedAt time of the last check
   */
  public record Part(boolean healthy, String message, Instant unchangedSince, Instant checkedAt) {
    private ObjectNode json() {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("healthy", healthy);
      json.put("message", message);
      json.put("unchanged_since", unchangedSince.toString());
      json.put("checked_at", checkedAt.toString());
      return json;
    }
  }

  /** Whether every part works. */
  public boolean allHealthy() {
    return api.healthy && compiler.healthy && runner.healthy;
  }

  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("all_healthy", allHealthy());
    json.set("api", api.json());
    json.set("compiler", compiler.json());
    json.set("runner", runner.json());
    return json;
  }
}
