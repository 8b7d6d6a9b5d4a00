package io.weirkeeper.engine.connector;

import io.weirkeeper.core.connector.ConnectorConfig;
import io.weirkeeper.core.connector.ConnectorConfigException;
import io.weirkeeper.core.connector.FileOutputConfig;

/** Makes the output transports that are built. */
final class OutputTransports {
  private OutputTransports() {}

  /** The transport of a connector. */
  static OutputTransport of(ConnectorConfig config) {
    try {
      return switch (config.transport()) {
        case "file_output" -> new FileOutput(FileOutputConfig.of(config.transportConfig()));
        case "null_output" -> new NullOutput();
        default -> throw new IllegalArgumentException("not built: " + config.transport());
      };
    } catch (ConnectorConfigException e) {
      throw new ConnectorException(e.errorCode(), e.getMessage());
    }
  }
}
