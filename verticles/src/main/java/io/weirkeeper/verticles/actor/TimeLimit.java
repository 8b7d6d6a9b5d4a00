package io.weirkeeper.verticles.actor;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/** The watchdog of everything that an actor waits for outside of itself. */
final class TimeLimit {
  private TimeLimit() {}

  /**
   * Gives up waiting after a while; what comes later is ignored.
   *
   * @param what is waited for, for the message
   */
  static <T> Future<T> of(Timers timers, Duration limit, String what, Future<T> waited) {
    Promise<T> promise = Promise.promise();
    waited.onComplete(
        done -> {
          if (done.succeeded()) {
            promise.tryComplete(done.result());
          } else {
            promise.tryFail(done.cause());
          }
        });
    if (!waited.isComplete()) {
      timers.later(
          limit,
          () ->
              promise.tryFail(
                  new TimeoutException(
                      what + " was not answered within " + limit.toSeconds() + " s")));
    }
    return promise.future();
  }
}
