package io.weirkeeper.verticles.actor;

import io.weirkeeper.core.pipeline.Decision;
import io.weirkeeper.core.pipeline.LifecycleInput;
import io.weirkeeper.core.pipeline.PipelineRecord;
import java.time.Instant;

/** The rules of a pipeline: {@link io.weirkeeper.core.pipeline.Lifecycle#decide}. */
@FunctionalInterface
public interface Rules {
  /** Decides what an input does to a pipeline; pure. */
  Decision decide(PipelineRecord pipeline, LifecycleInput input, Instant now);
}
