package io.weirkeeper.core.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ClusterMonitorTest {
  private static final Probe FINE = new Probe(true, "fine");
  private static final Probe BROKEN = new Probe(false, "broken");

  private ClusterMonitor monitor = ClusterMonitor.fresh();
  private final List<Integer> storedAt = new ArrayList<>();
  private final List<ClusterEvent> events = new ArrayList<>();
  private int check;

  private void checks(int count, Probe compiler) {
    for (int i = 0; i < count; i++) {
      Instant now = Instant.EPOCH.plusSeconds(10L * check);
      ClusterMonitor.Checked checked = monitor.check(now, new UUID(0, check), FINE, compiler, FINE);
      monitor = checked.monitor();
      if (checked.event().isPresent()) {
        storedAt.add(check);
        events.add(checked.event().get());
      }
      check++;
    }
  }

  @Test
  void theFirstCheckAndEverySixtiethAreStoredWhileAllIsWell() {
    checks(181, FINE);
    assertThat(storedAt).containsExactly(0, 60, 120, 180);
    assertThat(events).allMatch(ClusterEvent::allHealthy);
    assertThat(monitor.api().unchangedSince()).isEqualTo(Instant.EPOCH);
    assertThat(monitor.api().checkedAt()).isEqualTo(Instant.EPOCH.plusSeconds(1800));
  }

  @Test
  void aChangeIsStoredAtOnceAndTroubleThenEverMoreSeldom() {
    checks(5, FINE);
    checks(200, BROKEN);
    assertThat(storedAt).startsWith(0, 5, 6, 8, 12, 20, 36, 68, 128, 188);
    assertThat(events.get(1).compiler().status()).isEqualTo(PartStatus.INITIAL_UNHEALTHY);
    assertThat(events.get(2).compiler().status()).isEqualTo(PartStatus.UNHEALTHY);
    assertThat(events.get(1).allHealthy()).isFalse();
    assertThat(events.get(1).compiler().selfInfo()).isEqualTo("broken");
    assertThat(monitor.compiler().unchangedSince()).isEqualTo(Instant.EPOCH.plusSeconds(50));
    storedAt.clear();
    checks(61, FINE);
    assertThat(storedAt).containsExactly(205, 265);
  }
}
