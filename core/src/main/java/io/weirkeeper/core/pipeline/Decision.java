package io.weirkeeper.core.pipeline;

import io.weirkeeper.core.api.ApiError;
import java.util.List;

/** What the life cycle decides about an input. */
public sealed interface Decision {

  /** The input is refused; nothing changes. */
  record Rejected(ApiError error) implements Decision {}

  /**
   * Nothing is written.
   *
   * @param effects to be done all the same
   */
  record Unchanged(List<Effect> effects) implements Decision {}

  /**
   * A new state is to be written.
   *
   * @param next the state; its revision is still the old one
   * @param recordEvent whether a row of history belongs to it
   * @param effects to be done after the commit
   * @param then to be decided next, before any other input; null for nothing
   */
  record Changed(
      PipelineRecord next, boolean recordEvent, List<Effect> effects, LifecycleInput then)
      implements Decision {}

  /** The row is to be deleted. */
  record Removed() implements Decision {}
}
