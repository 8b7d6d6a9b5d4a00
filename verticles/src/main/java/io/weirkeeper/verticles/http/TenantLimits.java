package io.weirkeeper.verticles.http;

import io.weirkeeper.core.auth.TenantQuotas;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Requests and streams of each tenant, for all instances of the front. Tenants are few, so theirs
 * are kept for good. Safe for all threads; nothing is counted where there is no limit.
 */
public final class TenantLimits {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final TenantQuotas quotas;
  private final LongSupplier nanos;
  private final long pace;

  /** When the requests that were let in would be done at the pace that is allowed. */
  private final Map<UUID, AtomicLong> paidUntil = new ConcurrentHashMap<>();

  private final Map<UUID, Integer> streams = new ConcurrentHashMap<>();

  /** The limits of a node. */
  public TenantLimits(TenantQuotas quotas) {
    this(quotas, System::nanoTime);
  }

  /** For tests: with another clock. */
  TenantLimits(TenantQuotas quotas, LongSupplier nanos) {
    this.quotas = quotas;
    this.nanos = nanos;
    this.pace = quotas.requestsPerSecond() == 0 ? 0 : SECOND / quotas.requestsPerSecond();
  }

  /** The quotas. */
  TenantQuotas quotas() {
    return quotas;
  }

  /** Counts a request; false when it is one too many now. */
  boolean mayAsk(UUID tenant) {
    if (pace == 0) {
      return true;
    }
    long now = nanos.getAsLong();
    AtomicLong paid = paidUntil.computeIfAbsent(tenant, any -> new AtomicLong(now));
    while (true) {
      long before = paid.get();
      long after = (before - now > 0 ? before : now) + pace;
      if (after - now > SECOND) {
        return false;
      }
      if (paid.compareAndSet(before, after)) {
        return true;
      }
    }
  }

  /** Takes a place for a stream; false when the tenant has all of its. */
  boolean takeStream(UUID tenant) {
    if (quotas.streams() == 0) {
      return true;
    }
    boolean[] taken = {false};
    streams.compute(
        tenant,
        (any, before) -> {
          int now = before == null ? 0 : before;
          taken[0] = now < quotas.streams();
          return taken[0] ? Integer.valueOf(now + 1) : before;
        });
    return taken[0];
  }

  /** Gives a place for a stream back. */
  void leaveStream(UUID tenant) {
    if (quotas.streams() != 0) {
      streams.computeIfPresent(tenant, (any, before) -> before == 1 ? null : before - 1);
    }
  }
}
