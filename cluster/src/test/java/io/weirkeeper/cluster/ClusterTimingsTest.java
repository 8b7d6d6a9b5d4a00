package io.weirkeeper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ClusterTimingsTest {
  private static final Duration LEASE = Duration.ofSeconds(90);
  private static final Duration HOP = Duration.ofMillis(500);

  private static ClusterTimings timings(int readBound, int session, int renewal) {
    return new ClusterTimings(
        Duration.ofSeconds(readBound),
        Duration.ofSeconds(session),
        Duration.ofSeconds(renewal),
        LEASE,
        HOP);
  }

  @Test
  void theDefaultsAreTheDocumentedOnes() {
    assertThat(ClusterTimings.DEFAULTS).isEqualTo(timings(2, 5, 1));
  }

  @Test
  void aReadBoundWithinTheRenewalIntervalIsRefused() {
    assertThatThrownBy(() -> timings(1, 5, 1)).hasMessageContaining("readBound");
  }

  @Test
  void aSessionNoLongerThanTheReadBoundIsRefused() {
    assertThatThrownBy(() -> timings(2, 2, 1)).hasMessageContaining("sessionLength");
  }

  @Test
  void aRenewalWithoutPauseIsRefused() {
    assertThatThrownBy(() -> timings(2, 5, 0)).hasMessageContaining("renewal");
  }
}
