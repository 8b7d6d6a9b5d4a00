package io.weirkeeper.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.PipelineEvent;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ProgramStatus;
import io.weirkeeper.core.pipeline.ShardMap;
import io.weirkeeper.store.WriteResult.Committed;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class StoredPipelinesTest {
  private static Vertx vertx;
  private static PostgresUri uri;
  private static OwnedShards owned;

  @BeforeAll
  static void open() throws Exception {
    vertx = TestPostgres.vertx();
    uri = TestPostgres.newDatabase();
    owned = OwnedShards.claimAll(TestPostgres.open(vertx, uri));
  }

  @AfterAll
  static void close() throws Exception {
    owned.database().close().await(10, TimeUnit.SECONDS);
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private static PipelineStore store() {
    return owned.database().pipelines();
  }

  private static PipelineRecord inserted(PipelineRecord record) throws Exception {
    assertThat(owned.insert(record)).isEqualTo(new Committed(1));
    return record;
  }

  private static PipelineRecord read(PipelineRecord record) throws Exception {
    ShardPage page = store().loadShards(List.of(record.shard())).await(10, TimeUnit.SECONDS);
    return page.pipelines().stream()
        .filter(each -> each.id().equals(record.id()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aRecordReadBackEqualsTheOneInserted() throws Exception {
    Samples samples = new Samples(1);
    for (int i = 0; i < 60; i++) {
      PipelineRecord record = inserted(samples.any(Samples.fresh()));
      assertThat(read(record)).isEqualTo(record);
    }
  }

  @Test
  void aRecordReadBackEqualsTheOneItWasUpdatedTo() throws Exception {
    Samples samples = new Samples(2);
    PipelineRecord record = inserted(Samples.fresh());
    for (int i = 0; i < 60; i++) {
      PipelineRecord next = samples.any(record);
      WriteResult result = owned.update(record, next);
      assertThat(result).isEqualTo(new Committed(record.revision() + 1));
      record = next.withRevision(record.revision() + 1);
      assertThat(read(record)).isEqualTo(record);
    }
  }

  @Test
  void timesAreCutToTheMicrosecond() throws Exception {
    PipelineRecord before = inserted(Samples.fresh());
    Instant fine = Instant.parse("2026-11-22T10:00:00.123456789Z");
    owned.update(
        before, before.withProgram(before.program().withStatus(ProgramStatus.SUCCESS, fine)));
    assertThat(read(before).program().since())
        .isEqualTo(PipelineStore.stored(fine))
        .isEqualTo(Instant.parse("2026-11-22T10:00:00.123456Z"));
  }

  @Test
  void anUpdateThatChangesNothingStillRaisesTheRevision() throws Exception {
    PipelineRecord record = inserted(Samples.fresh());
    assertThat(owned.update(record, record)).isEqualTo(new Committed(2));
    assertThat(read(record)).isEqualTo(record.withRevision(2));
  }

  @Test
  void aSecondPipelineOfANameIsRefused() throws Exception {
    PipelineRecord first = inserted(Samples.fresh());
    assertThat(owned.insert(Samples.fresh(first.name())))
        .isEqualTo(new WriteResult.DuplicateName());
  }

  @Test
  void insertingTheSameRecordAgainCommitsOnce() throws Exception {
    PipelineRecord record = inserted(Samples.fresh());
    assertThat(owned.insert(record).isCommitted()).isTrue();
    assertThat(events(record)).hasSize(1);
  }

  @Test
  void aRenameMovesThePipelineToTheShardOfItsName() throws Exception {
    PipelineRecord before = inserted(Samples.fresh());
    String name = Samples.nameIn((before.shard() + 100) % ShardMap.SHARDS);
    PipelineRecord after = renamed(before, name);
    assertThat(owned.rename(before, after)).isEqualTo(new Committed(2));
    assertThat(read(after)).isEqualTo(after.withRevision(2));
    assertThat(store().loadShards(List.of(before.shard())).await(10, TimeUnit.SECONDS).pipelines())
        .noneMatch(each -> each.id().equals(before.id()));
  }

  @Test
  void aRenameWithinOneShardNeedsOnlyThatShard() throws Exception {
    PipelineRecord before = inserted(Samples.fresh());
    PipelineRecord after = renamed(before, Samples.nameIn(before.shard()));
    assertThat(owned.rename(before, after)).isEqualTo(new Committed(2));
  }

  @Test
  void aRenameToATakenNameIsRefused() throws Exception {
    PipelineRecord taken = inserted(Samples.fresh());
    PipelineRecord before = inserted(Samples.fresh());
    assertThat(owned.rename(before, renamed(before, taken.name())))
        .isEqualTo(new WriteResult.DuplicateName());
  }

  @Test
  void anUpdateMayNotRename() throws Exception {
    PipelineRecord before = inserted(Samples.fresh());
    assertThatThrownBy(() -> owned.update(before, renamed(before, "another")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("use rename");
  }

  @Test
  void aDeletedPipelineTakesItsEventsAlong() throws Exception {
    PipelineRecord record = inserted(Samples.fresh());
    assertThat(owned.delete(record)).isEqualTo(new Committed(1));
    assertThat(owned.delete(record)).isEqualTo(new WriteResult.RowGone());
    assertThat(events(record)).isEmpty();
  }

  @Test
  void eventsComeNewestFirstAndEqualTheWrittenOnes() throws Exception {
    Samples samples = new Samples(3);
    PipelineRecord record = Samples.fresh();
    List<PipelineEvent> written = new ArrayList<>();
    written.add(Samples.event(record));
    store().insert(owned.guard(record), record, written.get(0)).await(10, TimeUnit.SECONDS);
    for (int i = 0; i < 20; i++) {
      PipelineRecord next = samples.any(record);
      // All at one time: order comes from the writes, not from the clock.
      PipelineEvent event = PipelineEvent.of(UUID.randomUUID(), record.createdAt(), next);
      written.add(0, event);
      store().update(owned.guard(record), record, next, event).await(10, TimeUnit.SECONDS);
      record = next.withRevision(record.revision() + 1);
    }
    assertThat(events(record)).isEqualTo(written);
    assertThat(store().events(record.tenantId(), record.id(), 5).await(10, TimeUnit.SECONDS))
        .isEqualTo(written.subList(0, 5));
    assertThat(store().latestEvent(record.tenantId(), record.id()).await(10, TimeUnit.SECONDS))
        .contains(written.get(0));
    PipelineEvent some = written.get(7);
    assertThat(
            store()
                .event(record.tenantId(), record.id(), some.eventId())
                .await(10, TimeUnit.SECONDS))
        .contains(some);
    assertThat(
            store()
                .event(record.tenantId(), record.id(), UUID.randomUUID())
                .await(10, TimeUnit.SECONDS))
        .isEmpty();
  }

  @Test
  void trimmingKeepsTheNewestEvents() throws Exception {
    PipelineRecord record = inserted(Samples.fresh());
    for (int i = 0; i < 9; i++) {
      owned.update(record, record);
      record = record.withRevision(record.revision() + 1);
    }
    List<PipelineEvent> all = events(record);
    PipelineStore store = store();
    while (events(record).size() > 4) {
      assertThat(store.trimEvents(4).await(10, TimeUnit.SECONDS)).isPositive();
    }
    assertThat(events(record)).isEqualTo(all.subList(0, 4));
  }

  @Test
  void manyRowsAreReadPageByPage() throws Exception {
    int shard = 7;
    int rows = PipelineStore.PAGE_ROWS * 2 + 1;
    for (int i = 0; i < rows; i++) {
      inserted(Samples.fresh(Samples.nameIn(shard)));
    }
    List<Integer> pages = new ArrayList<>();
    List<UUID> ids = new ArrayList<>();
    store()
        .loadShards(
            List.of(shard, 8),
            page -> {
              pages.add(page.pipelines().size());
              page.pipelines().forEach(each -> ids.add(each.id()));
              return io.vertx.core.Future.succeededFuture();
            })
        .await(30, TimeUnit.SECONDS);
    assertThat(pages).allMatch(size -> size <= PipelineStore.PAGE_ROWS).hasSizeGreaterThan(2);
    assertThat(ids).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(rows);
  }

  @Test
  void loadingAllShardsFindsEveryPipeline() throws Exception {
    PipelineRecord record = inserted(Samples.fresh());
    List<Integer> all = IntStream.range(0, ShardMap.SHARDS).boxed().toList();
    assertThat(store().loadShards(all).await(10, TimeUnit.SECONDS).pipelines()).contains(record);
    assertThat(store().names(Samples.TENANT).await(10, TimeUnit.SECONDS)).contains(record.name());
  }

  @Test
  void aRowThatThisBuildCannotReadIsOneBrokenPipelineNotABrokenShard() throws Exception {
    PipelineRecord good = inserted(Samples.fresh(Samples.nameIn(9)));
    PipelineRecord bad = inserted(Samples.fresh(Samples.nameIn(9)));
    TestPostgres.execute(
        uri,
        "ALTER TABLE pipeline DROP CONSTRAINT pipeline_program_status_check;"
            + " UPDATE pipeline SET program_status = 'from_the_future' WHERE id = '"
            + bad.id()
            + "'");
    ShardPage page = store().loadShards(List.of(9)).await(10, TimeUnit.SECONDS);
    assertThat(page.pipelines()).containsExactly(good);
    assertThat(page.unreadable())
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.name()).isEqualTo(bad.name());
              assertThat(row.reason()).contains("from_the_future");
            });
    TestPostgres.execute(uri, "DELETE FROM pipeline WHERE id = '" + bad.id() + "'");
  }

  @Test
  void aNulCharacterIsADefiniteFailureWithAReason() throws Exception {
    PipelineRecord before = inserted(Samples.fresh());
    Definition old = before.definition();
    Definition withNul =
        new Definition(
            old.name(),
            old.description(),
            old.tags(),
            old.runtimeConfig(),
            "SELECT '\0'",
            old.udfRust(),
            old.udfToml(),
            old.programConfig());
    assertThatThrownBy(() -> owned.update(before, before.withDefinition(withNul)))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.reason()).isEqualTo(StoreException.Reason.NUL_CHARACTER));
    var error = com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.objectNode();
    assertThatThrownBy(
            () -> owned.update(before, before.withDeploymentError(error.put("message", "\0"))))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.reason()).isEqualTo(StoreException.Reason.NUL_CHARACTER));
    assertThat(read(before)).isEqualTo(before);
  }

  private static List<PipelineEvent> events(PipelineRecord record) throws Exception {
    return store()
        .events(record.tenantId(), record.id(), PipelineStore.EVENT_RETENTION)
        .await(10, TimeUnit.SECONDS);
  }

  static PipelineRecord renamed(PipelineRecord record, String name) {
    Definition old = record.definition();
    return record.withDefinition(
        new Definition(
            name,
            old.description(),
            old.tags(),
            old.runtimeConfig(),
            old.programCode(),
            old.udfRust(),
            old.udfToml(),
            old.programConfig()));
  }
}
