package io.weirkeeper.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server that the bench starts and stops itself, through the launcher. */
final class ServerProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final Path launcher;
  private final Path data;
  private final int port;
  private Process process;

  /**
   * A server that is not started yet.
   *
   * @param port of its API; the next one is its management port
   */
  ServerProcess(Path launcher, Path data, int port) {
    this.launcher = launcher;
    this.data = data;
    this.port = port;
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + port);
  }

  Path data() {
    return data;
  }

  /** Process id of the Java process, which takes the launcher's place. */
  long pid() {
    return process.pid();
  }

  /**
   * Starts it; returns at once.
   *
   * @param more further options of the launcher
   */
  void start(String... more) throws IOException {
    Files.deleteIfExists(data.resolve("instance.json"));
    List<String> command =
        new ArrayList<>(
            List.of(
                launcher.toString(),
                "run",
                "--port",
                Integer.toString(port),
                "--management-port",
                Integer.toString(port + 1),
                "--data-dir",
                data.toString()));
    command.addAll(List.of(more));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(data.resolveSibling(data.getFileName() + ".log").toFile());
    builder.environment().put("WK_NO_BUILD", "1");
    process = builder.start();
  }

  /** Waits until it says that it is ready. */
  void awaitReady() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    Path announced = data.resolve("instance.json");
    while (true) {
      if (Files.exists(announced)) {
        JsonNode instance = ApiClient.JSON.readTree(announced.toFile());
        if (instance.path("pid").asLong() == process.pid()) {
          return;
        }
      }
      if (!process.isAlive() || System.nanoTime() > deadline) {
        throw new IllegalStateException("the server did not start; see the log beside " + data);
      }
      Thread.sleep(20);
    }
  }

  /** Stops it as Ctrl-C would, and waits until it is gone. */
  void stop() throws InterruptedException {
    if (process == null) {
      return;
    }
    process.destroy();
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("the server did not stop in " + PATIENCE);
    }
    process = null;
  }

  @Override
  public void close() throws InterruptedException {
    stop();
  }
}
