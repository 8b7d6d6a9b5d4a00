package io.weirkeeper.bench;

import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Changes of status while something else is measured, so that nothing is merely cached: two edits a
 * second, each of which takes a pipeline through Pending, CompilingSql, SqlCompiled, CompilingRust
 * and Success.
 */
final class StatusChanges implements AutoCloseable {
  private static final long MILLIS_BETWEEN_EDITS = 500;
  private static final int PIPELINES = 10;

  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private final AtomicInteger edits = new AtomicInteger();
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private final ApiClient api;

  StatusChanges(URI server) {
    api = new ApiClient(server);
    thread.scheduleAtFixedRate(this::edit, 0, MILLIS_BETWEEN_EDITS, TimeUnit.MILLISECONDS);
  }

  private void edit() {
    int number = edits.getAndIncrement();
    try {
      String sql = "CREATE TABLE t" + number + " (id INT NOT NULL PRIMARY KEY, v BIGINT);";
      String body = ApiClient.JSON.createObjectNode().put("program_code", sql).toString();
      api.send(
          "PATCH",
          ApiClient.path(ApiBench.name(number % PIPELINES)),
          BodyPublishers.ofString(body));
    } catch (Exception e) {
      failure.compareAndSet(null, e);
    }
  }

  @Override
  public void close() throws Exception {
    thread.shutdown();
    thread.awaitTermination(10, TimeUnit.SECONDS);
    if (failure.get() != null) {
      throw failure.get();
    }
  }
}
