package io.weirkeeper.verticles.actor;

import java.time.Duration;

/**
 * Times and limits of a pipeline's actor.
 *
 * @param lease a process halts itself when it was not granted a lease for this long (SAFETY rule 1)
 * @param leaseRenewal between renewals
 * @param observeInitializing between status requests until the process runs
 * @param observe between status requests afterwards
 * @param grace an unreachable process counts as initializing for this long after it was provisioned
 *     (spec: lifecycle §2.1)
 * @param detailsInterval writes of mere details are at least this far apart (spec: lifecycle §2.2)
 * @param detailsMaxInterval an observation that changes nothing is written all the same after this
 *     long (spec: lifecycle §2.2)
 * @param startTimeout default of {@code provisioning_timeout_secs}
 * @param launchQueueLimit a start waits this long for its turn on the host, on top of its own limit
 * @param killLimit a kill of which nothing is heard for this long is tried again; above the host's
 *     own limit
 * @param removalLimit a removal of storage of which nothing is heard for this long is tried again
 * @param suspendLimit a suspend that is not over after this time is given up
 * @param parkSaveLimit a process that is saving its state gets this long for it when the node stops
 * @param stopDetailsInterval reasons why a stop failed are written at least this far apart (spec:
 *     lifecycle §6)
 * @param retryDelay before a failed effect or write is tried again
 * @param maxInbox requests that wait for one pipeline; more are refused
 */
public record PipelineSettings(
    Duration lease,
    Duration leaseRenewal,
    Duration observeInitializing,
    Duration observe,
    Duration grace,
    Duration detailsInterval,
    Duration detailsMaxInterval,
    Duration startTimeout,
    Duration launchQueueLimit,
    Duration killLimit,
    Duration removalLimit,
    Duration suspendLimit,
    Duration parkSaveLimit,
    Duration stopDetailsInterval,
    Duration retryDelay,
    int maxInbox) {

  /** The defaults; lease and its renewal as in the cluster's timings. */
  public static final PipelineSettings DEFAULTS =
      new PipelineSettings(
          Duration.ofSeconds(90),
          Duration.ofSeconds(30),
          Duration.ofMillis(50),
          Duration.ofSeconds(1),
          Duration.ofSeconds(20),
          Duration.ofSeconds(10),
          Duration.ofSeconds(600),
          Duration.ofSeconds(20),
          Duration.ofMinutes(10),
          Duration.ofSeconds(30),
          Duration.ofMinutes(10),
          Duration.ofSeconds(130),
          Duration.ofSeconds(3),
          Duration.ofSeconds(10),
          Duration.ofSeconds(1),
          256);
}
