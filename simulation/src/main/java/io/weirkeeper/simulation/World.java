package io.weirkeeper.simulation;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Supplier;

/** What the parts of a history share. */
final class World extends VirtualTime.Actor {
  final VirtualTime time = new VirtualTime();
  final Chance chance;
  private final StringBuilder trace;

  World(long seed, boolean traced) {
    chance = new Chance(seed);
    trace = traced ? new StringBuilder() : null;
  }

  /** Writes a line of the trace; made only when somebody reads it. */
  void trace(Supplier<String> line) {
    if (trace != null) {
      trace.append(String.format("%12.6f  ", time.nanos() / 1e9)).append(line.get()).append('\n');
    }
  }

  String traced() {
    return trace == null ? "" : trace.toString();
  }

  /** Tells an actor something later, unless it is dead by then. */
  <T> Future<T> tell(VirtualTime.Actor actor, long delayNanos, T value) {
    Promise<T> promise = Promise.promise();
    time.after(delayNanos, actor, () -> promise.complete(value));
    return promise.future();
  }

  /** Tells an actor later that something failed. */
  <T> Future<T> fail(VirtualTime.Actor actor, long delayNanos, Throwable cause) {
    Promise<T> promise = Promise.promise();
    time.after(delayNanos, actor, () -> promise.fail(cause));
    return promise.future();
  }
}
