package io.weirkeeper.verticles.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.auth.Actor;
import io.weirkeeper.core.auth.AuditEntry;
import io.weirkeeper.store.AuditStore;
import io.weirkeeper.verticles.pipeline.Ids;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AuditLogTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Vertx vertx = Vertx.vertx();
  private final TestingStore store = new TestingStore();

  /** Keeps entries, or refuses them. */
  private static final class TestingStore implements AuditStore {
    private final List<AuditEntry> entries = new CopyOnWriteArrayList<>();
    private volatile boolean refuses;

    @Override
    public Future<Void> add(List<AuditEntry> added) {
      assertThat(added).hasSizeBetween(1, BATCH);
      if (refuses) {
        return Future.failedFuture("refused");
      }
      entries.addAll(added);
      return Future.succeededFuture();
    }

    @Override
    public Future<List<AuditEntry>> newestFirst(Query query) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Integer> trim(Duration retention, long most) {
      return Future.succeededFuture(0);
    }
  }

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private AuditLog log(Duration gather) {
    return new AuditLog(
        vertx,
        store,
        Ids.SECURE,
        Clock.systemUTC(),
        new AuditLog.Retention(Duration.ofDays(1), 1_000),
        gather);
  }

  private static AuditTrail.Deed deed(String pipeline) {
    return new AuditTrail.Deed(
        new UUID(0, 1), "acme", Actor.ANYBODY, "127.0.0.1", "http_input", pipeline, "t", 200);
  }

  @Test
  void everyDeedIsWrittenOnceThoughTheDatabaseRefusesForAWhile() {
    store.refuses = true;
    AuditLog log = log(AuditLog.GATHER);
    for (int i = 0; i < 1_200; i++) {
      log.each(new UUID(0x7000, i), deed("p"));
    }
    until(() -> log.waiting() < 1_200);
    assertThat(store.entries).isEmpty();
    store.refuses = false;
    until(() -> store.entries.size() == 1_200);
    assertThat(store.entries).extracting(AuditEntry::id).doesNotHaveDuplicates();
    assertThat(log.dropped()).isZero();
  }

  @Test
  void whatFindsTheQueueFullIsCounted() {
    store.refuses = true;
    AuditLog log = log(AuditLog.GATHER);
    int more = AuditStore.BATCH + 100;
    for (int i = 0; i < AuditLog.QUEUE + more; i++) {
      log.each(new UUID(0x7000, i), deed("p"));
    }
    // The timer may have taken one batch out of the queue meanwhile.
    assertThat(log.dropped()).isBetween((long) more - AuditStore.BATCH, (long) more);
  }

  @Test
  void deedsOfOneKindAreOneEntryWithTheirNumberAfterTheFirst() {
    AuditLog log = log(Duration.ofMillis(600));
    for (int i = 0; i < 10; i++) {
      log.gathered(deed("p"));
    }
    log.gathered(deed("q"));
    until(() -> store.entries.size() == 3);
    assertThat(store.entries)
        .extracting(AuditEntry::pipeline, AuditEntry::occurrences)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("p", 1L),
            org.assertj.core.groups.Tuple.tuple("q", 1L),
            org.assertj.core.groups.Tuple.tuple("p", 9L));
  }

  @Test
  void whatWaitsIsWrittenAtTheEnd() {
    AuditLog log = log(AuditLog.GATHER);
    log.each(new UUID(0x7000, 1), deed("p"));
    log.gathered(deed("q"));
    log.gathered(deed("q"));
    log.close().toCompletionStage().toCompletableFuture().join();
    assertThat(store.entries).extracting(AuditEntry::occurrences).containsExactly(1L, 1L, 1L);
  }

  private static void until(BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("within " + PATIENCE).isLessThan(deadline);
      LockSupport.parkNanos(2_000_000);
    }
  }
}
