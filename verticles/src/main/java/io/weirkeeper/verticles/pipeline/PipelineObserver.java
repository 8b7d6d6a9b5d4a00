package io.weirkeeper.verticles.pipeline;

import io.weirkeeper.core.pipeline.PipelineRecord;

/**
 * Hears of every committed change of a pipeline; for metrics. Called on event loops: must not block
 * or throw.
 */
@FunctionalInterface
public interface PipelineObserver {
  /** Hears nothing. */
  PipelineObserver NONE = (before, after) -> {};

  /**
   * A pipeline was created (before is null), changed, or deleted or lost (after is null).
   *
   * @param before the state that was replaced
   * @param after the state that is published now
   */
  void changed(PipelineRecord before, PipelineRecord after);
}
