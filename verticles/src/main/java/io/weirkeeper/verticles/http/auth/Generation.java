package io.weirkeeper.verticles.http.auth;

import io.vertx.core.Vertx;
import io.weirkeeper.store.AccessGenerationStore;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which of the remembered count. Whatever was read from the database before a right changed belongs
 * to an older generation; a number that all nodes poll tells of changes elsewhere. Nothing that is
 * remembered counts when the last poll is too old.
 */
final class Generation {
  private static final Logger LOG = LoggerFactory.getLogger(Generation.class);

  private final Vertx vertx;
  private final AccessGenerationStore store;
  private final long validityNanos;
  private final long timer;
  private final AtomicLong local = new AtomicLong();
  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile long seen = -1;
  private volatile long validUntil;

  Generation(Vertx vertx, AccessGenerationStore store, Duration poll, Duration validity) {
    this.vertx = vertx;
    this.store = store;
    this.validityNanos = validity.toNanos();
    this.validUntil = System.nanoTime();
    this.timer = vertx.setPeriodic(0, poll.toMillis(), tick -> ask());
  }

  /** To be read before the database is; what was read belongs to it. */
  long current() {
    return local.get();
  }

  /** Whether what belongs to a generation still counts. */
  boolean counts(long generation, long nowNanos) {
    return generation == local.get() && nowNanos - validUntil < 0;
  }

  void forget() {
    local.incrementAndGet();
  }

  private void ask() {
    if (!asking.compareAndSet(false, true)) {
      return;
    }
    long asked = System.nanoTime();
    store
        .current()
        .onComplete(
            answer -> {
              asking.set(false);
              if (answer.failed()) {
                LOG.debug("Access generation not read: {}", answer.cause().toString());
                return;
              }
              if (answer.result() != seen) {
                seen = answer.result();
                local.incrementAndGet();
              }
              validUntil = asked + validityNanos;
            });
  }

  void close() {
    vertx.cancelTimer(timer);
  }
}
