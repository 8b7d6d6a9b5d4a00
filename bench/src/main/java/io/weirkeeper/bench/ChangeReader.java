package io.weirkeeper.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** Reads a change stream on a thread of its own and notes when each change came. */
final class ChangeReader implements AutoCloseable {
  private static final int QUEUED_CHANGES = 10_000;
  private static final long PATIENCE_SECONDS = 30;

  private final InputStream stream;
  private final BlockingQueue<Arrival> arrivals = new ArrayBlockingQueue<>(QUEUED_CHANGES);
  private final BlockingQueue<Boolean> opened = new ArrayBlockingQueue<>(1);

  private record Arrival(long value, long nanos) {}

  /**
   * Begins to read.
   *
   * @param column whose value identifies a change
   */
  ChangeReader(InputStream stream, String column) throws InterruptedException {
    this.stream = stream;
    Thread thread = new Thread(() -> read(column), "changes");
    thread.setDaemon(true);
    thread.start();
    // The first chunk, with or without changes, says that the stream is connected.
    if (opened.poll(PATIENCE_SECONDS, TimeUnit.SECONDS) == null) {
      throw new IllegalStateException("the change stream sends nothing, not even a keep-alive");
    }
  }

  private void read(String column) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        long now = System.nanoTime();
        boolean unused = opened.offer(true);
        for (JsonNode change : ApiClient.JSON.readTree(line).path("json_data")) {
          if (change.has("insert")) {
            arrivals.put(new Arrival(change.path("insert").path(column).asLong(), now));
          }
        }
      }
    } catch (IOException e) {
      // Closed; who still waits for a change runs into its time limit.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** When the change with this value came, in nanoseconds; skips those before it. */
  long await(long value) throws InterruptedException {
    while (true) {
      Arrival next = arrivals.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (next == null) {
        throw new IllegalStateException(
            "the change of row " + value + " did not come in " + PATIENCE_SECONDS + " s");
      }
      if (next.value() == value) {
        return next.nanos();
      }
    }
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
