package io.weirkeeper.verticles.http;

import static io.weirkeeper.verticles.http.Fixture.code;
import static io.weirkeeper.verticles.http.Fixture.parse;
import static org.assertj.core.api.Assertions.assertThat;

import io.weirkeeper.core.monitor.ClusterEvent;
import io.weirkeeper.core.monitor.ClusterMonitor;
import io.weirkeeper.core.monitor.PartStatus;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClusterTest {
  private Fixture fixture;

  @BeforeEach
  void open() {
    fixture = new Fixture();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private static ClusterEvent event(long id, PartStatus compiler) {
    ClusterEvent.Part fine = new ClusterEvent.Part(PartStatus.HEALTHY, "fine", "unknown");
    return new ClusterEvent(
        new UUID(0x7000, id),
        Instant.EPOCH.plusSeconds(id),
        fine,
        new ClusterEvent.Part(compiler, "compiler text", "unknown"),
        fine);
  }

  @Test
  void beforeTheFirstCheckThereIsNoHealthToTell() {
    fixture.health = ClusterMonitor.fresh();
    HttpResponse<String> response = fixture.get("/v0/cluster_healthz");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(code(response)).isEqualTo("NoClusterMonitorEventsAvailable");
    assertThat(code(fixture.get("/v0/cluster/events/latest")))
        .isEqualTo("NoClusterMonitorEventsAvailable");
    assertThat(fixture.get("/v0/cluster/events").body()).isEqualTo("[]");
  }

  @Test
  void theListHasStatusesOnlyNewestFirst() {
    fixture.clusterEvents.add(event(1, PartStatus.HEALTHY));
    fixture.clusterEvents.add(event(2, PartStatus.INITIAL_UNHEALTHY));
    var list = parse(fixture.get("/v0/cluster/events"));
    assertThat(list.get(0).toString())
        .isEqualTo(
            "{\"id\":\"00000000-0000-7000-0000-000000000002\","
                + "\"recorded_at\":\"1970-01-01T00:00:02Z\",\"all_healthy\":false,"
                + "\"api_status\":\"Healthy\",\"compiler_status\":\"InitialUnhealthy\","
                + "\"runner_status\":\"Healthy\"}");
    assertThat(list.get(1).get("all_healthy").booleanValue()).isTrue();
  }

  @Test
  void oneEventHasItsDetailsUnderTheSelectorAll() {
    fixture.clusterEvents.add(event(1, PartStatus.UNHEALTHY));
    String id = new UUID(0x7000, 1).toString();
    for (String which : new String[] {id, "latest"}) {
      assertThat(parse(fixture.get("/v0/cluster/events/" + which)).size()).isEqualTo(6);
      var all = parse(fixture.get("/v0/cluster/events/" + which + "?selector=all"));
      assertThat(all.size()).isEqualTo(12);
      assertThat(all.get("compiler_self_info").textValue()).isEqualTo("compiler text");
    }
    assertThat(fixture.get("/v0/cluster/events/latest?selector=x").statusCode()).isEqualTo(400);
    assertThat(code(fixture.get("/v0/cluster/events/x"))).isEqualTo("InvalidUuidParam");
    HttpResponse<String> unknown = fixture.get("/v0/cluster/events/" + new UUID(1, 1));
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(code(unknown)).isEqualTo("UnknownClusterMonitorEvent");
  }
}
