package io.weirkeeper.verticles.actor;

import io.vertx.core.Future;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.pipeline.Intent;
import io.weirkeeper.core.pipeline.LifecycleInput;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import java.time.Duration;
import java.util.Optional;

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
        .compose(gone -> ports.host().leftSuspended(self.pipeline().id(), number))
        .onSuccess(suspended -> processGone(number, suspended));
    leases.keep(number);
    ask(number);
  }

  private void processGone(long number, boolean suspended) {
    if (self.live(number) && suspended) {
      self.report(new LifecycleInput.ProcessSuspended(number));
    } else if (self.live(number)) {
      self.report(
          new LifecycleInput.ProcessDied(
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
    // A command that is under way may not have reached the process yet.
    Optional<Intent> noted = self.commanding() ? Optional.empty() : Intent.of(asked);
    ports
        .processes()
        .status(Targets.of(asked))
        .onComplete(
            answer -> {
              PipelineRecord pipeline = self.pipeline();
              Duration grace = ports.settings().grace();
              LifecycleInput seen =
                  answer.succeeded()
                      ? StatusReading.answered(
                          pipeline, number, answer.result(), grace, ports.clock().instant())
                      : StatusReading.unanswered(
                          pipeline, number, answer.cause(), grace, ports.clock().instant());
              if (suspendsTooLong(pipeline) && !isSuspended(seen)) {
                ports
                    .host()
                    .leftSuspended(pipeline.id(), number)
                    .onSuccess(suspended -> suspendOver(number, suspended));
                return;
              }
              noted
                  .filter(intent -> doesOtherwise(seen, intent))
                  .ifPresent(
                      intent ->
                          self.report(new LifecycleInput.Withdraw(number, intent.revision())));
              record(pipeline, seen).onSuccess(done -> askLater(number));
            });
  }

  private static boolean isSuspended(LifecycleInput input) {
    return input instanceof LifecycleInput.ProcessObserved observed
        && observed.status() == RuntimeStatus.SUSPENDED;
  }

  /** A process that runs and wants something else has never heard of what was noted for it. */
  private static boolean doesOtherwise(LifecycleInput input, Intent noted) {
    return input instanceof LifecycleInput.ProcessObserved observed
        && (observed.desired() == RuntimeStatus.RUNNING
            || observed.desired() == RuntimeStatus.PAUSED)
        && observed.desired() != noted.desired();
  }

  /** The process gives up before this; so it hangs (spec: lifecycle §12). */
  private boolean suspendsTooLong(PipelineRecord pipeline) {
    return pipeline.runtime().desired() == RuntimeStatus.SUSPENDED
        && pipeline.runtime().status() != RuntimeStatus.SUSPENDED
        && Duration.between(pipeline.runtime().desiredSince(), ports.clock().instant())
                .compareTo(ports.settings().suspendLimit())
            > 0;
  }

  private void suspendOver(long number, boolean suspended) {
    self.report(
        suspended
            ? new LifecycleInput.ProcessSuspended(number)
            : new LifecycleInput.DeploymentFailed(
                number,
                ApiErrors.runnerCheckError(
                    "the pipeline was asked to suspend and has not done so within %s s; it is"
                            .formatted(ports.settings().suspendLimit().toSeconds())
                        + " stopped. It goes on from its last checkpoint when it is started"
                        + " again")));
  }

  private void askLater(long number) {
    Duration delay =
        self.pipeline().runtime().status() == RuntimeStatus.INITIALIZING
            ? ports.settings().observeInitializing()
            : ports.settings().observe();
    ports.timers().later(delay, () -> ask(number));
  }

  /** Reports what is worth a write; nobody hears of the rest. */
  private Future<?> record(PipelineRecord pipeline, LifecycleInput input) {
    return isNews(pipeline, input) || sinceWritten() >= detailsInterval()
        ? self.report(now -> timely(now, input))
        : Future.succeededFuture();
  }

  /**
   * An input as it may be written now: another status at once, mere details only so often, and now
   * and then that nothing changed (spec: lifecycle §2.2).
   */
  LifecycleInput timely(PipelineRecord pipeline, LifecycleInput input) {
    if (!(input instanceof LifecycleInput.ProcessObserved observed) || isNews(pipeline, observed)) {
      return input;
    }
    long unwritten = sinceWritten();
    if (unwritten >= ports.settings().detailsMaxInterval().toNanos()) {
      writtenNanos = ports.timers().nanos();
      return observed.due();
    }
    return unwritten >= detailsInterval()
        ? observed
        : new LifecycleInput.ProcessObserved(
            observed.number(),
            observed.status(),
            pipeline.runtime().details(),
            observed.desired(),
            null);
  }

  private long sinceWritten() {
    return ports.timers().nanos() - writtenNanos;
  }

  private long detailsInterval() {
    return ports.settings().detailsInterval().toNanos();
  }

  /** Whether an input tells more than mere details. */
  static boolean isNews(PipelineRecord pipeline, LifecycleInput input) {
    return !(input instanceof LifecycleInput.ProcessObserved observed)
        || observed.status() != pipeline.runtime().status()
        || observed.status() == RuntimeStatus.SUSPENDED
        || (observed.desired() != null && observed.desired() != pipeline.runtime().desired());
  }

  /** Hears of every committed state. */
  void committed(PipelineRecord before, PipelineRecord next) {
    if (!before.runtime().equals(next.runtime())) {
      writtenNanos = ports.timers().nanos();
    }
  }
}
