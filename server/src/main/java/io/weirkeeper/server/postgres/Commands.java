package io.weirkeeper.server.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs a command to its end. */
final class Commands {
  private static final int TAIL_LINES = 15;

  private Commands() {}

  /**
   * Runs a command; its output goes to a file, because a server that it starts keeps it open.
   *
   * @throws IOException when it cannot be run, fails or takes longer than the limit; with the last
   *     lines of its output
   */
  static void run(List<String> command, Duration limit) throws IOException {
    Path output = Files.createTempFile("weirkeeper", ".out");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      // Variables of a user's own PostgreSQL would point the tools at it.
      builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
      builder.environment().put("LC_ALL", "C");
      Process process = builder.start();
      try {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
          process.destroyForcibly();
          throw new IOException(name(command) + " did not end within " + limit + tail(output));
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
        throw new IOException(name(command) + " was interrupted", e);
      }
      if (process.exitValue() != 0) {
        throw new IOException(
            name(command) + " ended with status " + process.exitValue() + ": " + tail(output));
      }
    } finally {
      Files.deleteIfExists(output);
    }
  }

  /** The last lines of a file, or an empty text. */
  static String tail(Path file) throws IOException {
    if (!Files.exists(file)) {
      return "";
    }
    List<String> lines =
        new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
  }

  /** Deletes a folder and all in it, if it exists. */
  static void deleteTree(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> paths = Files.walk(folder)) {
      all = paths.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }

  private static String name(List<String> command) {
    return command.stream()
        .filter(part -> part.contains("/bin/"))
        .findFirst()
        .map(part -> Path.of(part).getFileName().toString())
        .orElse(command.get(0));
  }
}
