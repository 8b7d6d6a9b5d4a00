package io.weirkeeper.store;

import io.weirkeeper.core.pipeline.PipelineRecord;

/** What {@link PipelineStore#reload} found. */
public sealed interface ReloadResult {

  /**
   * The row, at a revision raised by the reload itself: no write that was sent before can land any
   * more.
   *
   * @param pipeline the row
   */
  record Reloaded(PipelineRecord pipeline) implements ReloadResult {}

  /** The guard no longer holds. */
  record NotOwner() implements ReloadResult {}

  /** There is no such row in the guard's shard. */
  record RowGone() implements ReloadResult {}
}
