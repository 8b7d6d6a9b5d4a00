package io.weirkeeper.engine.connector;

import io.weirkeeper.core.connector.ConnectorConfig;
import io.weirkeeper.core.connector.ConnectorConfigException;
import io.weirkeeper.core.connector.DatagenConfig;
import io.weirkeeper.engine.format.RowFormat;

/** Makes the input transports that are built. */
final class InputTransports {
  private InputTransports() {}

  /**
   * The transport of a connector into a table.
   *
   * @throws ConnectorException if it can't be used with this table
   */
  static InputTransport of(ConnectorConfig config, RowFormat rows) {
    try {
      return switch (config.transport()) {
        case "datagen" -> new Datagen(DatagenConfig.of(config.transportConfig()), rows);
        case "empty_input" -> new EmptyInput();
        default -> throw new IllegalArgumentException("not built: " + config.transport());
      };
    } catch (ConnectorConfigException e) {
      throw new ConnectorException(e.errorCode(), e.getMessage());
    }
  }
}
