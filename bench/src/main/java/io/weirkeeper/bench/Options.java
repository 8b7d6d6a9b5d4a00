package io.weirkeeper.bench;

import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Options of a bench.
 *
 * @param server the API's URL
 * @param dataDirectory the server's data directory, by which its processes are found
 * @param launcher the launcher, for servers that a bench starts itself
 * @param quick fewer repetitions and rows: to see that it works, not to quote
 * @param rows rows of each ingress figure
 * @param only the groups of figures wanted; empty for all
 */
record Options(
    URI server, Path dataDirectory, Path launcher, boolean quick, int rows, Set<String> only) {
  private static final int ROWS = 2_000_000;
  private static final int QUICK_ROWS = 200_000;
  private static final int LEAST_ROWS = 40_000;

  /**
   * Reads a command line.
   *
   * @param groups the known names of {@code --only}
   * @throws IllegalArgumentException with a message for the user
   */
  static Options read(String[] arguments, List<String> groups) {
    URI server = null;
    Path data = null;
    Path launcher = null;
    boolean quick = false;
    int rows = 0;
    Set<String> only = new LinkedHashSet<>();
    for (int i = 0; i < arguments.length; i++) {
      String name = arguments[i];
      if (name.equals("--quick")) {
        quick = true;
        continue;
      }
      if (i + 1 == arguments.length) {
        throw new IllegalArgumentException(
            "unknown option, or one without its value: '" + name + "'");
      }
      String value = arguments[++i];
      switch (name) {
        case "--server" -> server = URI.create(value);
        case "--data-dir" -> data = Path.of(value);
        case "--launcher" -> launcher = Path.of(value);
        case "--rows" -> rows = rows(value);
        case "--only" -> only.addAll(groups(value, groups));
        default -> throw new IllegalArgumentException("unknown option '" + name + "'");
      }
    }
    if (server == null || data == null || launcher == null) {
      throw new IllegalArgumentException(
          "--server URL, --data-dir DIRECTORY and --launcher FILE are needed");
    }
    if (rows == 0) {
      rows = quick ? QUICK_ROWS : ROWS;
    }
    return new Options(server, data.toAbsolutePath().normalize(), launcher, quick, rows, only);
  }

  private static int rows(String value) {
    try {
      int rows = Integer.parseInt(value.replace("_", ""));
      if (rows >= LEAST_ROWS) {
        return rows;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new IllegalArgumentException(
        "--rows must be a number of at least " + LEAST_ROWS + ", is '" + value + "'");
  }

  private static List<String> groups(String value, List<String> known) {
    List<String> wanted = Arrays.asList(value.split(","));
    for (String group : wanted) {
      if (!known.contains(group)) {
        throw new IllegalArgumentException(
            "--only knows " + String.join(", ", known) + "; not '" + group + "'");
      }
    }
    return wanted;
  }

  /** Whether a group of figures is wanted. */
  boolean wants(String group) {
    return only.isEmpty() || only.contains(group);
  }
}
