package io.weirkeeper.verticles.actor;

import io.vertx.core.Future;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.pipeline.LifecycleInput;
import io.weirkeeper.core.pipeline.PipelineRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends processes and removes storage; tried again until it is done. */
final class Removal {
  private static final Logger LOG = LoggerFactory.getLogger(Removal.class);

  private final PipelinePorts ports;
  private final Self self;
  private long killing;
  private long removing;
  private long toldNumber;
  private long toldNanos;

  Removal(PipelinePorts ports, Self self) {
    this.ports = ports;
    this.self = self;
  }

  /** Ends the process of the present deployment and proves that it is gone. */
  Future<Void> end() {
    PipelineRecord pipeline = self.pipeline();
    ProcessReport report = pipeline.deployment().process();
    return TimeLimit.of(
        ports.timers(),
        ports.settings().killLimit(),
        "the end of the process",
        // A host that is being closed throws.
        Future.succeededFuture()
            .compose(
                now ->
                    report == null
                        ? ports.host().killUnrecorded(pipeline.id(), pipeline.deployment().number())
                        : ports.host().kill(report)));
  }

  /** Ends the process of a deployment, reports that it is gone. */
  void kill(long number) {
    if (killing == number) {
      return;
    }
    killing = number;
    end()
        .onSuccess(
            done -> {
              killing = 0;
              self.report(new LifecycleInput.ProcessStopped(number));
            })
        .onFailure(
            cause -> {
              killing = 0;
              if (!self.present()) {
                return; // The node is closed; the next one goes on with it.
              }
              LOG.warn(
                  "Pipeline {}: unable to stop (will retry) due to: {}",
                  self.pipeline().id(),
                  cause.toString());
              notStopped(number, cause);
              ports.timers().later(ports.settings().retryDelay(), self::reconcile);
            });
  }

  /** Tells why, but not more often than clients want to hear of it (spec: lifecycle §6). */
  private void notStopped(long number, Throwable cause) {
    long now = ports.timers().nanos();
    boolean soon =
        toldNumber == number && now - toldNanos < ports.settings().stopDetailsInterval().toNanos();
    if (!soon) {
      toldNumber = number;
      toldNanos = now;
      self.report(new LifecycleInput.StopFailed(number, String.valueOf(cause.getMessage())));
    }
  }

  /** Removes the storage below a generation, reports that it is gone. */
  void removeStorage(long belowGeneration) {
    if (removing == belowGeneration) {
      return;
    }
    String home = self.pipeline().storage().host();
    if (home != null && !home.equals(ports.host().hostId())) {
      // Nothing here to remove, and Cleared would be a lie (SAFETY rule 2).
      LOG.error(
          "Pipeline {}: its storage is on host {}, so host {} cannot clear it",
          self.pipeline().id(),
          home,
          ports.host().hostId());
      return;
    }
    removing = belowGeneration;
    TimeLimit.of(
            ports.timers(),
            ports.settings().removalLimit(),
            "the removal of the storage",
            ports.host().removeStorage(self.pipeline().id(), belowGeneration))
        .onSuccess(
            done -> {
              removing = 0;
              self.report(new LifecycleInput.StorageRemoved(belowGeneration - 1));
            })
        .onFailure(
            cause -> {
              removing = 0;
              if (!self.present()) {
                return;
              }
              LOG.warn(
                  "Pipeline {}: unable to clear (will retry) due to: {}",
                  self.pipeline().id(),
                  cause.toString());
              ports.timers().later(ports.settings().retryDelay(), self::reconcile);
            });
  }

  /** Removes the files of a deleted pipeline. */
  void removeFiles() {
    ports
        .host()
        .removePipeline(self.pipeline().id())
        .onFailure(
            cause ->
                LOG.warn(
                    "Files of deleted pipeline {} remain: {}",
                    self.pipeline().id(),
                    cause.toString()));
  }
}
