package io.weirkeeper.conf;

import java.util.Map;

/**
 * Options of the API's own server that mean nothing here. They are accepted, so that the settings
 * of a deployment can stay, and the log says why each does nothing.
 */
final class Meaningless {
  private static final String ONE_PROCESS = "compiler and runner are not servers of their own here";

  private static final String ONE_DIRECTORY =
      "everything is in the data directory; give --data-dir instead";

  /** Options with a value, and why they do nothing. */
  static final Map<String, String> OPTIONS =
      Map.of(
          "pg-embed-working-directory", ONE_DIRECTORY,
          "runner-working-directory", ONE_DIRECTORY,
          "compiler-working-directory", ONE_DIRECTORY,
          "compiler-port", ONE_PROCESS,
          "runner-port", ONE_PROCESS);

  private Meaningless() {}
}
