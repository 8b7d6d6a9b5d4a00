package io.weirkeeper.engine.flow;

/**
 * What a dataflow goes on from, and where it writes down what it does.
 *
 * @param saved the state to begin with; null for none
 * @param replay records of an earlier process that belong behind that state; null for none
 * @param log takes new records; null to write nothing down
 * @param bootstrap how to take state of another program over; null to refuse it
 */
public record Durability(SavedState saved, Replay replay, StepLog log, Bootstrap bootstrap) {

  /** State of the same program only. */
  public Durability(SavedState saved, Replay replay, StepLog log) {
    this(saved, replay, log, null);
  }

  /** Begins with nothing, keeps nothing. */
  public static Durability none() {
    return new Durability(null, null, null);
  }
}
