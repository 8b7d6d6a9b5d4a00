package io.weirkeeper.verticles.actor;

import io.weirkeeper.core.deploy.ProcessSecret;
import io.weirkeeper.core.pipeline.Deployment;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.verticles.process.ProcessClient;

/** Whom to speak to. */
final class Targets {
  private Targets() {}

  /** The recorded process of a pipeline; there must be one. */
  static ProcessClient.Target of(PipelineRecord pipeline) {
    Deployment deployment = pipeline.deployment();
    return new ProcessClient.Target(
        pipeline.id(),
        deployment.number(),
        ProcessSecret.ofHex(deployment.secret()),
        deployment.process());
  }
}
