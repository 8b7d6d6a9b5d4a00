package io.weirkeeper.verticles.http;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.weirkeeper.core.auth.Admission;
import io.weirkeeper.core.auth.Principal;
import io.weirkeeper.verticles.http.auth.Authenticator;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Ends the streams of callers whose right was taken away: a key that was deleted or has expired, a
 * member or a trust that is gone, a role that is too low by now. Each stream is judged once soon
 * after its beginning (the right may have gone in between), whenever a right was changed, and every
 * {@link #ANYWAY}. A token that has expired since does not end a stream. While the database does
 * not answer, streams go on. On one event loop.
 */
final class StreamWatch {
  /** Most questions to the database at once. */
  private static final int QUESTIONS = 32;

  private static final Duration ANYWAY = Duration.ofSeconds(60);

  private final Vertx vertx;
  private final Authenticator authenticator;
  private final Map<Exchange, Watched> open = new LinkedHashMap<>();
  private final Deque<Watched> waiting = new ArrayDeque<>();
  private int asked;

  private static final class Watched {
    private final Exchange exchange;
    private final Authenticator.Standing standing;
    private long generation = Long.MIN_VALUE;
    private long judgedAt;
    private boolean pending;

    Watched(Exchange exchange, Authenticator.Standing standing) {
      this.exchange = exchange;
      this.standing = standing;
    }
  }

  StreamWatch(Vertx vertx, Authenticator authenticator) {
    this.vertx = vertx;
    this.authenticator = authenticator;
  }

  /** Watches a stream until it is over. */
  void take(Exchange exchange) {
    Authenticator.Standing standing = authenticator.standing(exchange.request());
    if (standing != null) {
      open.put(exchange, new Watched(exchange, standing));
      exchange.whenOver(() -> open.remove(exchange));
    }
  }

  void look(long now) {
    if (open.isEmpty()) {
      return;
    }
    long generation = authenticator.generation();
    for (Watched each : open.values()) {
      boolean due = each.generation != generation || now - each.judgedAt > ANYWAY.toNanos();
      if (due && !each.pending) {
        each.pending = true;
        waiting.add(each);
      }
    }
    ask();
  }

  private void ask() {
    while (asked < QUESTIONS && !waiting.isEmpty()) {
      Watched next = waiting.poll();
      if (next.exchange.isOver()) {
        continue;
      }
      asked++;
      long before = authenticator.generation();
      Context context = vertx.getOrCreateContext();
      next.standing
          .again()
          .onComplete(
              answer -> context.runOnContext(here -> judged(next, answer.result(), before)));
    }
  }

  private void judged(Watched stream, Admission admission, long generation) {
    asked--;
    stream.pending = false;
    if (admission instanceof Admission.Refused refused && refused.error().status() >= 500) {
      // Nothing is known; asked again at the next look.
      ask();
      return;
    }
    stream.generation = generation;
    stream.judgedAt = System.nanoTime();
    if (!maySee(stream.exchange, admission)) {
      stream.exchange.revoke();
    }
    ask();
  }

  private static boolean maySee(Exchange exchange, Admission admission) {
    if (!(admission instanceof Admission.Admitted admitted)) {
      return false;
    }
    Principal now = admitted.principal();
    return now.tenantId().equals(exchange.tenantId())
        && Gate.refusal(exchange.operation(), now) == null;
  }
}
