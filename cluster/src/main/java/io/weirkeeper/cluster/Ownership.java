package io.weirkeeper.cluster;

import io.weirkeeper.store.Guard;
import java.util.Optional;
import java.util.Set;

/**
 * This node's present shards and how long it may answer for them. Safe for all threads; made for
 * the request path: no locks.
 */
public interface Ownership {

  /** The guard of a shard, or empty if this node does not own it. Needed for writes. */
  Optional<Guard> guard(int shard);

  /** Shards owned. */
  Set<Integer> shards();

  /**
   * Whether answers may be given from memory: now is before {@link #validUntilNanos} (SAFETY rule
   * 7). If not, answer 503 with {@code Retry-After}. Check it on the request path, for each answer.
   */
  default boolean current() {
    return validUntilNanos() - System.nanoTime() > 0;
  }

  /**
   * {@link System#nanoTime} until which answers may be given: when the last successful poll was
   * sent, plus the read bound.
   */
  long validUntilNanos();
}
