package io.weirkeeper.cluster;

import java.time.Duration;

/**
 * Every time value of ownership, in one place.
 *
 * @param readBound answers are given for at most this long after the last successful poll was sent
 *     (SAFETY rule 7); default 2 s
 * @param sessionLength a node whose renewal counter stood still for this long may be fenced;
 *     default 5 s
 * @param renewal between renewals, each of which is also the poll; default 1 s
 * @param processLease a pipeline process halts itself when its lease was not renewed for this long
 *     (SAFETY rule 1); default 90 s
 * @param hopBudget longest wait for an answer inside or between nodes; default 500 ms
 */
public record ClusterTimings(
    Duration readBound,
    Duration sessionLength,
    Duration renewal,
    Duration processLease,
    Duration hopBudget) {

  /** The defaults. */
  public static final ClusterTimings DEFAULTS =
      new ClusterTimings(
          Duration.ofSeconds(2),
          Duration.ofSeconds(5),
          Duration.ofSeconds(1),
          Duration.ofSeconds(90),
          Duration.ofMillis(500));

  /** Refuses values that contradict each other. */
  public ClusterTimings {
    if (renewal.isNegative() || renewal.isZero()) {
      throw new IllegalArgumentException("renewal must be positive, found " + renewal);
    }
    if (readBound.compareTo(renewal) <= 0) {
      throw new IllegalArgumentException(
          "readBound must be longer than renewal ("
              + renewal
              + "), or no read is ever valid; found "
              + readBound);
    }
    if (sessionLength.compareTo(readBound) <= 0) {
      throw new IllegalArgumentException(
          "sessionLength must be longer than readBound ("
              + readBound
              + "), or a fenced node still answers; found "
              + sessionLength);
    }
  }
}
