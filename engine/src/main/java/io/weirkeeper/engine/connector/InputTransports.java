package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.connector.ConnectorConfig;
import io.weirkeeper.core.connector.ConnectorConfigException;
import io.weirkeeper.core.connector.DatagenConfig;
import io.weirkeeper.core.connector.FileInputConfig;
import io.weirkeeper.core.connector.UrlInputConfig;
import io.weirkeeper.engine.format.FormatException;
import io.weirkeeper.engine.format.InputFormat;
import io.weirkeeper.engine.format.RowFormat;
import java.util.HashMap;
import java.util.Map;

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
        case "file_input" ->
            new FileInput(
                FileInputConfig.of(config.transportConfig()),
                new ParsedInput(rows, format(config, rows)));
        case "url_input" ->
            new UrlInput(
                UrlInputConfig.of(config.transportConfig()),
                new ParsedInput(rows, format(config, rows)));
        case "empty_input" -> new EmptyInput();
        default -> throw new IllegalArgumentException("not built: " + config.transport());
      };
    } catch (ConnectorConfigException e) {
      throw new ConnectorException(e.errorCode(), e.getMessage());
    }
  }

  private static InputFormat format(ConnectorConfig config, RowFormat rows) {
    Map<String, String> options = new HashMap<>();
    JsonNode given = config.formatConfig();
    if (!given.isNull() && !given.isObject()) {
      throw new ConnectorException(
          "ConfigError.ParserConfigParseError", "'format.config' must be an object");
    }
    for (var option : given.properties()) {
      if (!option.getValue().isNull()) {
        options.put(
            option.getKey(),
            option.getValue().isTextual()
                ? option.getValue().textValue()
                : option.getValue().toString());
      }
    }
    options.put("format", config.format().orElseThrow());
    try {
      InputFormat format = InputFormat.of(options);
      rows.check(format);
      return format;
    } catch (FormatException e) {
      throw new ConnectorException(
          e.errorCode().startsWith("ConfigError.")
              ? e.errorCode()
              : "ConfigError.InvalidParserConfig",
          e.getMessage());
    }
  }
}
