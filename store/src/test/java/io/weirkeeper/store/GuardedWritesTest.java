package io.weirkeeper.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.Storage;
import io.weirkeeper.core.pipeline.StorageStatus;
import io.weirkeeper.store.WriteResult.Committed;
import io.weirkeeper.store.WriteResult.NotOwner;
import io.weirkeeper.store.WriteResult.ProcessTaken;
import io.weirkeeper.store.WriteResult.RevisionMoved;
import io.weirkeeper.store.WriteResult.RowGone;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Rules 1, 2, 3, 8, 10 and 16 of SAFETY, as far as the database holds them. */
class GuardedWritesTest {
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

  private static PipelineRecord inserted() throws Exception {
    PipelineRecord record = Samples.fresh();
    assertThat(owned.insert(record)).isEqualTo(new Committed(1));
    return record;
  }

  private static Guard reclaim(int shard) throws Exception {
    Guard guard =
        owned
            .database()
            .sessions()
            .claim(shard, owned.node().incarnation())
            .await(10, TimeUnit.SECONDS)
            .orElseThrow();
    owned.guards().put(shard, guard);
    return guard;
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.await(10, TimeUnit.SECONDS);
  }

  private static long rows(PipelineRecord record) throws Exception {
    return get(store().loadShards(List.of(record.shard()))).pipelines().stream()
        .filter(each -> each.id().equals(record.id()))
        .count();
  }

  @Test
  void everyKindOfWriteWithAStaleEpochIsRefused() throws Exception {
    PipelineRecord record = inserted();
    PipelineRecord sibling = Samples.fresh(Samples.nameIn(record.shard()));
    Guard stale = owned.guard(record);
    reclaim(record.shard());

    PipelineRecord deployed = Samples.deployed(record, 1);
    assertThat(get(store().insert(stale, sibling, Samples.event(sibling))))
        .isEqualTo(new NotOwner());
    assertThat(get(store().update(stale, record, record, null))).isEqualTo(new NotOwner());
    assertThat(get(store().recordProcess(stale, deployed, Samples.process())))
        .isEqualTo(new NotOwner());
    assertThat(get(store().delete(stale, record))).isEqualTo(new NotOwner());
    assertThat(get(store().reload(stale, record.tenantId(), record.id())))
        .isEqualTo(new ReloadResult.NotOwner());
    PipelineRecord renamed =
        StoredPipelinesTest.renamed(record, Samples.nameIn((record.shard() + 1) % 256));
    assertThat(
            get(
                store()
                    .rename(stale, owned.guard(renamed), record, renamed, Samples.event(renamed))))
        .isEqualTo(new NotOwner());

    assertThat(rows(sibling)).isZero();
    assertThat(get(store().update(owned.guard(record), record, record, null)))
        .isEqualTo(new Committed(2));
  }

  @Test
  void aRenameWithAStaleEpochOfTheDestinationIsRefused() throws Exception {
    PipelineRecord record = inserted();
    PipelineRecord renamed =
        StoredPipelinesTest.renamed(record, Samples.nameIn((record.shard() + 1) % 256));
    Guard stale = owned.guard(renamed);
    reclaim(renamed.shard());
    assertThat(
            get(
                store()
                    .rename(owned.guard(record), stale, record, renamed, Samples.event(renamed))))
        .isEqualTo(new NotOwner());
  }

  @Test
  void theSameEpochOfAnotherOwnerIsRefused() throws Exception {
    PipelineRecord record = inserted();
    Guard guard = owned.guard(record);
    // What a promoted, lagging copy could lead to: the epoch again, by another node.
    Guard impostor = new Guard(guard.shard(), guard.epoch(), UUID.randomUUID());
    assertThat(get(store().update(impostor, record, record, null))).isEqualTo(new NotOwner());
  }

  @Test
  void aMovedRevisionAndAMissingRowAreToldApart() throws Exception {
    PipelineRecord record = inserted();
    assertThat(owned.update(record, record)).isEqualTo(new Committed(2));
    assertThat(owned.update(record, record)).isEqualTo(new RevisionMoved(2));
    assertThat(owned.delete(record)).isEqualTo(new RevisionMoved(2));
    assertThat(owned.delete(record.withRevision(2))).isEqualTo(new Committed(2));
    assertThat(owned.update(record, record)).isEqualTo(new RowGone());
    assertThat(get(store().reload(owned.guard(record), record.tenantId(), record.id())))
        .isEqualTo(new ReloadResult.RowGone());
  }

  @Test
  void aRefusedWriteLeavesNoEvent() throws Exception {
    PipelineRecord record = inserted();
    owned.update(record.withRevision(99), record);
    assertThat(get(store().events(record.tenantId(), record.id(), 10))).hasSize(1);
  }

  @Test
  void ofManyConcurrentWritesOfOneRevisionExactlyOneLands() throws Exception {
    PipelineRecord record = inserted();
    List<Future<WriteResult>> writes = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      writes.add(store().update(owned.guard(record), record, record, Samples.event(record)));
    }
    int committed = 0;
    for (Future<WriteResult> write : writes) {
      WriteResult result = get(write);
      committed += result.isCommitted() ? 1 : 0;
      assertThat(result).isInstanceOfAny(Committed.class, RevisionMoved.class);
    }
    assertThat(committed).isEqualTo(1);
    assertThat(get(store().events(record.tenantId(), record.id(), 10))).hasSize(2);
  }

  @Test
  void ofTwoProcessesThatReportForOneDeploymentOneLoses() throws Exception {
    PipelineRecord stopped = inserted();
    PipelineRecord deployed = Samples.deployed(stopped, 1);
    assertThat(owned.update(stopped, deployed)).isEqualTo(new Committed(2));
    PipelineRecord record = deployed.withRevision(2);

    Future<WriteResult> first =
        store().recordProcess(owned.guard(record), record, Samples.process());
    Future<WriteResult> second =
        store().recordProcess(owned.guard(record), record, Samples.process());
    List<WriteResult> both = List.of(get(first), get(second));
    assertThat(both).filteredOn(WriteResult::isCommitted).hasSize(1);
    assertThat(get(store().recordProcess(owned.guard(record), record, Samples.process())))
        .isEqualTo(new ProcessTaken());
    assertThat(
            get(
                store()
                    .recordProcess(owned.guard(record), record.withRevision(3), Samples.process())))
        .isEqualTo(new ProcessTaken());
  }

  @Test
  void aProcessOfAnotherDeploymentIsNotRecorded() throws Exception {
    PipelineRecord stopped = inserted();
    PipelineRecord deployed = Samples.deployed(stopped, 7);
    owned.update(stopped, deployed);
    // The same number, issued a second time with another id.
    PipelineRecord twin = Samples.deployed(stopped, 7).withRevision(2);
    assertThat(get(store().recordProcess(owned.guard(twin), twin, Samples.process())))
        .isEqualTo(new ProcessTaken());
    PipelineRecord older = Samples.deployed(stopped, 6).withRevision(2);
    assertThat(get(store().recordProcess(owned.guard(older), older, Samples.process())))
        .isEqualTo(new ProcessTaken());
    assertThat(
            get(
                store()
                    .recordProcess(
                        owned.guard(deployed), deployed.withRevision(2), Samples.process())))
        .isEqualTo(new Committed(3));
  }

  @Test
  void aStaleOwnerCannotRaiseTheStorageGenerationAndSoMayDeleteNothing() throws Exception {
    PipelineRecord record = inserted();
    Guard stale = owned.guard(record);
    reclaim(record.shard());
    PipelineRecord cleared =
        record.withStorage(new Storage(StorageStatus.CLEARING, null, "host", 2));
    assertThat(get(store().update(stale, record, cleared, null))).isEqualTo(new NotOwner());
    assertThat(get(store().loadShards(List.of(record.shard()))).pipelines())
        .filteredOn(each -> each.id().equals(record.id()))
        .allMatch(each -> each.storage().generation() == 1);
  }

  @Test
  void aClaimWaitsForAGuardedWriteAndSoComesAfterIt() throws Exception {
    PipelineRecord record = inserted();
    Guard old = owned.guard(record);
    try (Connection writer = TestPostgres.connect(uri)) {
      writer.setAutoCommit(false);
      // The lock that a guarded write holds until its commit.
      lock(writer, old);
      Future<Optional<Guard>> claim =
          owned.database().sessions().claim(old.shard(), owned.node().incarnation());
      TestPostgres.until("the claim waits", () -> TestPostgres.waiting(uri) > 0);
      assertThat(claim.isComplete()).isFalse();
      try (var statement = writer.createStatement()) {
        statement.execute(
            "UPDATE pipeline SET revision = revision + 1 WHERE id = '" + record.id() + "'");
      }
      writer.commit();
      owned.guards().put(old.shard(), get(claim).orElseThrow());
    }
    // A load begun after the claim's commit sees the write.
    assertThat(get(store().loadShards(List.of(record.shard()))).pipelines())
        .contains(record.withRevision(2));
    assertThat(get(store().update(old, record.withRevision(2), record, null)))
        .isEqualTo(new NotOwner());
  }

  @Test
  void aWriteThatMeetsAClaimUnderWayIsRefusedOnceTheClaimCommits() throws Exception {
    PipelineRecord record = inserted();
    Guard old = owned.guard(record);
    try (Connection claimer = TestPostgres.connect(uri)) {
      claimer.setAutoCommit(false);
      try (var statement = claimer.createStatement()) {
        statement.execute("UPDATE shard SET epoch = epoch + 1 WHERE id = " + old.shard());
      }
      Future<WriteResult> write = store().update(old, record, record, null);
      TestPostgres.until("the write waits", () -> TestPostgres.waiting(uri) > 0);
      claimer.commit();
      assertThat(get(write)).isEqualTo(new NotOwner());
    }
    reclaim(old.shard());
  }

  @Test
  void aHungWriterIsEndedByItsTimeoutAndTheClaimGoesOn() throws Exception {
    PipelineRecord record = inserted();
    Guard old = owned.guard(record);
    // A writer as the pool's sessions are, hung between statement and commit.
    try (Connection writer = TestPostgres.connect(uri)) {
      try (var statement = writer.createStatement()) {
        statement.execute("SET idle_in_transaction_session_timeout = 2000");
      }
      writer.setAutoCommit(false);
      lock(writer, old);
      long start = System.nanoTime();
      Guard claimed = null;
      while (claimed == null) {
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(5));
        try {
          claimed = reclaim(old.shard());
        } catch (StoreException e) {
          assertThat(e.reason()).isEqualTo(StoreException.Reason.TIMED_OUT);
        }
      }
      assertThat(claimed.epoch()).isGreaterThan(old.epoch());
      assertThatThrownBy(writer::commit).isInstanceOf(SQLException.class);
    }
  }

  @Test
  void thePoolsSessionsBearTheTimeoutsAndTheIncarnation() throws Exception {
    UUID incarnation = UUID.randomUUID();
    Database other = TestPostgres.open(vertx, uri, DatabaseSettings.of(incarnation));
    try (Connection connection = TestPostgres.connect(uri);
        var statement = connection.createStatement();
        var rows =
            statement.executeQuery(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = '"
                    + incarnation
                    + "'")) {
      rows.next();
      assertThat(rows.getInt(1)).isPositive();
    }
    assertThat(other.sessionSettings().await(10, TimeUnit.SECONDS))
        .containsEntry("idle_in_transaction_session_timeout", "2s")
        .containsEntry("transaction_timeout", "2s")
        .containsEntry("lock_timeout", "1s")
        .containsEntry("statement_timeout", "5s");
    other.close().await(10, TimeUnit.SECONDS);
  }

  private static void lock(Connection connection, Guard guard) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute("SELECT 1 FROM shard WHERE id = " + guard.shard() + " FOR SHARE");
    }
  }
}
