package io.weirkeeper.verticles.http.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How often a source may come with a credential that proves nothing: so often at once, and so often
 * a second in the long run. Keys can't be guessed; this bounds what guessing costs.
 */
final class FailedAttempts {
  private static final int SOURCES = 10_000;
  private static final Duration FORGOTTEN_AFTER = Duration.ofHours(1);
  private static final double NANOS = 1e9;

  private final int burst;
  private final double perNano;
  private final LongSupplier nanos;
  private final Cache<String, Allowance> sources =
      Caffeine.newBuilder().maximumSize(SOURCES).expireAfterAccess(FORGOTTEN_AFTER).build();

  /** What a source may still get wrong, as of a time. */
  private record Allowance(double left, long at) {}

  FailedAttempts(int burst, int perSecond, LongSupplier nanos) {
    this.burst = burst;
    this.perNano = perSecond / NANOS;
    this.nanos = nanos;
  }

  /** Whether a credential of a source is looked at. */
  boolean mayTry(String source) {
    Allowance allowance = sources.getIfPresent(source);
    return allowance == null || refilled(allowance, nanos.getAsLong()).left() >= 1;
  }

  /** A credential of a source proved nothing. */
  void failed(String source) {
    long now = nanos.getAsLong();
    sources
        .asMap()
        .compute(
            source,
            (any, before) -> {
              double left = before == null ? burst : refilled(before, now).left();
              return new Allowance(Math.max(0, left - 1), now);
            });
  }

  private Allowance refilled(Allowance allowance, long now) {
    return new Allowance(Math.min(burst, allowance.left() + (now - allowance.at()) * perNano), now);
  }
}
