package io.weirkeeper.bench;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.PipelineEvent;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ShardMap;
import io.weirkeeper.server.postgres.EmbeddedDatabase;
import io.weirkeeper.store.Database;
import io.weirkeeper.store.DatabaseSettings;
import io.weirkeeper.store.Guard;
import io.weirkeeper.store.NodeRegistration;
import io.weirkeeper.store.StoreObserver;
import io.weirkeeper.store.WriteResult;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Fills the database of a stopped server with copies of its first pipeline, through the store that
 * the server itself writes with: compiling a hundred thousand programs would take half an hour.
 */
final class Population {
  private static final int AT_ONCE = 2_000;
  private static final long SECONDS = 120;

  private Population() {}

  /**
   * Copies the pipeline.
   *
   * @param data the server's data directory; the server must not run
   * @param total pipelines that there are to be; the copies are called {@code prefix + number}
   */
  static void fill(Path data, String prefix, int total) throws Exception {
    EmbeddedDatabase server = EmbeddedDatabase.start(data.resolve("postgres"));
    Vertx vertx = Vertx.vertx();
    try {
      UUID incarnation = UUID.randomUUID();
      Database database =
          Database.open(
                  vertx,
                  server.uri(),
                  DatabaseSettings.of(incarnation),
                  Optional.empty(),
                  StoreObserver.NONE)
              .await(SECONDS, TimeUnit.SECONDS);
      fill(database, incarnation, prefix, total);
      database.sessions().leave(incarnation).await(SECONDS, TimeUnit.SECONDS);
      database.close().await(SECONDS, TimeUnit.SECONDS);
    } finally {
      vertx.close().await(SECONDS, TimeUnit.SECONDS);
      server.stop();
    }
  }

  private static void fill(Database database, UUID incarnation, String prefix, int total)
      throws Exception {
    database
        .sessions()
        .register(new NodeRegistration(incarnation, "bench", "", "bench", "bench", "bench"))
        .await(SECONDS, TimeUnit.SECONDS);
    Map<Integer, Guard> guards = new HashMap<>();
    for (int shard = 0; shard < ShardMap.SHARDS; shard++) {
      Guard guard =
          database
              .sessions()
              .claim(shard, incarnation)
              .await(SECONDS, TimeUnit.SECONDS)
              .orElseThrow(() -> new IllegalStateException("a shard is still owned"));
      guards.put(guard.shard(), guard);
    }
    List<PipelineRecord> present =
        database
            .pipelines()
            .loadShards(IntStream.range(0, ShardMap.SHARDS).boxed().toList())
            .await(SECONDS, TimeUnit.SECONDS)
            .pipelines();
    PipelineRecord first = present.get(0);
    List<Future<WriteResult>> writes = new ArrayList<>();
    for (int i = present.size(); i < total; i++) {
      PipelineRecord copy = copy(first, prefix + i);
      writes.add(
          database
              .pipelines()
              .insert(
                  guards.get(copy.shard()),
                  copy,
                  PipelineEvent.of(UUID.randomUUID(), copy.createdAt(), copy)));
      if (writes.size() == AT_ONCE || i == total - 1) {
        Future.all(writes).await(SECONDS, TimeUnit.SECONDS);
        if (!writes.stream().allMatch(write -> write.result().isCommitted())) {
          throw new IllegalStateException("a copy was not inserted");
        }
        writes.clear();
      }
    }
  }

  private static PipelineRecord copy(PipelineRecord first, String name) {
    Definition old = first.definition();
    PipelineRecord created =
        PipelineRecord.create(
            first.tenantId(),
            UUID.randomUUID(),
            new Definition(
                name,
                old.description(),
                old.tags(),
                old.runtimeConfig(),
                old.programCode(),
                old.udfRust(),
                old.udfToml(),
                old.programConfig()),
            first.versions().platformVersion(),
            Instant.now());
    return created.withVersions(first.versions()).withProgram(first.program());
  }
}
