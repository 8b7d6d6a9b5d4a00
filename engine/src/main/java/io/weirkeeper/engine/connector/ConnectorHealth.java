package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Whether an endpoint can do its work (spec: connectors §4.8).
 *
 * @param status {@code Healthy} or {@code Unhealthy}
 * @param description what is wrong; null when nothing is
 */
public record ConnectorHealth(
    @JsonProperty("status") String status, @JsonProperty("description") String description) {

  static final ConnectorHealth HEALTHY = new ConnectorHealth("Healthy", null);

  static ConnectorHealth unhealthy(String description) {
    return new ConnectorHealth("Unhealthy", description);
  }
}
