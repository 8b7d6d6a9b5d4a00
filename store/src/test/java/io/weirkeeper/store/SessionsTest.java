package io.weirkeeper.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.pipeline.ShardMap;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rule 8 of SAFETY: who may claim, renew and fence. */
class SessionsTest {
  private static Vertx vertx;
  private static PostgresUri uri;
  private static Database database;
  private static SessionStore sessions;

  @BeforeAll
  static void open() throws Exception {
    vertx = TestPostgres.vertx();
    uri = TestPostgres.newDatabase();
    database = TestPostgres.open(vertx, uri);
    sessions = database.sessions();
  }

  @BeforeEach
  void forgetAll() {
    TestPostgres.execute(
        uri, "UPDATE shard SET owner = NULL, epoch = 0, handoff_to = NULL; DELETE FROM node");
  }

  @AfterAll
  static void close() throws Exception {
    database.close().await(10, TimeUnit.SECONDS);
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.await(10, TimeUnit.SECONDS);
  }

  private NodeRegistration node(String hostId) throws Exception {
    NodeRegistration node = OwnedShards.registration(hostId);
    get(sessions.register(node));
    return node;
  }

  @Test
  void aFreeShardIsClaimedAndItsEpochRises() throws Exception {
    NodeRegistration a = node("a");
    assertThat(get(sessions.claim(3, a.incarnation()))).contains(new Guard(3, 1, a.incarnation()));
    assertThat(get(sessions.claim(3, a.incarnation()))).contains(new Guard(3, 2, a.incarnation()));
  }

  @Test
  void aShardOfALiveOwnerIsNotClaimed() throws Exception {
    NodeRegistration a = node("a");
    NodeRegistration b = node("b");
    get(sessions.claim(3, a.incarnation()));
    assertThat(get(sessions.claim(3, b.incarnation()))).isEmpty();
  }

  @Test
  void aShardOfAFencedOwnerIsClaimed() throws Exception {
    NodeRegistration a = node("a");
    NodeRegistration b = node("b");
    get(sessions.claim(3, a.incarnation()));
    assertThat(get(sessions.fence(a.incarnation(), 0, b.incarnation()))).isTrue();
    assertThat(get(sessions.claim(3, b.incarnation()))).contains(new Guard(3, 2, b.incarnation()));
  }

  @Test
  void aFencedNodeNeitherClaimsNorRenews() throws Exception {
    NodeRegistration a = node("a");
    get(sessions.leave(a.incarnation()));
    assertThat(get(sessions.claim(3, a.incarnation()))).isEmpty();
    assertThat(get(sessions.renew(a.incarnation())).renewed()).isFalse();
  }

  @Test
  void anUnknownNodeNeitherClaimsNorRenews() throws Exception {
    UUID nobody = UUID.randomUUID();
    assertThat(get(sessions.claim(3, nobody))).isEmpty();
    assertThat(get(sessions.renew(nobody)).renewed()).isFalse();
  }

  @Test
  void anOfferLetsExactlyThatIncarnationClaim() throws Exception {
    NodeRegistration a = node("a");
    NodeRegistration b = node("b");
    NodeRegistration c = node("c");
    Guard guard = get(sessions.claim(3, a.incarnation())).orElseThrow();
    assertThat(get(sessions.offer(guard, b.incarnation()))).isTrue();
    assertThat(get(sessions.claim(3, c.incarnation()))).isEmpty();
    assertThat(get(sessions.claim(3, b.incarnation()))).contains(new Guard(3, 2, b.incarnation()));
    assertThat(get(sessions.offer(guard, c.incarnation()))).isFalse();
  }

  @Test
  void aWithdrawnOfferCannotBeClaimed() throws Exception {
    NodeRegistration a = node("a");
    NodeRegistration b = node("b");
    Guard guard = get(sessions.claim(3, a.incarnation())).orElseThrow();
    get(sessions.offer(guard, b.incarnation()));
    assertThat(get(sessions.offer(guard, null))).isTrue();
    assertThat(get(sessions.claim(3, b.incarnation()))).isEmpty();
  }

  @Test
  void aNodeThatRenewedSinceIsNotFenced() throws Exception {
    NodeRegistration a = node("a");
    NodeRegistration b = node("b");
    long seen = renewals(get(sessions.renew(b.incarnation())), a);
    get(sessions.renew(a.incarnation()));
    assertThat(get(sessions.fence(a.incarnation(), seen, b.incarnation()))).isFalse();
    assertThat(get(sessions.renew(a.incarnation())).renewed()).isTrue();
  }

  @Test
  void aFencedNodeFencesNobody() throws Exception {
    NodeRegistration a = node("a");
    NodeRegistration b = node("b");
    get(sessions.leave(b.incarnation()));
    assertThat(get(sessions.fence(a.incarnation(), 0, b.incarnation()))).isFalse();
  }

  @Test
  void aStartFencesThePredecessorsOfItsDataDirectoryAndNoOthers() throws Exception {
    NodeRegistration before = node("a");
    NodeRegistration other = node("b");
    NodeRegistration now = OwnedShards.registration("a");
    get(sessions.register(now));
    assertThat(get(sessions.fencePredecessors(now))).isEqualTo(1);
    assertThat(get(sessions.renew(before.incarnation())).renewed()).isFalse();
    assertThat(get(sessions.renew(other.incarnation())).renewed()).isTrue();
    assertThat(get(sessions.renew(now.incarnation())).renewed()).isTrue();
  }

  @Test
  void fencingEndsTheDatabaseSessionsOfTheFenced() throws Exception {
    UUID hung = UUID.randomUUID();
    Database theirs = TestPostgres.open(vertx, uri, DatabaseSettings.of(hung));
    get(theirs.sessions().register(new NodeRegistration(hung, "node", "", "a", "boot", "test")));
    get(theirs.sessions().claim(3, hung));
    NodeRegistration now = node("a");
    try (Connection holder = TestPostgres.connect(uri)) {
      try (var statement = holder.createStatement()) {
        statement.execute("SET application_name = '" + hung + "'");
        holder.setAutoCommit(false);
        statement.execute("SELECT 1 FROM shard WHERE id = 3 FOR SHARE");
        get(sessions.fencePredecessors(now));
        // No wait for a lock: its holder is gone.
        assertThat(get(sessions.claim(3, now.incarnation()))).isPresent();
        assertThatThrownBy(() -> statement.execute("SELECT 1")).isInstanceOf(SQLException.class);
      }
    }
    theirs.close().await(10, TimeUnit.SECONDS);
  }

  @Test
  void aPollSeesNodesShardsAndTheTimeline() throws Exception {
    NodeRegistration a = node("a");
    get(sessions.claim(3, a.incarnation()));
    get(sessions.drain(a.incarnation()));
    get(sessions.renew(a.incarnation()));
    SessionPoll poll = get(sessions.renew(a.incarnation()));
    assertThat(poll.renewed()).isTrue();
    assertThat(poll.timeline()).isEqualTo(database.timeline());
    assertThat(poll.nodes())
        .containsExactly(new NodeRow(a.incarnation(), "node", "", "a", 1, false, true, "test"));
    assertThat(poll.shards())
        .extracting(ShardRow::id)
        .containsExactlyElementsOf(IntStream.range(0, ShardMap.SHARDS).boxed().toList());
    assertThat(poll.shards().get(3)).isEqualTo(new ShardRow(3, a.incarnation(), 1, null));
    assertThat(poll.shards().get(4)).isEqualTo(new ShardRow(4, null, 0, null));
  }

  @Test
  void renewalsGoOnWhileThePoolIsBusy() throws Exception {
    NodeRegistration a = node("a");
    get(sessions.renew(a.incarnation()));
    try (Connection blocker = TestPostgres.connect(uri)) {
      blocker.setAutoCommit(false);
      try (var statement = blocker.createStatement()) {
        statement.execute("SELECT 1 FROM shard FOR UPDATE");
      }
      for (int shard = 0; shard < 200; shard++) {
        sessions.claim(shard, a.incarnation()).onFailure(expected -> {});
      }
      TestPostgres.until("claims wait", () -> TestPostgres.waiting(uri) >= 10);
      assertThat(sessions.renew(a.incarnation()).await(500, TimeUnit.MILLISECONDS).renewed())
          .isTrue();
    }
  }

  @Test
  void aRenewalReconnectsAfterItsConnectionWasLost() throws Exception {
    NodeRegistration a = node("a");
    get(sessions.renew(a.incarnation()));
    TestPostgres.execute(
        uri,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    boolean renewed = false;
    while (!renewed) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      renewed =
          sessions
              .renew(a.incarnation())
              .map(SessionPoll::renewed)
              .otherwise(false)
              .await(10, TimeUnit.SECONDS);
    }
  }

  private static long renewals(SessionPoll poll, NodeRegistration node) {
    return poll.nodes().stream()
        .filter(row -> row.incarnation().equals(node.incarnation()))
        .findFirst()
        .orElseThrow()
        .renewals();
  }
}
