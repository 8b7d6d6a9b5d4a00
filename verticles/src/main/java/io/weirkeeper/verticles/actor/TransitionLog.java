package io.weirkeeper.verticles.actor;

import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import java.time.Instant;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes what changed into the pipeline's log and the controller's (spec: lifecycle §9). */
final class TransitionLog {
  private static final Logger LOG = LoggerFactory.getLogger(TransitionLog.class);

  private final ActorLog log;

  TransitionLog(ActorLog log) {
    this.log = log;
  }

  void committed(Instant now, PipelineRecord before, PipelineRecord next) {
    if (before.resources().status() != next.resources().status()) {
      transition(
          now,
          next,
          "Resources transition: "
              + before.resources().status().json()
              + " -> "
              + next.resources().status().json()
              + " (desired: "
              + next.resources().desired().json()
              + ")");
    }
    if (next.runtime().status() != null && before.runtime().status() != next.runtime().status()) {
      transition(
          now,
          next,
          "Runtime transition: "
              + json(before.runtime().status(), "(none)")
              + " -> "
              + next.runtime().status().json()
              + " (desired: "
              + json(next.runtime().desired(), "null")
              + ")");
    }
    if (before.storage().status() != next.storage().status()) {
      log.controller(
          now,
          "INFO",
          "Storage transition: "
              + before.storage().status().json()
              + " -> "
              + next.storage().status().json(),
          next);
    }
    if (next.deploymentError() != null
        && !Objects.equals(before.deploymentError(), next.deploymentError())) {
      log.controller(now, "ERROR", next.deploymentError().path("message").asText(), next);
    }
  }

  private static String json(RuntimeStatus status, String absent) {
    return status == null ? absent : status.json();
  }

  private void transition(Instant now, PipelineRecord pipeline, String text) {
    log.controller(now, "INFO", text, pipeline);
    LOG.info(
        "{} pipeline={} name={} shard={} deployment={}",
        text,
        pipeline.id(),
        pipeline.name(),
        pipeline.shard(),
        pipeline.deployment().number());
  }
}
