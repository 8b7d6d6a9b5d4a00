package io.weirkeeper.engine.process;

import java.util.function.LongSupplier;

/**
 * The right to run (SAFETY rule 1): none at birth, then granted for a while and renewed. Time is
 * the host's boot time, never the wall clock.
 */
final class Lease {
  /** Whether the process may go on. */
  enum Verdict {
    GO_ON,
    NO_GRANT,
    LAPSED
  }

  private final LongSupplier bootMillis;
  private final long grantDeadline;
  private boolean granted;
  private long until;

  Lease(LongSupplier bootMillis, long grantTimeoutMillis) {
    this.bootMillis = bootMillis;
    this.grantDeadline = bootMillis.getAsLong() + grantTimeoutMillis;
  }

  /**
   * Grants or renews for so long from now.
   *
   * @return whether this was the first grant
   */
  synchronized boolean grant(long millis) {
    boolean first = !granted;
    granted = true;
    // A shorter grant shortens the lease: the owner may know why.
    until = bootMillis.getAsLong() + millis;
    return first;
  }

  synchronized boolean granted() {
    return granted;
  }

  synchronized Verdict verdict() {
    long now = bootMillis.getAsLong();
    if (!granted) {
      return now > grantDeadline ? Verdict.NO_GRANT : Verdict.GO_ON;
    }
    return now > until ? Verdict.LAPSED : Verdict.GO_ON;
  }
}
