package io.weirkeeper.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Optional;

/**
 * What the user asked the present process for last, noted before the command is sent (SAFETY rule
 * 5). It counts until the process refuses the command, or is seen to do otherwise after it.
 *
 * @param desired Paused, Running or Suspended
 * @param revision of the write that noted it; names it
 * @param before what had been asked for until then, or null
 */
public record Intent(RuntimeStatus desired, long revision, RuntimeStatus before) {

  /** Key in the internal deployment_config; no setting has such a name. */
  private static final String KEY = "weirkeeper_intent";

  /** The intent of the present deployment, if there is one. */
  public static Optional<Intent> of(PipelineRecord pipeline) {
    JsonNode config = pipeline.deployment().config();
    JsonNode noted = config == null ? null : config.get(KEY);
    return noted == null
        ? Optional.empty()
        : status(noted.get("desired"))
            .map(
                desired ->
                    new Intent(
                        desired,
                        noted.path("revision").asLong(),
                        status(noted.get("before")).orElse(null)));
  }

  private static Optional<RuntimeStatus> status(JsonNode json) {
    return json == null
        ? Optional.empty()
        : Arrays.stream(RuntimeStatus.values())
            .filter(status -> status.json().equals(json.textValue()))
            .findFirst();
  }

  /** The deployment with this noted, under the revision that the write gets. */
  static Deployment noted(PipelineRecord pipeline, RuntimeStatus desired, RuntimeStatus before) {
    Deployment deployment = pipeline.deployment();
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    if (deployment.config() != null) {
      deployment.config().fields().forEachRemaining(e -> config.set(e.getKey(), e.getValue()));
    }
    config.remove(KEY);
    if (desired != null) {
      ObjectNode noted = config.putObject(KEY);
      noted.put("desired", desired.json());
      noted.put("revision", pipeline.revision() + 1);
      if (before != null) {
        noted.put("before", before.json());
      }
    }
    return new Deployment(
        deployment.number(),
        deployment.id(),
        deployment.secret(),
        config,
        deployment.host(),
        deployment.process(),
        deployment.leaseUntil());
  }
}
