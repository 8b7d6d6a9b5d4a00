package io.weirkeeper.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.weirkeeper.store.NodeRow;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StalledNodesTest {
  private static final UUID ME = new UUID(0, 1);
  private static final UUID OTHER = new UUID(0, 2);

  private final StalledNodes stalled =
      new StalledNodes(Duration.ofSeconds(5), Duration.ofMillis(1500));

  private List<UUID> poll(double seconds, long renewals, boolean fenced) {
    return stalled
        .after(
            (long) (seconds * TimeUnit.SECONDS.toNanos(1)),
            List.of(
                new NodeRow(ME, "me", "", "h", 1, false, false, "v"),
                new NodeRow(OTHER, "o", "", "h", renewals, fenced, false, "v")),
            ME)
        .stream()
        .map(NodeRow::incarnation)
        .toList();
  }

  @Test
  void aCounterThatStandsStillForASessionLengthIsStalled() {
    for (int second = 0; second < 5; second++) {
      assertThat(poll(second, 7, false)).isEmpty();
    }
    assertThat(poll(5, 7, false)).containsExactly(OTHER);
  }

  @Test
  void aCounterThatMovesStartsTheWaitAnew() {
    for (int second = 0; second < 5; second++) {
      poll(second, 7, false);
    }
    assertThat(poll(5, 8, false)).isEmpty();
    for (int second = 6; second < 10; second++) {
      assertThat(poll(second, 8, false)).isEmpty();
    }
    assertThat(poll(10, 8, false)).containsExactly(OTHER);
  }

  @Test
  void aGapBetweenPollsStartsTheWaitAnew() {
    for (int second = 0; second < 5; second++) {
      poll(second, 7, false);
    }
    // This node slept; that the other stood still meanwhile is not known.
    assertThat(poll(20, 7, false)).isEmpty();
    for (int second = 21; second < 25; second++) {
      assertThat(poll(second, 7, false)).isEmpty();
    }
    assertThat(poll(25, 7, false)).containsExactly(OTHER);
  }

  @Test
  void fencedNodesAreLeftAlone() {
    for (int second = 0; second < 10; second++) {
      assertThat(poll(second, 7, true)).isEmpty();
    }
  }
}
