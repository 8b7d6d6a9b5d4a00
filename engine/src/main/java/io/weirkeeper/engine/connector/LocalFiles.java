package io.weirkeeper.engine.connector;

import java.net.URI;
import java.nio.file.Path;

/** The paths that file connectors take: absolute ones, or {@code file://} URLs. */
final class LocalFiles {
  private LocalFiles() {}

  static Path path(String text) {
    try {
      Path path = text.startsWith("file:") ? Path.of(URI.create(text)) : Path.of(text);
      if (path.isAbsolute()) {
        return path;
      }
    } catch (IllegalArgumentException e) {
      throw invalid(text);
    }
    throw invalid(text);
  }

  private static ConnectorException invalid(String text) {
    return new ConnectorException(
        "ConfigError.InvalidTransportConfig",
        "transport.config.path: expected an absolute path or a file:// URL, found '" + text + "'");
  }
}
