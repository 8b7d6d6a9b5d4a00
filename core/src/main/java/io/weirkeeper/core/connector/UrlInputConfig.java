package io.weirkeeper.core.connector;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Options of {@code url_input} (spec: connectors §2.3); unknown ones are not looked at.
 *
 * @param path http or https URL
 * @param pauseTimeoutSeconds how long a connection is kept while nothing is read from it
 */
public record UrlInputConfig(String path, long pauseTimeoutSeconds) {

  /** How long a connection is kept, unless said otherwise. */
  public static final long DEFAULT_PAUSE_TIMEOUT_SECONDS = 60;

  private static final long U32 = 0xffffffffL;

  /** Reads the options. */
  public static UrlInputConfig of(JsonNode json) throws ConnectorConfigException {
    Options options = new Options("ConfigError.InvalidTransportConfig", "transport.config", json);
    long seconds = options.unsigned("pause_timeout").orElse(DEFAULT_PAUSE_TIMEOUT_SECONDS);
    if (seconds > U32) {
      throw options.invalid(
          options.path("pause_timeout"), "at most " + U32, options.given("pause_timeout"));
    }
    return new UrlInputConfig(options.text("path"), seconds);
  }
}
