package io.weirkeeper.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OpeningTest {
  private Vertx vertx;
  private PostgresUri uri;

  @BeforeEach
  void open() {
    vertx = TestPostgres.vertx();
    uri = TestPostgres.newDatabase();
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private Database openAfter(Timeline seen) throws Exception {
    return Database.open(
            vertx,
            uri,
            DatabaseSettings.of(UUID.randomUUID()),
            Optional.ofNullable(seen),
            StoreObserver.NONE)
        .await(30, TimeUnit.SECONDS);
  }

  @Test
  void aSecondOpenFindsTheSchemaAndTheSameTimeline() throws Exception {
    Database first = openAfter(null);
    Database second = openAfter(first.timeline());
    assertThat(second.timeline()).isEqualTo(first.timeline());
    assertThat(Timeline.parse(first.timeline().toString())).isEqualTo(first.timeline());
    assertThat(first.serverVersion()).startsWith("17.");
    first.close().await(10, TimeUnit.SECONDS);
    second.close().await(10, TimeUnit.SECONDS);
  }

  @Test
  void theNewestMigrationIsTheOneThatASkippedMigrationIsJudgedBy() throws Exception {
    var folder = java.nio.file.Path.of(Migrations.class.getResource("/db/migration").toURI());
    try (var files = java.nio.file.Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString().replaceAll("^V(\\d+)__.*", "$1")))
          .contains(Migrations.LATEST)
          .allMatch(version -> Integer.parseInt(version) <= Integer.parseInt(Migrations.LATEST));
    }
  }

  @Test
  void aMigrationThatFailedIsNotTakenForDone() throws Exception {
    openAfter(null).close().await(10, TimeUnit.SECONDS);
    TestPostgres.execute(uri, "UPDATE flyway_schema_history SET success = false");
    assertThatThrownBy(() -> openAfter(null))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("cannot be brought up to date");
  }

  @Test
  void aTimelineLowerThanTheHighestSeenIsRefused() throws Exception {
    Database database = openAfter(null);
    Timeline now = database.timeline();
    database.close().await(10, TimeUnit.SECONDS);
    assertThatThrownBy(() -> openAfter(new Timeline(now.systemIdentifier(), now.number() + 1)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("old copy");
  }

  @Test
  void anotherDatabaseClusterIsRefused() {
    assertThatThrownBy(() -> openAfter(new Timeline("12345", 1)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("belongs to 12345");
  }

  @Test
  void aConnectionThatReachesAnotherTimelineThanTheStartIsNeverUsed() throws Exception {
    Database started = openAfter(null);
    Timeline now = started.timeline();
    started.close().await(10, TimeUnit.SECONDS);
    Database afterFailover =
        new Database(
            vertx,
            uri,
            DatabaseSettings.of(UUID.randomUUID()),
            StoreObserver.NONE,
            new Migrations.Found(
                new Timeline(now.systemIdentifier(), now.number() + 1), 170_000, "17"));
    assertThatThrownBy(() -> afterFailover.ping().await(20, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.reason()).isEqualTo(StoreException.Reason.UNAVAILABLE));
    afterFailover.close().await(10, TimeUnit.SECONDS);
  }

  @Test
  void moreWaitingStatementsThanAllowedFailWithoutEffect() throws Exception {
    DatabaseSettings defaults = DatabaseSettings.of(UUID.randomUUID());
    DatabaseSettings narrow =
        new DatabaseSettings(
            defaults.incarnation(),
            1,
            1,
            1,
            defaults.connectTimeout(),
            defaults.transactionTimeout(),
            defaults.lockTimeout(),
            defaults.statementTimeout(),
            defaults.answerTimeout(),
            defaults.deadPeerTimeout());
    Database database = TestPostgres.open(vertx, uri, narrow);
    List<Future<?>> claims = new java.util.ArrayList<>();
    for (int i = 0; i < 50; i++) {
      claims.add(database.sessions().claim(1, UUID.randomUUID()));
    }
    List<Throwable> failures = new CopyOnWriteArrayList<>();
    for (Future<?> claim : claims) {
      claim.onFailure(failures::add).otherwiseEmpty().await(10, TimeUnit.SECONDS);
    }
    assertThat(failures)
        .isNotEmpty()
        .allSatisfy(
            failure ->
                assertThat(((StoreException) failure).reason())
                    .isEqualTo(StoreException.Reason.UNAVAILABLE));
    database.close().await(10, TimeUnit.SECONDS);
  }

  @Test
  void anotherShardCountIsRefused() throws Exception {
    openAfter(null).close().await(10, TimeUnit.SECONDS);
    TestPostgres.execute(uri, "UPDATE cluster_meta SET shard_count = 128");
    assertThatThrownBy(() -> openAfter(null))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("128 shards");
  }

  @Test
  void anotherHashVersionIsRefused() throws Exception {
    openAfter(null).close().await(10, TimeUnit.SECONDS);
    TestPostgres.execute(uri, "UPDATE cluster_meta SET hash_version = 2");
    assertThatThrownBy(() -> openAfter(null))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("hash version 2");
  }

  @Test
  void aDatabaseThatCannotBeReachedIsNamedWithoutThePassword() {
    PostgresUri nowhere = new PostgresUri("localhost", 1, "db", "me", "hunter2", "disable");
    assertThatThrownBy(
            () ->
                Database.open(
                        vertx,
                        nowhere,
                        DatabaseSettings.of(UUID.randomUUID()),
                        Optional.empty(),
                        StoreObserver.NONE)
                    .await(30, TimeUnit.SECONDS))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("postgresql://me@localhost:1/db")
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void everyStatementIsObserved() throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    Database database =
        Database.open(
                vertx,
                uri,
                DatabaseSettings.of(UUID.randomUUID()),
                Optional.empty(),
                (statement, nanos, outcome) -> seen.add(statement + " " + outcome))
            .await(30, TimeUnit.SECONDS);
    database.sessions().claim(1, UUID.randomUUID()).await(10, TimeUnit.SECONDS);
    var unknownOwner = new NodeRegistration(UUID.randomUUID(), "n", "", "\0", "b", "v");
    Future<Void> bad = database.sessions().register(unknownOwner);
    assertThatThrownBy(() -> bad.await(10, TimeUnit.SECONDS)).isInstanceOf(StoreException.class);
    assertThat(seen).containsExactly("ping OK", "claim REFUSED", "register FAILED");
    database.close().await(10, TimeUnit.SECONDS);
  }
}
