package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * Where every connector stands between two steps: what a checkpoint stores beside the state of the
 * dataflow. Written and read as JSON.
 *
 * <p>To checkpoint: {@code steps.betweenSteps(connectors::positions)}, whose future completes when
 * outputs have written and made durable what the steps so far gave them, so a position never lies
 * beyond what a crash leaves. To go on: {@link Connectors#open} with the positions of the
 * checkpoint. Inputs then read on from there, and give the same rows that they gave after it the
 * first time; outputs write over what they wrote after it, so steps that are repeated are delivered
 * once.
 *
 * @param inputs by endpoint name; the position of the batches consumed by the steps so far. Opaque
 *     to all but the transport that made it. An endpoint that is missing begins anew
 * @param outputs by endpoint name; what was delivered by the steps so far. An endpoint that is
 *     missing begins anew
 */
public record ConnectorPositions(
    @JsonProperty("inputs") Map<String, JsonNode> inputs,
    @JsonProperty("outputs") Map<String, JsonNode> outputs) {

  /** Copies the maps. */
  public ConnectorPositions {
    inputs = inputs == null ? Map.of() : Map.copyOf(inputs);
    outputs = outputs == null ? Map.of() : Map.copyOf(outputs);
  }

  /** Every connector at its beginning. */
  public static ConnectorPositions none() {
    return new ConnectorPositions(Map.of(), Map.of());
  }
}
