package io.weirkeeper.verticles.actor;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.weirkeeper.core.pipeline.Deployment;
import io.weirkeeper.core.pipeline.LifecycleInput.ProcessFate;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ResourcesStatus;

/** Finds out what became of the process that a loaded row names. */
final class Adoption {
  private static final int CHALLENGE_ATTEMPTS = 5;

  private final PipelinePorts ports;
  private final Self self;

  Adoption(PipelinePorts ports, Self self) {
    this.ports = ports;
    this.self = self;
  }

  /** What became of the recorded process; only this host's own evidence counts (SAFETY rule 13). */
  Future<ProcessFate> processFate() {
    PipelineRecord pipeline = self.pipeline();
    Deployment deployment = pipeline.deployment();
    if (pipeline.resources().status() != ResourcesStatus.PROVISIONED
        || deployment.process() == null) {
      return Future.succeededFuture(ProcessFate.NONE);
    }
    if (!ports.host().hostId().equals(deployment.host())) {
      return Future.succeededFuture(ProcessFate.UNKNOWN);
    }
    return ports
        .host()
        .exists(deployment.process())
        .compose(exists -> exists ? challenge(CHALLENGE_ATTEMPTS) : gone(pipeline))
        .otherwise(ProcessFate.UNKNOWN);
  }

  private Future<ProcessFate> gone(PipelineRecord pipeline) {
    return ports
        .host()
        .leftSuspended(pipeline.id(), pipeline.deployment().number())
        .map(suspended -> suspended ? ProcessFate.SUSPENDED : ProcessFate.GONE);
  }

  private Future<ProcessFate> challenge(int attempts) {
    return ports
        .processes()
        .challenge(Targets.of(self.pipeline()))
        .map(same -> same ? ProcessFate.ALIVE : ProcessFate.UNKNOWN)
        .recover(
            cause -> {
              if (attempts <= 1 || !self.present()) {
                return Future.succeededFuture(ProcessFate.UNKNOWN);
              }
              Promise<ProcessFate> again = Promise.promise();
              ports
                  .timers()
                  .later(
                      ports.settings().observeInitializing(),
                      () -> challenge(attempts - 1).onComplete(again));
              return again.future();
            });
  }
}
