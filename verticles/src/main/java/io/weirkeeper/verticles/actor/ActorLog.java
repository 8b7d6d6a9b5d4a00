package io.weirkeeper.verticles.actor;

import io.weirkeeper.core.pipeline.PipelineRecord;
import java.time.Instant;

/** The log of a pipeline (spec: lifecycle §9). */
public interface ActorLog {
  /** A line of the controller itself, for example about a transition. */
  void controller(Instant now, String level, String text, PipelineRecord pipeline);

  /** Takes in what a deployment's process prints, from now on; repeated calls do nothing. */
  void follow(long deploymentNumber);

  /** Takes in what the process has printed until now, and no more. */
  void unfollow();

  /** The log ends with the pipeline, or with this node's say over it. */
  void end();
}
