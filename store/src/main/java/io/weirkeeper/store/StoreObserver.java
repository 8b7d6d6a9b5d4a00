package io.weirkeeper.store;

/** Hears of every statement; for metrics. Called on the event loop: must not block or throw. */
@FunctionalInterface
public interface StoreObserver {

  /** How a statement ended. */
  enum Outcome {
    /** It did what was asked. */
    OK,
    /** A guarded write that did not land: not owner, revision moved, row gone, duplicate. */
    REFUSED,
    /** It failed for certain. */
    FAILED,
    /** Nobody knows. */
    UNKNOWN
  }

  /** Hears nothing. */
  StoreObserver NONE = (statement, nanos, outcome) -> {};

  /**
   * A statement ended.
   *
   * @param statement kind, one of a dozen constants such as {@code update} or {@code load_shards}
   * @param nanos from the call to the result, waiting for a connection included
   * @param outcome how it ended
   */
  void statement(String statement, long nanos, Outcome outcome);
}
