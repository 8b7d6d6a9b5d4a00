package io.weirkeeper.engine.flow;

/** Receives the changes of one relation, step by step. */
@FunctionalInterface
public interface OutputListener {

  /**
   * Takes the changes of a step; not called for steps that don't change the relation. Called on the
   * step thread: while it runs, the pipeline waits, so a listener that blocks slows the pipeline
   * down to its own pace (that is what back-pressure means), and one that must not, must queue or
   * drop. A listener that throws is unsubscribed and logged.
   */
  void changed(StepOutput output);

  /**
   * The first step whose changes it has taken and not delivered yet; {@link Long#MAX_VALUE} if it
   * owes nothing. No step from there on is complete. One that delivers later than it takes must
   * call {@link StepController#delivered} each time it has. Called from any thread; must not wait.
   */
  default long owesSince() {
    return Long.MAX_VALUE;
  }
}
