package io.weirkeeper.engine.flow;

/**
 * What a dataflow goes on from, and where it writes down what it does.
 *
 * @param saved the state to begin with; null for none
 * @param replay records of an earlier process that belong behind that state; null for none
 * @param log takes new records; null to write nothing down
 */
public record Durability(SavedState saved, Replay replay, StepLog log) {

  /** Begins with nothing, keeps nothing. */
  public static Durability none() {
    return new Durability(null, null, null);
  }
}
