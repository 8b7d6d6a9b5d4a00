package io.weirkeeper.verticles.actor;

import io.vertx.core.Future;
import io.weirkeeper.core.pipeline.LifecycleInput;
import io.weirkeeper.core.pipeline.PipelineRecord;
import java.util.function.Function;

/** What the parts of an actor know of the whole. */
interface Self {
  /** The last committed state. */
  PipelineRecord pipeline();

  /** Whether this deployment is provisioned, shall be, and is still this node's concern. */
  boolean live(long deploymentNumber);

  /** Whether this node still has a say over the pipeline. */
  boolean present();

  /**
   * Whether a command to the process has been noted, or is about to be, and is not answered yet.
   */
  boolean commanding();

  /**
   * Reports a fact: it waits in the inbox, and is decided again until the decision is written or
   * the fact no longer fits. May be called from any thread.
   *
   * @param input made when its turn comes
   * @return completes when it has been decided; fails when this node has no more say
   */
  Future<PipelineRecord> report(Function<PipelineRecord, LifecycleInput> input);

  /** Reports a fact that nobody waits for. */
  default void report(LifecycleInput input) {
    report(ignored -> input);
  }

  /** Asks for the next step towards what is desired. */
  void reconcile();
}
