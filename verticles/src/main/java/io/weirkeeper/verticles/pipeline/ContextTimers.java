package io.weirkeeper.verticles.pipeline;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.weirkeeper.verticles.actor.Timers;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Time and turns of a verticle's context; once the node has closed, nothing has its turn. */
final class ContextTimers implements Timers {
  private static final Logger LOG = LoggerFactory.getLogger(ContextTimers.class);

  private final Vertx vertx;
  private final Context context;

  ContextTimers(Vertx vertx, Context context) {
    this.vertx = vertx;
    this.context = context;
  }

  @Override
  public void soon(Runnable task) {
    turn(task);
  }

  @Override
  public void later(Duration delay, Runnable task) {
    // A callback of a port may run on another context than the verticle's own.
    turn(() -> vertx.setTimer(delay.toMillis(), timer -> task.run()));
  }

  private void turn(Runnable task) {
    try {
      context.runOnContext(now -> task.run());
    } catch (RejectedExecutionException e) {
      LOG.debug("A task of a closed node is dropped", e);
    }
  }

  @Override
  public long nanos() {
    return System.nanoTime();
  }
}
