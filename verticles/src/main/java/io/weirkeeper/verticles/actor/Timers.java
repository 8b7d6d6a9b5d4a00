package io.weirkeeper.verticles.actor;

import java.time.Duration;

/** Time and turns of an actor. Tasks run on the actor's own thread, one at a time. */
public interface Timers {
  /** Runs a task after what runs now; may be called from any thread. */
  void soon(Runnable task);

  /** Runs a task once, after a delay. */
  void later(Duration delay, Runnable task);

  /** A monotonic clock in nanoseconds; only differences mean something. */
  long nanos();
}
