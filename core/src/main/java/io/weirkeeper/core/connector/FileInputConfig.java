package io.weirkeeper.core.connector;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Options of {@code file_input} (spec: connectors §2.2); unknown ones are not looked at.
 *
 * @param path absolute path or {@code file://} URL
 * @param bufferBytes bytes read at once
 * @param follow whether to wait for more at the end
 */
public record FileInputConfig(String path, int bufferBytes, boolean follow) {

  /** Bytes read at once, unless said otherwise. */
  public static final int DEFAULT_BUFFER_BYTES = 64 << 10;

  /** Largest buffer that is taken. */
  public static final int MAX_BUFFER_BYTES = 16 << 20;

  /** Reads the options. */
  public static FileInputConfig of(JsonNode json) throws ConnectorConfigException {
    Options options = new Options("ConfigError.InvalidTransportConfig", "transport.config", json);
    long bytes = options.positive("buffer_size_bytes").orElse(DEFAULT_BUFFER_BYTES);
    return new FileInputConfig(
        options.text("path"),
        (int) Math.min(bytes, MAX_BUFFER_BYTES),
        options.flag("follow", false));
  }
}
