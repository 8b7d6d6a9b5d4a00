package io.weirkeeper.engine.flow;

import java.util.List;

/** Keeps the contents of the materialized relations; sees every step whole. */
public interface MaterializedSink {

  /**
   * Takes the changes of one step to all materialized relations together; called on the step
   * thread, once a step, also for steps that change nothing. When it returns, queries see the step.
   *
   * @throws RuntimeException if the contents can no longer be kept; that ends the pipeline
   */
  void publish(long step, List<RelationChanges> changes);
}
