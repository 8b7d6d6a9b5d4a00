package io.weirkeeper.verticles.actor;

import io.weirkeeper.core.pipeline.PipelineRecord;

/** Where committed states are shown to readers. Called after the commit, before the answer. */
public interface Publication {
  /**
   * Shows a committed state.
   *
   * @param before what it replaces, or null for the first
   */
  void published(PipelineRecord before, PipelineRecord next);

  /** Takes back what was shown: the pipeline was deleted, or another node owns it. */
  void withdrawn(PipelineRecord last);
}
