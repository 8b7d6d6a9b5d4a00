package io.weirkeeper.core.connector;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Options of {@code file_output} (spec: connectors §3.2).
 *
 * @param path absolute path
 */
public record FileOutputConfig(String path) {

  /** Reads the options. */
  public static FileOutputConfig of(JsonNode json) throws ConnectorConfigException {
    return new FileOutputConfig(
        new Options("ConfigError.InvalidTransportConfig", "transport.config", json).text("path"));
  }
}
