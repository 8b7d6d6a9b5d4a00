package io.weirkeeper.engine.flow;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/**
 * Runs the numbered steps: cuts the queued input, feeds it to Flink, waits until every sink has
 * seen the end of the step, publishes the netted changes of all relations at once, then cuts again.
 * One step at a time; without input there are no steps. Step 0 is empty and runs at {@link
 * Dataflow#start}: it publishes what views hold over empty tables.
 */
public interface StepController {

  /**
   * Holds the input: no further step begins, except for changes put with {@code whilePaused}.
   * Returns at once; a step that runs is finished and its output delivered.
   */
  void pause();

  /** Undoes {@link #pause}. */
  void resume();

  /**
   * Completes the steps that no listener owes any more ({@link OutputListener#owesSince}): to be
   * called by listeners that deliver later than they take, from any thread.
   */
  void delivered();

  /** Whether input is held. */
  boolean paused();

  /** The counters at this moment. */
  StepCounters counters();

  /**
   * The position consumed of each endpoint that has positions, by endpoint name: what a checkpoint
   * stores beside the state. It goes with the state exactly when taken between steps, {@code
   * betweenSteps(() -> steps.positions())}; at other times it is that of some step not long ago. To
   * go on from a checkpoint, give each endpoint its position back at {@link
   * Dataflow#openInput(String, String, InputLimits, JsonNode)} and let its source read from there.
   */
  Map<String, JsonNode> positions();

  /**
   * Runs an action on the step thread between two steps, for example to read a snapshot and to
   * subscribe to the changes after it. The action must be short: no step runs meanwhile.
   *
   * @return the action's result; fails with what it throws, or with {@link DataflowException} when
   *     the dataflow has ended
   */
  <T> CompletableFuture<T> betweenSteps(Callable<T> action);
}
