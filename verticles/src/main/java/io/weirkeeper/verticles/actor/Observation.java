package io.weirkeeper.verticles.actor;

import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.pipeline.LifecycleInput;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import java.time.Duration;
import java.util.Optional;

/** Watches the running process: its status by asking, its end by being told. */
final class Observation {
  /** An unchanged status is written anew after this long (spec: lifecycle §2.2). */
  private static final Duration REMAIN_INTERVAL = Duration.ofSeconds(600);

  private final PipelinePorts ports;
  private final Self self;
  private final Leases leases;
  private long observing;
  private long writtenNanos;
  private long writtenVersion;

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
              Optional<LifecycleInput> worth = worthWriting(pipeline, input);
              if (worth.isPresent()) {
                self.report(ignored -> worth.get()).onSuccess(decided -> askLater(number));
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

  /**
   * Mere details are written only so often, and what stays the same is written now and then (spec:
   * lifecycle §2.2).
   */
  private Optional<LifecycleInput> worthWriting(PipelineRecord pipeline, LifecycleInput input) {
    if (!(input instanceof LifecycleInput.ProcessObserved observed)) {
      return Optional.of(input);
    }
    boolean sameStatus =
        observed.status() == pipeline.runtime().status()
            && (observed.desired() == null || observed.desired() == pipeline.runtime().desired());
    if (!sameStatus) {
      return Optional.of(input);
    }
    long age = ports.timers().nanos() - writtenNanos;
    if (age > REMAIN_INTERVAL.toNanos()) {
      return Optional.of(new LifecycleInput.Remain(observed));
    }
    return age > ports.settings().detailsInterval().toNanos()
        ? Optional.of(input)
        : Optional.empty();
  }

  /** Hears of every committed state; renewals of the lease, which show nowhere, don't count. */
  void committed() {
    long version = self.pipeline().versions().refreshVersion();
    if (version != writtenVersion) {
      writtenVersion = version;
      writtenNanos = ports.timers().nanos();
    }
  }
}
