package io.weirkeeper.verticles.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTailTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir private Path directory;
  private final Vertx vertx = Vertx.vertx();
  private final WorkerExecutor workers = vertx.createSharedWorkerExecutor("tails", 2);
  private final List<String> lines = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private void untilLines(int count) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (lines.size() < count) {
      assertThat(System.nanoTime()).as("%d of %d lines", lines.size(), count).isLessThan(deadline);
      java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
    }
  }

  private static String numbered(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(n -> n + " " + "x".repeat(1000) + "\n")
        .collect(Collectors.joining());
  }

  @Test
  void aFloodOfLinesArrivesWholeAndInOrderInSeveralReadings() throws Exception {
    Path file = directory.resolve("log");
    int count = 3 * LogTail.MAX_POLL_BYTES / 1000;
    Files.writeString(file, numbered(0, count));
    LogTail tail = new LogTail(vertx, workers, file, lines::add);
    untilLines(count);
    Files.writeString(file, numbered(count, count + 10), StandardOpenOption.APPEND);
    tail.close();
    untilLines(count + 10);
    assertThat(lines)
        .extracting(line -> Integer.parseInt(line.substring(0, line.indexOf(' '))))
        .isEqualTo(IntStream.range(0, count + 10).boxed().toList());
  }

  @Test
  void aClosedTailStillReadsWhatWasThere() throws Exception {
    Path file = directory.resolve("log");
    int count = 2 * LogTail.MAX_POLL_BYTES / 1000;
    Files.writeString(file, numbered(0, count));
    new LogTail(vertx, workers, file, lines::add).close();
    untilLines(count);
  }
}
