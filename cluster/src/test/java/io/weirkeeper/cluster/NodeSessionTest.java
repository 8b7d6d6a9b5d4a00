package io.weirkeeper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.pipeline.ShardMap;
import io.weirkeeper.store.Database;
import io.weirkeeper.store.Guard;
import io.weirkeeper.store.NodeRegistration;
import io.weirkeeper.store.PostgresUri;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NodeSessionTest {
  /** Faster than the defaults, in the same proportions. */
  private static final ClusterTimings FAST =
      new ClusterTimings(
          Duration.ofMillis(600),
          Duration.ofMillis(1500),
          Duration.ofMillis(200),
          Duration.ofSeconds(90),
          Duration.ofMillis(500));

  private Vertx vertx;
  private PostgresUri uri;
  private Database database;

  private static final class Heard implements OwnershipListener {
    final List<Guard> gained = new CopyOnWriteArrayList<>();
    final List<Guard> lost = new CopyOnWriteArrayList<>();
    final List<End> ends = new CopyOnWriteArrayList<>();

    @Override
    public void gained(List<Guard> guards) {
      gained.addAll(guards);
    }

    @Override
    public void lost(List<Guard> guards) {
      lost.addAll(guards);
    }

    @Override
    public void ended(End why) {
      ends.add(why);
    }
  }

  @BeforeEach
  void open() throws Exception {
    vertx = Vertx.vertx();
    uri = TestDatabase.create();
    database = TestDatabase.open(vertx, uri);
  }

  @AfterEach
  void close() throws Exception {
    database.close().await(10, TimeUnit.SECONDS);
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private static NodeRegistration node(String hostId) {
    return new NodeRegistration(UUID.randomUUID(), "node", "", hostId, "boot", "test");
  }

  private NodeSession start(NodeRegistration node, OwnershipListener listener) throws Exception {
    return NodeSession.start(vertx, database.sessions(), node, FAST, listener)
        .await(20, TimeUnit.SECONDS);
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.await(10, TimeUnit.SECONDS);
  }

  @Test
  void aSingleNodeOwnsAllShardsOnceItHasStarted() throws Exception {
    Heard heard = new Heard();
    NodeRegistration node = node("a");
    NodeSession session = start(node, heard);
    assertThat(session.ownership().shards()).hasSize(ShardMap.SHARDS);
    assertThat(session.ownership().guard(7)).contains(new Guard(7, 1, node.incarnation()));
    assertThat(session.ownership().current()).isTrue();
    assertThat(heard.gained).hasSize(ShardMap.SHARDS).doesNotHaveDuplicates();
    get(session.leave());
  }

  @Test
  void theNextStartOnTheDirectoryTakesOverAtOnce() throws Exception {
    Heard first = new Heard();
    NodeSession killed = start(node("a"), first);
    // As after kill -9: the row is unfenced and owns everything.
    Heard second = new Heard();
    NodeRegistration node = node("a");
    NodeSession session = start(node, second);
    assertThat(session.ownership().shards()).hasSize(ShardMap.SHARDS);
    assertThat(session.ownership().guard(7)).contains(new Guard(7, 2, node.incarnation()));
    // And the old one, if it were still alive, learns that it is over.
    killed.kick();
    TestDatabase.until("the old session ends", () -> !first.ends.isEmpty());
    assertThat(first.ends).containsExactly(OwnershipListener.End.FENCED);
    assertThat(first.lost).hasSize(ShardMap.SHARDS);
    assertThat(killed.ownership().shards()).isEmpty();
    assertThat(killed.ownership().current()).isFalse();
    get(session.leave());
  }

  @Test
  void aNodeThatLeavesIsFencedAndGivesNoMoreAnswers() throws Exception {
    NodeSession first = start(node("a"), new Heard());
    get(first.leave());
    assertThat(first.ownership().current()).isFalse();
    NodeSession second = start(node("b"), new Heard());
    assertThat(second.ownership().shards()).hasSize(ShardMap.SHARDS);
    get(second.leave());
  }

  @Test
  void aNodeThatStoppedRenewingIsFencedByAnotherAfterTheSessionLength() throws Exception {
    NodeRegistration silent = node("a");
    get(database.sessions().register(silent));
    get(database.sessions().claim(3, silent.incarnation()));
    long start = System.nanoTime();
    NodeSession session = start(node("b"), new Heard());
    assertThat(session.ownership().shards()).hasSize(ShardMap.SHARDS - 1);
    TestDatabase.until("shard 3 is taken over", () -> session.ownership().guard(3).isPresent());
    assertThat(System.nanoTime() - start).isGreaterThan(FAST.sessionLength().toNanos());
    get(session.leave());
  }

  @Test
  void aShardClaimedByAnotherIsLost() throws Exception {
    Heard heard = new Heard();
    NodeRegistration node = node("a");
    NodeSession session = start(node, heard);
    NodeRegistration other = node("b");
    get(database.sessions().register(other));
    Guard guard = session.ownership().guard(9).orElseThrow();
    get(database.sessions().offer(guard, other.incarnation()));
    assertThat(get(database.sessions().claim(9, other.incarnation()))).isPresent();
    TestDatabase.until("the loss is seen", () -> !heard.lost.isEmpty());
    assertThat(heard.lost).containsExactly(guard);
    assertThat(session.ownership().guard(9)).isEmpty();
    get(session.leave());
  }

  @Test
  void answersEndWhenTheDatabaseIsAwayAndGoOnWhenItIsBack() throws Exception {
    NodeSession session = start(node("a"), new Heard());
    TestDatabase.execute(uri, "ALTER TABLE node RENAME TO hidden_node");
    TestDatabase.until("answers end", () -> !session.ownership().current());
    assertThat(session.ownership().shards()).hasSize(ShardMap.SHARDS);
    TestDatabase.execute(uri, "ALTER TABLE hidden_node RENAME TO node");
    TestDatabase.until("answers go on", () -> session.ownership().current());
    get(session.leave());
  }

  @Test
  void theReadBoundCountsFromWhenThePollWasSent() throws Exception {
    long before = System.nanoTime();
    NodeSession session = start(node("a"), new Heard());
    long validUntil = session.ownership().validUntilNanos();
    assertThat(validUntil - System.nanoTime()).isLessThan(FAST.readBound().toNanos());
    assertThat(validUntil).isGreaterThan(before);
    get(session.leave());
  }

  @Test
  void aStartWithoutADatabaseFails() throws Exception {
    TestDatabase.execute(uri, "ALTER TABLE node RENAME TO hidden_node");
    assertThatThrownBy(() -> start(node("a"), new Heard())).hasMessageContaining("register");
  }
}
