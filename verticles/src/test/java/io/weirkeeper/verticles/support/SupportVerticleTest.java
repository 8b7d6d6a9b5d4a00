package io.weirkeeper.verticles.support;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.ProgramConfig;
import io.weirkeeper.core.api.RuntimeConfig;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.verticles.bus.Addresses;
import io.weirkeeper.verticles.bus.Answer;
import io.weirkeeper.verticles.bus.LocalCodec;
import io.weirkeeper.verticles.bus.PipelineRequest;
import io.weirkeeper.verticles.snapshot.Snapshot;
import io.weirkeeper.verticles.snapshot.SnapshotTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Background collection, with pipelines that only have their configuration to tell. */
class SupportVerticleTest {
  private static final UUID TENANT = new UUID(0, 0);
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int RETENTION = 2;

  @TempDir private Path directory;
  private final SnapshotTable snapshots = new SnapshotTable();
  private final AtomicBoolean readsValid = new AtomicBoolean(true);
  private Vertx vertx;

  @BeforeEach
  void start() throws Exception {
    vertx = Vertx.vertx();
    LocalCodec.register(vertx);
    vertx
        .eventBus()
        .<PipelineRequest>localConsumer(
            Addresses.PIPELINES,
            message ->
                message.reply(
                    Answer.error(ApiErrors.pipelineUnavailable(message.body().name())),
                    LocalCodec.reply()));
  }

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  private void deploy(Duration frequency) throws Exception {
    await(
        vertx.deployVerticle(
            new SupportVerticle(
                SupportSettings.of(directory, frequency, RETENTION),
                snapshots,
                readsValid::get,
                JsonNodeFactory.instance.objectNode(),
                Clock.systemUTC())));
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future
        .toCompletionStage()
        .toCompletableFuture()
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private static void until(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("Not within " + PATIENCE + ": " + what);
      }
      java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
    }
  }

  private Snapshot publish(int number, ResourcesStatus status) {
    PipelineRecord pipeline =
        PipelineRecord.create(
            TENANT,
            new UUID(0x7000L, number),
            new Definition(
                "p" + number,
                "",
                List.of(),
                RuntimeConfig.defaults(),
                "",
                "",
                "",
                ProgramConfig.defaults()),
            "0.337.0",
            NOW);
    Snapshot snapshot =
        Snapshot.written(
            pipeline.withResources(pipeline.resources().withStatus(status, null, NOW)),
            (record, selector) -> Buffer.buffer("{}"));
    snapshots.publish(null, snapshot);
    return snapshot;
  }

  /** The names of what has been collected of a pipeline. */
  private Set<String> collected(int number) {
    Path folder = directory.resolve(new UUID(0x7000L, number).toString());
    if (!Files.isDirectory(folder)) {
      return Set.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      Set<String> names = new HashSet<>();
      entries.forEach(entry -> names.add(entry.getFileName().toString()));
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void runningPipelinesAreCollectedAgainAndAgainAndTheOldestGo() throws Exception {
    publish(1, ResourcesStatus.PROVISIONED);
    publish(2, ResourcesStatus.STOPPED);
    deploy(Duration.ofMillis(20));
    Set<String> seen = new HashSet<>();
    until(
        "collections come and go",
        () -> {
          seen.addAll(collected(1));
          return seen.size() > 2 * RETENTION;
        });
    until("no more than are kept", () -> collected(1).size() <= RETENTION);
    assertThat(collected(2)).isEmpty();
  }

  @Test
  void whatWasCollectedOfAPipelineGoesWithIt() throws Exception {
    Snapshot gone = publish(1, ResourcesStatus.PROVISIONED);
    publish(2, ResourcesStatus.PROVISIONED);
    deploy(Duration.ofMillis(20));
    until("both are collected", () -> !collected(1).isEmpty() && !collected(2).isEmpty());
    snapshots.remove(gone);
    until("the folder is gone", () -> collected(1).isEmpty());
    assertThat(collected(2)).isNotEmpty();
  }

  @Test
  void nothingIsRemovedWhileThisNodeCannotVouchForItsPipelines() throws Exception {
    Snapshot loading = publish(1, ResourcesStatus.PROVISIONED);
    publish(2, ResourcesStatus.PROVISIONED);
    deploy(Duration.ofMillis(20));
    until("both are collected", () -> !collected(1).isEmpty() && !collected(2).isEmpty());
    readsValid.set(false);
    snapshots.remove(loading);
    Set<String> before = collected(2);
    until(
        "what was under way has ended",
        () -> {
          Set<String> now = collected(2);
          boolean still = now.equals(before);
          before.addAll(now);
          return still;
        });
    assertThat(collected(1)).isNotEmpty();
  }
}
