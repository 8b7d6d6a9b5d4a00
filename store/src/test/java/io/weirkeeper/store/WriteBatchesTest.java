package io.weirkeeper.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.store.WriteResult.Committed;
import io.weirkeeper.store.WriteResult.DuplicateName;
import io.weirkeeper.store.WriteResult.NotOwner;
import io.weirkeeper.store.WriteResult.RevisionMoved;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Writes that share a transaction, against a real server. */
class WriteBatchesTest {
  private static final int WRITES = 500;

  private Vertx vertx;
  private PostgresUri uri;
  private CuttingProxy proxy;
  private OwnedShards owned;

  @BeforeEach
  void open() throws Exception {
    vertx = TestPostgres.vertx();
    uri = TestPostgres.newDatabase();
    proxy = new CuttingProxy(uri);
    owned = OwnedShards.claimAll(TestPostgres.open(vertx, proxy.uri()));
  }

  @AfterEach
  void close() throws Exception {
    owned.database().close().await(10, TimeUnit.SECONDS);
    proxy.close();
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private Future<WriteResult> insert(PipelineRecord pipeline) {
    return owned
        .database()
        .pipelines()
        .insert(owned.guard(pipeline), pipeline, Samples.event(pipeline));
  }

  private List<PipelineRecord> inserted(int count) throws Exception {
    List<PipelineRecord> records = new ArrayList<>();
    List<Future<WriteResult>> results = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      records.add(Samples.fresh());
      results.add(insert(records.get(i)));
    }
    assertThat(all(results)).allMatch(new Committed(1)::equals);
    return records;
  }

  private static List<WriteResult> all(List<Future<WriteResult>> results) throws Exception {
    Future.join(results).otherwiseEmpty().await(20, TimeUnit.SECONDS);
    return results.stream().map(Future::result).toList();
  }

  private static PipelineRecord described(PipelineRecord record, String description) {
    Definition old = record.definition();
    return record.withDefinition(
        new Definition(
            old.name(),
            description,
            old.tags(),
            old.runtimeConfig(),
            old.programCode(),
            old.udfRust(),
            old.udfToml(),
            old.programConfig()));
  }

  private Future<WriteResult> describe(PipelineRecord record, String description) {
    return owned
        .database()
        .pipelines()
        .update(owned.guard(record), record, described(record, description), null);
  }

  private long transactions() throws SQLException {
    try (Connection connection = TestPostgres.connect(uri);
        var statement = connection.createStatement()) {
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT count(DISTINCT xmin::text) FROM pipeline WHERE description LIKE 'batch%'")) {
        rows.next();
        return rows.getLong(1);
      }
    }
  }

  @Test
  void writesThatArriveTogetherShareTransactions() throws Exception {
    List<PipelineRecord> records = inserted(WRITES);
    List<Future<WriteResult>> results = new ArrayList<>();
    records.forEach(record -> results.add(describe(record, "batch")));
    assertThat(all(results)).allMatch(new Committed(2)::equals);
    assertThat(transactions()).isBetween(WRITES / WriteBatches.MAX_ROWS + 0L, WRITES / 4L);
  }

  @Test
  void manyInsertsUpdatesAndDeletesAtOnceAllCommit() throws Exception {
    List<Future<WriteResult>> results = new ArrayList<>();
    for (int i = 0; i < WRITES; i++) {
      PipelineRecord record = Samples.fresh();
      results.add(
          insert(record)
              .compose(inserted -> describe(record, "batch"))
              .compose(
                  described ->
                      owned
                          .database()
                          .pipelines()
                          .delete(owned.guard(record), record.withRevision(2))));
    }
    assertThat(all(results)).allMatch(WriteResult::isCommitted);
  }

  @Test
  void eachRowOfABatchHasItsOwnOutcome() throws Exception {
    List<PipelineRecord> records = inserted(WRITES);
    List<Future<WriteResult>> results = new ArrayList<>();
    for (int i = 0; i < WRITES; i++) {
      PipelineRecord record = records.get(i);
      Guard guard = owned.guard(record);
      Guard stale = new Guard(guard.shard(), guard.epoch() - 1, guard.owner());
      PipelineRecord before = i % 3 == 1 ? record.withRevision(7) : record;
      results.add(
          owned
              .database()
              .pipelines()
              .update(i % 3 == 2 ? stale : guard, before, described(before, "own"), null));
    }
    List<WriteResult> outcomes = all(results);
    for (int i = 0; i < WRITES; i++) {
      assertThat(outcomes.get(i))
          .isEqualTo(
              switch (i % 3) {
                case 0 -> new Committed(2);
                case 1 -> new RevisionMoved(1);
                default -> new NotOwner();
              });
    }
  }

  @Test
  void aRowThatTheServerRefusesDoesNotFailItsNeighbours() throws Exception {
    List<PipelineRecord> records = inserted(100);
    List<Future<WriteResult>> results = new ArrayList<>();
    for (int i = 0; i < records.size(); i++) {
      results.add(describe(records.get(i), i == 50 ? "a NUL \0 here" : "fine"));
    }
    all(results);
    assertThat(results.get(50).cause())
        .isInstanceOfSatisfying(
            StoreException.class,
            failure -> assertThat(failure.reason()).isEqualTo(StoreException.Reason.NUL_CHARACTER));
    results.remove(50);
    assertThat(all(results)).allMatch(new Committed(2)::equals);
  }

  @Test
  void aTakenNameInABatchOfInsertsIsToldToItsOwnWriterOnly() throws Exception {
    String taken = inserted(1).get(0).name();
    List<Future<WriteResult>> results = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      results.add(insert(i == 30 ? Samples.fresh(taken) : Samples.fresh()));
    }
    List<WriteResult> outcomes = all(results);
    for (int i = 0; i < outcomes.size(); i++) {
      assertThat(outcomes.get(i)).isEqualTo(i == 30 ? new DuplicateName() : new Committed(1));
    }
  }

  @Test
  void theOutcomeOfAWholeBatchIsUnknownWhenItsConnectionBreaks() throws Exception {
    List<PipelineRecord> records = inserted(10);
    List<Future<WriteResult>> results = new ArrayList<>();
    proxy.mode(CuttingProxy.Mode.CUT_AT_COMMIT);
    records.forEach(record -> results.add(describe(record, "cut")));
    all(results);
    proxy.mode(CuttingProxy.Mode.PASS);
    assertThat(results)
        .allSatisfy(
            result -> assertThat(result.cause()).isInstanceOf(OutcomeUnknownException.class));
  }

  @Test
  void aResultArrivesOnTheContextOfItsWriter() throws Exception {
    PipelineRecord record = inserted(1).get(0);
    Context context = vertx.getOrCreateContext();
    Future<Boolean> same =
        Future.future(
            promise ->
                context.runOnContext(
                    now ->
                        describe(record, "context")
                            .map(result -> Vertx.currentContext() == context)
                            .onComplete(promise)));
    assertThat(same.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void whatWaitsBehindTheWriteOfAVerticleThatEndsIsStillSent() throws Exception {
    List<PipelineRecord> records = inserted(WRITES);
    List<Future<WriteResult>> results = new ArrayList<>();
    for (PipelineRecord record : records) {
      Promise<WriteResult> result = Promise.promise();
      results.add(result.future());
      Future<String> unused =
          vertx.deployVerticle(
              new VerticleBase() {
                @Override
                public Future<?> start() {
                  owned
                      .database()
                      .pipelines()
                      .delete(owned.guard(record), record)
                      .onComplete(result)
                      .onComplete(done -> vertx.undeploy(deploymentID()));
                  return Future.succeededFuture();
                }
              });
    }
    assertThat(all(results)).allMatch(WriteResult::isCommitted);
  }

  @Test
  void writesBeyondTheLimitAreRefusedAtOnce() throws Exception {
    PipelineRecord record = inserted(1).get(0);
    Database limited = TestPostgres.open(vertx, proxy.uri(), waiting(WRITES));
    proxy.mode(CuttingProxy.Mode.SWALLOW_ANSWERS);
    int kept = WRITES + WriteBatches.MAX_UNDER_WAY * WriteBatches.MAX_ROWS;
    Guard guard = owned.guard(record);
    for (int i = 0; i < kept; i++) {
      Future<WriteResult> unused = limited.pipelines().update(guard, record, record, null);
    }
    assertThatThrownBy(
            () ->
                limited.pipelines().update(guard, record, record, null).await(1, TimeUnit.SECONDS))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("writes wait");
    proxy.cutAll();
    proxy.mode(CuttingProxy.Mode.PASS);
    limited.close().await(10, TimeUnit.SECONDS);
  }

  private static DatabaseSettings waiting(int limit) {
    DatabaseSettings defaults = DatabaseSettings.of(UUID.randomUUID());
    return new DatabaseSettings(
        defaults.incarnation(),
        defaults.connections(),
        defaults.pipelining(),
        limit,
        defaults.connectTimeout(),
        defaults.transactionTimeout(),
        defaults.lockTimeout(),
        defaults.statementTimeout(),
        defaults.answerTimeout(),
        defaults.deadPeerTimeout());
  }
}
