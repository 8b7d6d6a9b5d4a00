package io.weirkeeper.core.monitor;

import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * Health of all parts at a time.
 *
 * @param id UUIDv7
 * @param recordedAt time of the check
 * @param api the REST front and its database
 * @param compiler what compiles programs
 * @param runner what runs pipelines
 */
public record ClusterEvent(UUID id, Instant recordedAt, Part api, Part compiler, Part runner) {

  /** Refuses missing parts. */
  public ClusterEvent {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(recordedAt, "recordedAt");
    Objects.requireNonNull(api, "api");
    Objects.requireNonNull(compiler, "compiler");
    Objects.requireNonNull(runner, "runner");
  }

  /**
   * Health of one part.
   *
   * @param status how it is
   * @param selfInfo what it said
   * @param resourcesInfo what is known of what it runs on
   */
  public record Part(PartStatus status, String selfInfo, String resourcesInfo) {
    /** Refuses missing values. */
    public Part {
      Objects.requireNonNull(status, "status");
      Objects.requireNonNull(selfInfo, "selfInfo");
      Objects.requireNonNull(resourcesInfo, "resourcesInfo");
    }
  }

  /** Whether every part works. */
  public boolean allHealthy() {
    return api.status() == PartStatus.HEALTHY
        && compiler.status() == PartStatus.HEALTHY
        && runner.status() == PartStatus.HEALTHY;
  }
}
