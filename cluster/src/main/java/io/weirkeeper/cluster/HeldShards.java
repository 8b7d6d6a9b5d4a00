package io.weirkeeper.cluster;

import io.weirkeeper.core.pipeline.ShardMap;
import io.weirkeeper.store.Guard;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** {@link Ownership}, written by the session's context and read by all threads. */
final class HeldShards implements Ownership {
  private final AtomicReferenceArray<Guard> guards = new AtomicReferenceArray<>(ShardMap.SHARDS);
  private volatile long validUntilNanos = System.nanoTime();

  @Override
  public Optional<Guard> guard(int shard) {
    return Optional.ofNullable(guards.get(shard));
  }

  @Override
  public Set<Integer> shards() {
    return new TreeSet<>(held().keySet());
  }

  @Override
  public long validUntilNanos() {
    return validUntilNanos;
  }

  Map<Integer, Guard> held() {
    Map<Integer, Guard> held = new TreeMap<>();
    for (int shard = 0; shard < guards.length(); shard++) {
      Guard guard = guards.get(shard);
      if (guard != null) {
        held.put(shard, guard);
      }
    }
    return held;
  }

  void gained(Guard guard) {
    guards.set(guard.shard(), guard);
  }

  void lost(Guard guard) {
    guards.compareAndSet(guard.shard(), guard, null);
  }

  void validUntil(long nanos) {
    validUntilNanos = nanos;
  }
}
