package io.weirkeeper.verticles.actor;

import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.pipeline.LifecycleInput;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import java.time.Duration;

/** Watches the running process: its status by asking, its end by being told. */
final class Observation {
  private final PipelinePorts ports;
  private final Self self;
  private final Leases leases;
  private long observing;
  private long writtenNanos;

  Observation(PipelinePorts ports, Self self, Leases leases) {
    this.ports = ports;
    this.self = self;
    this.leases = leases;
  }

  /** Watches a deployment from now on, until it is no longer live; once. */
  void observe(long number) {
    if (observing == number || !self.live(number)) {
      return;
    }
    observing = number;
    ports.log().follow(number);
    ports
        .host()
        .whenGone(self.pipeline().deployment().process())
        .onComplete(gone -> processGone(number));
    leases.keep(number);
    ask(number);
  }

  private void processGone(long number) {
    if (self.live(number)) {
      self.report(
          new LifecycleInput.DeploymentFailed(
              number,
              ApiErrors.runnerCheckError(
                  "the pipeline process ended by itself or was killed from outside; its log has its"
                      + " last words. Start the pipeline again")));
    }
  }

  private void ask(long number) {
    if (!self.live(number)) {
      return;
    }
    PipelineRecord asked = self.pipeline();
    ports
        .processes()
        .status(Targets.of(asked))
        .onComplete(
            answer -> {
              PipelineRecord pipeline = self.pipeline();
              Duration grace = ports.settings().grace();
              LifecycleInput input =
                  answer.succeeded()
                      ? StatusReading.answered(
                          pipeline, number, answer.result(), grace, ports.clock().instant())
                      : StatusReading.unanswered(
                          pipeline, number, answer.cause(), grace, ports.clock().instant());
              if (worthWriting(pipeline, input)) {
                self.report(ignored -> input).onSuccess(decided -> askLater(number));
              } else {
                askLater(number);
              }
            });
  }

  private void askLater(long number) {
    Duration delay =
        self.pipeline().runtime().status() == RuntimeStatus.INITIALIZING
            ? ports.settings().observeInitializing()
            : ports.settings().observe();
    ports.timers().later(delay, () -> ask(number));
  }

  /** Mere details are written only so often (spec: lifecycle §2.2). */
  private boolean worthWriting(PipelineRecord pipeline, LifecycleInput input) {
    if (input instanceof LifecycleInput.ProcessObserved observed) {
      boolean sameStatus =
          observed.status() == pipeline.runtime().status()
              && (observed.desired() == null || observed.desired() == pipeline.runtime().desired());
      return !sameStatus
          || ports.timers().nanos() - writtenNanos > ports.settings().detailsInterval().toNanos();
    }
    return true;
  }

  /** Hears of every committed state. */
  void committed() {
    writtenNanos = ports.timers().nanos();
  }
}
