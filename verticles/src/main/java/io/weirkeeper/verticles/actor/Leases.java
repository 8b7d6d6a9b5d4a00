package io.weirkeeper.verticles.actor;

import io.weirkeeper.core.pipeline.Deployment;
import io.weirkeeper.core.pipeline.LifecycleInput;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.store.Guard;
import io.weirkeeper.verticles.process.ProcessClient;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the lease of the running process: its end is recorded first, then it is sent (SAFETY rule
 * 1).
 */
final class Leases {
  private static final Logger LOG = LoggerFactory.getLogger(Leases.class);

  private final PipelinePorts ports;
  private final Self self;
  private long granting;

  Leases(PipelinePorts ports, Self self) {
    this.ports = ports;
    this.self = self;
  }

  private Instant leaseEnd() {
    return ports.clock().instant().plus(ports.settings().lease());
  }

  /** Renews at once when little is left, and from now on regularly, as long as it is live. */
  void keep(long number) {
    Instant recorded = self.pipeline().deployment().leaseUntil();
    if (recorded == null || recorded.isBefore(leaseEnd().minus(ports.settings().leaseRenewal()))) {
      renew(number);
    } else {
      renewLater(number);
    }
  }

  private void renewLater(long number) {
    ports
        .timers()
        .later(
            ports.settings().leaseRenewal(),
            () -> {
              if (self.live(number)) {
                renew(number);
              }
            });
  }

  /** The end is computed when the renewal has its turn; the next one waits for this one. */
  private void renew(long number) {
    self.report(now -> new LifecycleInput.RenewLease(number, leaseEnd()))
        .onSuccess(decided -> renewLater(number));
  }

  /**
   * Sends what is left of the recorded lease, until the process takes it; the process must never
   * believe in more than what is recorded.
   */
  void grant(long number) {
    if (granting == number) {
      return;
    }
    PipelineRecord pipeline = self.pipeline();
    Optional<Guard> guard = ports.guards().guard(pipeline.shard());
    Deployment deployment = pipeline.deployment();
    if (guard.isEmpty() || deployment.process() == null || deployment.leaseUntil() == null) {
      return;
    }
    Duration left = Duration.between(ports.clock().instant(), deployment.leaseUntil());
    if (left.isNegative() || left.isZero()) {
      return;
    }
    granting = number;
    ports
        .processes()
        .grant(
            Targets.of(pipeline),
            new ProcessClient.Right(guard.get().epoch(), pipeline.revision()),
            left)
        .onComplete(
            granted -> {
              granting = 0;
              if (granted.succeeded() && granted.result().status() == 200) {
                return;
              }
              LOG.warn(
                  "Pipeline {}: lease of deployment {} was not taken: {}",
                  pipeline.id(),
                  number,
                  granted.failed()
                      ? granted.cause().toString()
                      : Integer.toString(granted.result().status()));
              ports
                  .timers()
                  .later(
                      ports.settings().retryDelay(),
                      () -> {
                        if (self.live(number)) {
                          grant(number);
                        }
                      });
            });
  }
}
