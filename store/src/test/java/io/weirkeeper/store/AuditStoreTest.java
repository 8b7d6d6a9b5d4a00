package io.weirkeeper.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.auth.Actor;
import io.weirkeeper.core.auth.AuditEntry;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AuditStoreTest {
  private static final Instant NOW = Instant.now().truncatedTo(ChronoUnit.MICROS);
  private static final UUID ACME = new UUID(1, 1);
  private static final Actor ANN = new Actor(Actor.Kind.USER, "https://issuer", "ann");

  private static Vertx vertx;
  private static PostgresUri uri;
  private static Database database;
  private static AuditStore audit;

  @BeforeAll
  static void open() throws Exception {
    vertx = TestPostgres.vertx();
    uri = TestPostgres.newDatabase();
    database = TestPostgres.open(vertx, uri);
    audit = database.audit();
  }

  @BeforeEach
  void forgetAll() {
    TestPostgres.execute(uri, "DELETE FROM audit_entry");
  }

  @AfterAll
  static void close() throws Exception {
    database.close().await(10, TimeUnit.SECONDS);
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.await(10, TimeUnit.SECONDS);
  }

  private static AuditEntry entry(int number, Instant at) {
    return new AuditEntry(
        new UUID(number, 1),
        at,
        ACME,
        "acme",
        ANN,
        "127.0.0.1",
        "post_pipeline_start",
        "p",
        null,
        202,
        1);
  }

  private static AuditEntry stranger(int number) {
    return new AuditEntry(
        new UUID(number, 1),
        NOW,
        null,
        null,
        Actor.UNKNOWN,
        "::1",
        AuditEntry.AUTHENTICATE,
        null,
        null,
        401,
        7);
  }

  private static AuditStore.Query all(int limit) {
    return new AuditStore.Query(null, null, null, null, null, null, null, limit);
  }

  @Test
  void whatIsStoredIsReadBackNewestFirstAndStoringItTwiceIsAsOnce() throws Exception {
    List<AuditEntry> entries = List.of(entry(1, NOW), stranger(2));
    get(audit.add(entries));
    get(audit.add(entries));
    assertThat(get(audit.newestFirst(all(10)))).containsExactly(stranger(2), entry(1, NOW));
  }

  @Test
  void aPageFollowsTheOneBefore() throws Exception {
    get(audit.add(IntStream.rangeClosed(1, 5).mapToObj(n -> entry(n, NOW)).toList()));
    List<AuditEntry> first = get(audit.newestFirst(all(2)));
    assertThat(first).containsExactly(entry(5, NOW), entry(4, NOW));
    assertThat(
            get(
                audit.newestFirst(
                    new AuditStore.Query(
                        ACME, first.get(1).id(), null, null, null, null, null, 2))))
        .containsExactly(entry(3, NOW), entry(2, NOW));
  }

  @Test
  void everyFilterLeavesOutWhatIsOther() throws Exception {
    get(audit.add(List.of(entry(1, NOW), stranger(2), entry(3, NOW.plusSeconds(60)))));
    assertThat(found(ACME, null, null, null, null, null)).containsExactly(3L, 1L);
    assertThat(found(new UUID(2, 2), null, null, null, null, null)).isEmpty();
    assertThat(found(null, NOW.plusSeconds(1), null, null, null, null)).containsExactly(3L);
    assertThat(found(null, null, NOW.plusSeconds(1), null, null, null)).containsExactly(2L, 1L);
    assertThat(found(null, null, null, "ann", null, null)).containsExactly(3L, 1L);
    assertThat(found(null, null, null, null, AuditEntry.AUTHENTICATE, null)).containsExactly(2L);
    assertThat(found(null, null, null, null, null, "p")).containsExactly(3L, 1L);
  }

  private static List<Long> found(
      UUID tenant, Instant since, Instant until, String actor, String operation, String pipeline)
      throws Exception {
    return get(
            audit.newestFirst(
                new AuditStore.Query(tenant, null, since, until, actor, operation, pipeline, 100)))
        .stream()
        .map(each -> each.id().getMostSignificantBits())
        .toList();
  }

  @Test
  void oldEntriesAndTooManyAreDeleted() throws Exception {
    get(
        audit.add(
            List.of(
                entry(1, NOW.minus(Duration.ofDays(2))),
                entry(2, NOW),
                entry(3, NOW),
                entry(4, NOW))));
    assertThat(get(audit.trim(Duration.ofDays(1), 100))).isEqualTo(1);
    assertThat(get(audit.trim(Duration.ofDays(1), 2))).isEqualTo(1);
    assertThat(get(audit.newestFirst(all(10)))).containsExactly(entry(4, NOW), entry(3, NOW));
  }

  @Test
  void anEntryIsNeverChanged() throws Exception {
    get(audit.add(List.of(entry(1, NOW))));
    assertThatThrownBy(() -> TestPostgres.execute(uri, "UPDATE audit_entry SET status = 200"))
        .hasStackTraceContaining("audit entries are never changed");
  }
}
