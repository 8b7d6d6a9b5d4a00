package io.weirkeeper.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.monitor.ClusterEvent;
import io.weirkeeper.core.monitor.PartStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClusterEventsTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00.123456Z");
  private static Vertx vertx;
  private static PostgresUri uri;
  private static Database database;
  private static ClusterEventStore events;

  @BeforeAll
  static void open() throws Exception {
    vertx = TestPostgres.vertx();
    uri = TestPostgres.newDatabase();
    database = TestPostgres.open(vertx, uri);
    events = database.clusterEvents();
  }

  @BeforeEach
  void forgetAll() {
    TestPostgres.execute(uri, "DELETE FROM cluster_event");
  }

  @AfterAll
  static void close() throws Exception {
    database.close().await(10, TimeUnit.SECONDS);
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.await(10, TimeUnit.SECONDS);
  }

  private static ClusterEvent event(long id, Instant at) {
    return new ClusterEvent(
        new UUID(0x7000, id),
        at,
        new ClusterEvent.Part(PartStatus.HEALTHY, "fine", "none"),
        new ClusterEvent.Part(PartStatus.INITIAL_UNHEALTHY, "gone", "none"),
        new ClusterEvent.Part(PartStatus.UNHEALTHY, "still gone", "none"));
  }

  @Test
  void whatIsStoredIsReadBackNewestFirst() throws Exception {
    assertThat(get(events.latest())).isEmpty();
    ClusterEvent first = event(1, NOW);
    ClusterEvent second = event(2, NOW.plusSeconds(10));
    get(events.add(first));
    get(events.add(second));
    get(events.add(second));
    assertThat(get(events.newestFirst())).containsExactly(second, first);
    assertThat(get(events.latest())).contains(second);
    assertThat(get(events.find(first.id()))).contains(first);
    assertThat(get(events.find(new UUID(1, 1)))).isEmpty();
  }

  @Test
  void theOldAndTheTooManyAreDeleted() throws Exception {
    get(events.add(event(1, NOW.minus(Duration.ofHours(73)))));
    for (int i = 2; i <= 3; i++) {
      get(events.add(event(i, NOW.plusSeconds(i))));
    }
    assertThat(get(events.newestFirst())).hasSize(2);
    TestPostgres.execute(
        uri,
        "INSERT INTO cluster_event SELECT gen_random_uuid(), recorded_at - g * interval '1 s',"
            + " api_status, '', '', compiler_status, '', '', runner_status, '', ''"
            + " FROM cluster_event, generate_series(1, 600) g");
    get(events.add(event(9, NOW.plusSeconds(9))));
    assertThat(get(events.newestFirst())).hasSize(ClusterEventStore.MOST_EVENTS);
    get(events.add(event(10, NOW.plusSeconds(10))));
    assertThat(get(events.newestFirst())).hasSize(ClusterEventStore.MOST_EVENTS);
    assertThat(get(events.latest()).orElseThrow().id()).isEqualTo(new UUID(0x7000, 10));
  }
}
