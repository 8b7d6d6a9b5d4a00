package io.weirkeeper.engine.process;

/** That a client has gone, which may be told before or after somebody wants to know. */
final class Departure {
  private boolean happened;
  private Runnable action;

  /** Runs the action, unless it is not there yet or has run. */
  void happened() {
    Runnable due;
    synchronized (this) {
      happened = true;
      due = action;
      action = null;
    }
    if (due != null) {
      due.run();
    }
  }

  /** What to do, once; at once if the client has gone already. */
  void then(Runnable next) {
    synchronized (this) {
      if (!happened) {
        action = next;
        return;
      }
    }
    next.run();
  }

  synchronized boolean hasHappened() {
    return happened;
  }
}
