package io.weirkeeper.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.store.WriteResult.Committed;
import io.weirkeeper.store.WriteResult.RevisionMoved;
import java.sql.Connection;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rule 11 of SAFETY: a write whose outcome is not known, and the way back from it. */
class UnknownOutcomeTest {
  private Vertx vertx;
  private PostgresUri direct;
  private CuttingProxy proxy;
  private OwnedShards owned;

  @BeforeEach
  void open() throws Exception {
    vertx = TestPostgres.vertx();
    direct = TestPostgres.newDatabase();
    proxy = new CuttingProxy(direct);
    DatabaseSettings defaults = DatabaseSettings.of(UUID.randomUUID());
    DatabaseSettings settings =
        new DatabaseSettings(
            defaults.incarnation(),
            4,
            1,
            defaults.waitQueue(),
            defaults.connectTimeout(),
            defaults.transactionTimeout(),
            defaults.lockTimeout(),
            defaults.statementTimeout(),
            Duration.ofMillis(1500),
            defaults.deadPeerTimeout());
    owned = OwnedShards.claimAll(TestPostgres.open(vertx, proxy.uri(), settings));
  }

  @AfterEach
  void close() throws Exception {
    owned.database().close().await(10, TimeUnit.SECONDS);
    proxy.close();
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private PipelineRecord inserted() throws Exception {
    PipelineRecord record = Samples.fresh();
    assertThat(owned.insert(record)).isEqualTo(new Committed(1));
    return record;
  }

  private ReloadResult reload(PipelineRecord record) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (true) {
      try {
        return owned
            .database()
            .pipelines()
            .reload(owned.guard(record), record.tenantId(), record.id())
            .await(10, TimeUnit.SECONDS);
      } catch (OutcomeUnknownException | StoreException e) {
        // It met a connection that was just cut.
        assertThat(System.nanoTime()).isLessThan(deadline);
      }
    }
  }

  private WriteResult insertAgain(PipelineRecord record) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (true) {
      try {
        return owned.insert(record);
      } catch (OutcomeUnknownException | StoreException e) {
        // It met a connection that was just cut.
        assertThat(System.nanoTime()).isLessThan(deadline);
      }
    }
  }

  @Test
  void aConnectionCutAtTheAnswerIsAnUnknownOutcomeAndTheReloadTellsIt() throws Exception {
    PipelineRecord record = inserted();
    PipelineRecord after = new Samples(5).any(record);
    proxy.mode(CuttingProxy.Mode.CUT_AT_COMMIT);
    assertThatThrownBy(() -> owned.update(record, after))
        .isInstanceOf(OutcomeUnknownException.class)
        .hasMessageContaining("Reload");
    proxy.mode(CuttingProxy.Mode.PASS);
    // It did commit (revision 2), and the reload raised the revision once more.
    assertThat(reload(record)).isEqualTo(new ReloadResult.Reloaded(after.withRevision(3)));
  }

  @Test
  void anAnswerThatDoesNotComeIsAnUnknownOutcome() throws Exception {
    PipelineRecord record = inserted();
    proxy.mode(CuttingProxy.Mode.SWALLOW_ANSWERS);
    assertThatThrownBy(() -> owned.update(record, record))
        .isInstanceOf(OutcomeUnknownException.class);
    proxy.cutAll();
    proxy.mode(CuttingProxy.Mode.PASS);
    // Whether it was the statement's answer or that of its preparation is left to chance.
    assertThat(reload(record))
        .isIn(
            new ReloadResult.Reloaded(record.withRevision(2)),
            new ReloadResult.Reloaded(record.withRevision(3)));
  }

  @Test
  void aConnectionThatIsNeverLetInHoldsUpNoRenewalAfterIt() throws Exception {
    SessionStore sessions = owned.database().sessions();
    UUID node = UUID.randomUUID();
    sessions.renew(node).await(10, TimeUnit.SECONDS);
    proxy.mode(CuttingProxy.Mode.SWALLOW_ANSWERS);
    proxy.cutAll();
    for (int i = 0; i < 2; i++) {
      // The first meets the connection that was cut, the second one that is never answered.
      assertThatThrownBy(() -> sessions.renew(node).await(10, TimeUnit.SECONDS))
          .isNotInstanceOf(TimeoutException.class);
    }
    proxy.mode(CuttingProxy.Mode.PASS);
    assertThat(sessions.renew(node).await(10, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void aLostWriteThatIsStillUnderWayCannotLandAfterTheReload() throws Exception {
    PipelineRecord record = inserted();
    PipelineRecord after = new Samples(6).any(record);
    Future<WriteResult> lost;
    Future<ReloadResult> reload;
    try (Connection blocker = TestPostgres.connect(direct)) {
      blocker.setAutoCommit(false);
      try (var statement = blocker.createStatement()) {
        // Holds the row, so that both wait, and the lost one is first or second by chance.
        statement.execute("SELECT 1 FROM pipeline WHERE id = '" + record.id() + "' FOR UPDATE");
      }
      lost = owned.database().pipelines().update(owned.guard(record), record, after, null);
      TestPostgres.until("the write waits", () -> TestPostgres.waiting(direct) == 1);
      reload =
          owned.database().pipelines().reload(owned.guard(record), record.tenantId(), record.id());
      TestPostgres.until("the reload waits", () -> TestPostgres.waiting(direct) == 2);
      blocker.commit();
    }
    WriteResult written = lost.await(10, TimeUnit.SECONDS);
    ReloadResult seen = reload.await(10, TimeUnit.SECONDS);
    assertThat(seen)
        .isEqualTo(
            new ReloadResult.Reloaded(
                written.isCommitted() ? after.withRevision(3) : record.withRevision(2)));
    // And whatever is sent again with the old revision has no effect.
    assertThat(owned.update(record, after)).isInstanceOf(RevisionMoved.class);
  }

  @Test
  void anInsertOfUnknownOutcomeIsSettledByInsertingAgain() throws Exception {
    PipelineRecord record = Samples.fresh();
    proxy.mode(CuttingProxy.Mode.CUT_AT_COMMIT);
    assertThatThrownBy(() -> owned.insert(record)).isInstanceOf(OutcomeUnknownException.class);
    proxy.mode(CuttingProxy.Mode.PASS);
    assertThat(insertAgain(record).isCommitted()).isTrue();
    assertThat(owned.database().pipelines().names(Samples.TENANT).await(10, TimeUnit.SECONDS))
        .containsExactly(record.name());
  }

  @Test
  void aDeleteOfUnknownOutcomeIsSettledByTheReload() throws Exception {
    PipelineRecord record = inserted();
    proxy.mode(CuttingProxy.Mode.CUT_AT_COMMIT);
    assertThatThrownBy(() -> owned.delete(record)).isInstanceOf(OutcomeUnknownException.class);
    proxy.mode(CuttingProxy.Mode.PASS);
    assertThat(reload(record)).isEqualTo(new ReloadResult.RowGone());
  }

  @Test
  void aRenameOfUnknownOutcomeIsSettledByReloadingUnderBothGuards() throws Exception {
    PipelineRecord record = inserted();
    PipelineRecord renamed =
        StoredPipelinesTest.renamed(record, Samples.nameIn((record.shard() + 1) % 256));
    proxy.mode(CuttingProxy.Mode.CUT_AT_COMMIT);
    assertThatThrownBy(() -> owned.rename(record, renamed))
        .isInstanceOf(OutcomeUnknownException.class);
    proxy.mode(CuttingProxy.Mode.PASS);
    assertThat(reload(record)).isEqualTo(new ReloadResult.RowGone());
    assertThat(reload(renamed)).isEqualTo(new ReloadResult.Reloaded(renamed.withRevision(3)));
  }

  @Test
  void aSessionEndedByTheServerIsAnUnknownOutcome() throws Exception {
    PipelineRecord record = inserted();
    Future<WriteResult> write;
    try (Connection blocker = TestPostgres.connect(direct)) {
      blocker.setAutoCommit(false);
      try (var statement = blocker.createStatement()) {
        statement.execute("SELECT 1 FROM pipeline WHERE id = '" + record.id() + "' FOR UPDATE");
      }
      write = owned.database().pipelines().update(owned.guard(record), record, record, null);
      TestPostgres.until("the write waits", () -> TestPostgres.waiting(direct) == 1);
      try (var statement = blocker.createStatement()) {
        statement.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
      }
      assertThatThrownBy(() -> write.await(10, TimeUnit.SECONDS))
          .isInstanceOf(OutcomeUnknownException.class);
    }
  }

  @Test
  void aReadThatGetsNoAnswerIsWithoutEffectAndSaysSo() throws Exception {
    proxy.mode(CuttingProxy.Mode.CUT_AT_ANSWER);
    assertThatThrownBy(() -> owned.database().ping().await(10, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.reason()).isEqualTo(StoreException.Reason.UNAVAILABLE));
  }

  @Test
  void thePoolRecoversAfterAllConnectionsWereCut() throws Exception {
    proxy.cutAll();
    PipelineRecord record = Samples.fresh();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (true) {
      try {
        assertThat(owned.insert(record).isCommitted()).isTrue();
        break;
      } catch (OutcomeUnknownException | StoreException e) {
        assertThat(System.nanoTime()).isLessThan(deadline);
      }
    }
  }
}
