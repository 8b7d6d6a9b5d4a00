package io.weirkeeper.verticles.snapshot;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.vertx.core.buffer.Buffer;
import io.weirkeeper.verticles.snapshot.Snapshot.Selector;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * Ready-made answers within a bound of bytes; those that are read stay longest. Thread-safe; racing
 * first readers may make an answer twice.
 */
final class AnswerCache {
  /** Of one pipeline; by what a snapshot shows, so an answer can't outlive its state. */
  private record One(Object identity, Selector selector, boolean compressed) {
    One(Snapshot snapshot, Selector selector, boolean compressed) {
      this(snapshot.identity(), selector, compressed);
    }
  }

  /** Of a tenant's list. */
  private record Many(UUID tenantId, Selector selector, boolean compressed) {}

  /** A list as it was when the tenant's pipelines had changed so many times. */
  private record Dated(long changes, Buffer bytes) {}

  private final Cache<One, Buffer> ones;
  private final Cache<Many, Dated> lists;

  AnswerCache(long oneBytes, long listBytes) {
    ones =
        Caffeine.newBuilder()
            .maximumWeight(oneBytes)
            .weigher((One key, Buffer bytes) -> bytes.length())
            .executor(Runnable::run)
            .build();
    lists =
        Caffeine.newBuilder()
            .maximumWeight(listBytes)
            .weigher((Many key, Dated list) -> list.bytes().length())
            .executor(Runnable::run)
            .build();
  }

  Buffer one(Snapshot snapshot, Selector selector) {
    One key = new One(snapshot, selector, false);
    Buffer ready = ones.getIfPresent(key);
    if (ready == null) {
      ready = snapshot.render(selector);
      ones.put(key, ready);
    }
    return ready;
  }

  Buffer compressed(Snapshot snapshot, Selector selector, UnaryOperator<Buffer> compression) {
    One key = new One(snapshot, selector, true);
    Buffer ready = ones.getIfPresent(key);
    if (ready == null) {
      ready = compression.apply(one(snapshot, selector));
      ones.put(key, ready);
    }
    return ready;
  }

  /** The answer without keeping it, for whoever goes through more than can be kept. */
  Buffer peek(Snapshot snapshot, Selector selector) {
    Buffer ready = ones.getIfPresent(new One(snapshot, selector, false));
    return ready == null ? snapshot.render(selector) : ready;
  }

  /** A list that is not older than so many changes, or null. */
  Buffer list(UUID tenantId, Selector selector, boolean compressed, long changes) {
    Dated dated = lists.getIfPresent(new Many(tenantId, selector, compressed));
    return dated == null || dated.changes() < changes ? null : dated.bytes();
  }

  void keepList(UUID tenantId, Selector selector, boolean compressed, long changes, Buffer bytes) {
    lists.put(new Many(tenantId, selector, compressed), new Dated(changes, bytes));
  }

  /** Forgets the answers of a state that is no longer current. */
  void forget(Snapshot snapshot) {
    for (Selector selector : Selector.values()) {
      ones.invalidate(new One(snapshot, selector, false));
      ones.invalidate(new One(snapshot, selector, true));
    }
  }
}
