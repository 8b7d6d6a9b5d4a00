package io.weirkeeper.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.weirkeeper.core.auth.TenantQuotas;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TenantLimitsTest {
  private static final UUID ACME = new UUID(0, 1);
  private static final UUID OTHER = new UUID(0, 2);
  private static final long SECOND = 1_000_000_000L;

  private final AtomicLong now = new AtomicLong(-5);

  private TenantLimits limits(int requests, int streams) {
    return new TenantLimits(new TenantQuotas(0, 0, requests, streams), now::get);
  }

  private static long asked(TenantLimits limits, UUID tenant, int times) {
    return IntStream.range(0, times).filter(any -> limits.mayAsk(tenant)).count();
  }

  @Test
  void asManyRequestsAsTheSecondHasMayComeAtOnceAndThenOneAfterTheOther() {
    TenantLimits limits = limits(10, 0);
    assertThat(asked(limits, ACME, 50)).isEqualTo(10);
    assertThat(asked(limits, OTHER, 50)).isEqualTo(10);
    now.addAndGet(SECOND / 10);
    assertThat(asked(limits, ACME, 50)).isEqualTo(1);
    now.addAndGet(100 * SECOND);
    assertThat(asked(limits, ACME, 50)).isEqualTo(10);
  }

  @Test
  void aStreamThatEndsMakesRoomForAnother() {
    TenantLimits limits = limits(0, 2);
    assertThat(limits.takeStream(ACME)).isTrue();
    assertThat(limits.takeStream(ACME)).isTrue();
    assertThat(limits.takeStream(ACME)).isFalse();
    assertThat(limits.takeStream(OTHER)).isTrue();
    limits.leaveStream(ACME);
    assertThat(limits.takeStream(ACME)).isTrue();
    assertThat(limits.takeStream(ACME)).isFalse();
  }

  @Test
  void withoutAQuotaThereIsNoLimit() {
    TenantLimits limits = new TenantLimits(TenantQuotas.UNLIMITED, now::get);
    assertThat(asked(limits, ACME, 1_000)).isEqualTo(1_000);
    assertThat(IntStream.range(0, 1_000).allMatch(any -> limits.takeStream(ACME))).isTrue();
  }
}
