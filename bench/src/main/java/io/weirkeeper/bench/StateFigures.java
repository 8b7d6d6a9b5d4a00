package io.weirkeeper.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What it costs to save a large state and to go on from it: a view that keeps a text of {@link
 * #TEXT} random characters for each of half a million keys, in RocksDB from the beginning.
 */
final class StateFigures {
  private static final double CHECKPOINT_AIM_SECONDS = 0.2;
  private static final double PAUSE_AIM_MILLIS = 20;
  private static final double SUSPEND_AIM_SECONDS = 0.5;
  private static final double RESUME_AIM_SECONDS = 1.5;

  private static final String NAME = "state";
  private static final String SQL =
      "CREATE TABLE t (id BIGINT NOT NULL, k VARCHAR);"
          + " CREATE VIEW g AS SELECT id, MAX(k) AS k FROM t GROUP BY id;";

  /** Characters of a value: with a key and RocksDB's own, some 400 bytes of state. */
  private static final int TEXT = 380;

  /** Each value is kept twice, by value and as the newest: some 420 MB in all. */
  private static final int KEYS = 500_000;

  private static final int QUICK_KEYS = 50_000;
  private static final int BODY_ROWS = 10_000;
  private static final int CHANGED_ROWS = 1_000;
  private static final int CHECKPOINTS = 5;
  private static final int RESUMES = 3;

  private final Options options;
  private final ApiClient api;
  private final ResultTable table;
  private final Random random = new Random(1);
  private final int keys;

  /** Returns when a start takes a warm process. */
  private final Work awaitSpare;

  StateFigures(Options options, ApiClient api, ResultTable table, Work awaitSpare) {
    this.awaitSpare = awaitSpare;
    this.options = options;
    this.api = api;
    this.table = table;
    this.keys = options.quick() ? QUICK_KEYS : KEYS;
  }

  /** Measures all of it. */
  void measure() throws Exception {
    ObjectNode config = ApiClient.JSON.createObjectNode();
    config.putObject("storage").put("min_storage_bytes", 0);
    api.putWith(NAME, SQL, config);
    api.start(NAME);
    String token = "";
    for (int first = 0; first < keys; first += BODY_ROWS) {
      token = api.ingress(NAME, "t", rows(first, BODY_ROWS));
    }
    api.awaitComplete(NAME, token, 5);
    double whole = api.checkpoint(NAME);
    table.plain(
        "the first checkpoint, which is whole",
        seconds(whole),
        String.format(Locale.ROOT, "%,d keys, %d characters each", keys, TEXT));
    checkpoints();
    suspends();
    api.delete(NAME);
  }

  private void checkpoints() throws Exception {
    double[] taken = new double[CHECKPOINTS];
    double[] pauses = new double[CHECKPOINTS];
    double[] usual = new double[CHECKPOINTS];
    for (int i = 0; i < CHECKPOINTS; i++) {
      int first = random.nextInt(keys - CHANGED_ROWS);
      api.awaitComplete(NAME, api.ingress(NAME, "t", rows(first, CHANGED_ROWS)), 0);
      usual[i] = longestStep(() -> Thread.sleep(200));
      int at = i;
      pauses[i] = longestStep(() -> taken[at] = api.checkpoint(NAME));
    }
    Sample all = new Sample(taken);
    table.atMost(
        "checkpoint of it, RocksDB",
        seconds(all.median()) + ", max " + seconds(all.max()),
        all.median(),
        CHECKPOINT_AIM_SECONDS,
        "s",
        "median of "
            + CHECKPOINTS
            + ", "
            + ResultTable.number(checkpointBytes() / 1e6)
            + " MB; "
            + CHANGED_ROWS
            + " keys changed before each, and one after the other meanwhile");
    Sample paused = new Sample(pauses);
    table.atMost(
        "longest push to completion meanwhile",
        ResultTable.number(paused.max()) + " ms",
        paused.max(),
        PAUSE_AIM_MILLIS,
        "ms",
        "one row at a time; without a checkpoint " + ResultTable.number(new Sample(usual).max()));
  }

  /** Something that may fail. */
  @FunctionalInterface
  interface Work {
    /** Does it. */
    void run() throws Exception;
  }

  /** Pushes one row after the other until the work is done; the longest time until completion. */
  private double longestStep(Work work) throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService pusher = Executors.newSingleThreadExecutor();
    try {
      Future<Double> longest =
          pusher.submit(
              () -> {
                double most = 0;
                while (!done.get()) {
                  long began = System.nanoTime();
                  api.awaitComplete(NAME, api.ingress(NAME, "t", rows(0, 1)), 0);
                  most = Math.max(most, (System.nanoTime() - began) / 1e6);
                }
                return most;
              });
      try {
        work.run();
      } finally {
        done.set(true);
      }
      return longest.get();
    } finally {
      pusher.shutdownNow();
    }
  }

  private double checkpointBytes() throws IOException, InterruptedException {
    var all = api.get(ApiClient.path(NAME) + "/checkpoints");
    return all.path(all.size() - 1).path("size").asDouble();
  }

  private void suspends() throws Exception {
    int times = options.quick() ? 1 : RESUMES;
    double[] suspended = new double[times];
    double[] resumed = new double[times];
    for (int i = 0; i < times; i++) {
      api.awaitComplete(NAME, api.ingress(NAME, "t", rows(0, CHANGED_ROWS)), 0);
      suspended[i] = api.suspend(NAME);
      awaitSpare.run();
      resumed[i] = api.start(NAME);
      long processed = api.stats(NAME).path("total_processed_records").asLong();
      if (processed < keys) {
        throw new IllegalStateException(
            "resumed with %d rows of at least %d".formatted(processed, keys));
      }
    }
    row("suspend it, until Stopped", suspended, SUSPEND_AIM_SECONDS);
    row("resume it, until Running", resumed, RESUME_AIM_SECONDS);
  }

  private void row(String figure, double[] measured, double aim) {
    Sample sample = new Sample(measured);
    table.atMost(
        figure,
        seconds(sample.median()) + ", max " + seconds(sample.max()),
        sample.median(),
        aim,
        "s",
        "median of " + sample.count() + ", over the API");
  }

  private static String seconds(double value) {
    return String.format(Locale.ROOT, "%.2f s", value);
  }

  /** Rows with texts that don't compress, so that files are as large as what is in them. */
  private byte[] rows(int first, int count) {
    StringBuilder text = new StringBuilder(count * (TEXT + 40));
    for (int id = first; id < first + count; id++) {
      text.append("{\"insert\":{\"id\":").append(id).append(",\"k\":\"");
      for (int i = 0; i < TEXT; i++) {
        text.append((char) ('0' + random.nextInt(75)));
        if (text.charAt(text.length() - 1) == '\\') {
          text.setCharAt(text.length() - 1, '!');
        }
      }
      text.append("\"}}\n");
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }
}
