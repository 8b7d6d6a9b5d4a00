package io.weirkeeper.verticles.pipeline;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.weirkeeper.verticles.actor.Timers;
import java.time.Duration;

/** Time and turns of a verticle's context. */
final class ContextTimers implements Timers {
  private final Vertx vertx;
  private final Context context;

  ContextTimers(Vertx vertx, Context context) {
    this.vertx = vertx;
    this.context = context;
  }

  @Override
  public void soon(Runnable task) {
    context.runOnContext(now -> task.run());
  }

  @Override
  public void later(Duration delay, Runnable task) {
    // A callback of a port may run on another context than the verticle's own.
    context.runOnContext(now -> vertx.setTimer(delay.toMillis(), timer -> task.run()));
  }

  @Override
  public long nanos() {
    return System.nanoTime();
  }
}
