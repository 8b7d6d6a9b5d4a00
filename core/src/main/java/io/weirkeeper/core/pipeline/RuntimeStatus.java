package io.weirkeeper.core.pipeline;

/**
 * What the pipeline process says it does (spec: lifecycle §2); also the range of the desired
 * runtime status.
 */
public enum RuntimeStatus implements Status {
  /** {@code Unavailable}. */
  UNAVAILABLE("Unavailable"),
  /** {@code Coordination}. */
  COORDINATION("Coordination"),
  /** {@code Standby}. */
  STANDBY("Standby"),
  /** {@code Initializing}. */
  INITIALIZING("Initializing"),
  /** {@code AwaitingApproval}. */
  AWAITING_APPROVAL("AwaitingApproval"),
  /** {@code Bootstrapping}. */
  BOOTSTRAPPING("Bootstrapping"),
  /** {@code ConcurrentBootstrapping}. */
  CONCURRENT_BOOTSTRAPPING("ConcurrentBootstrapping"),
  /** {@code Synchronizing}. */
  SYNCHRONIZING("Synchronizing"),
  /** {@code Replaying}. */
  REPLAYING("Replaying"),
  /** {@code Paused}. */
  PAUSED("Paused"),
  /** {@code Running}. */
  RUNNING("Running"),
  /** {@code Suspended}. */
  SUSPENDED("Suspended");

  private final String json;
  private final String column;

  RuntimeStatus(String json) {
    this.json = json;
    this.column = Status.snakeCase(json);
  }

  @Override
  public String json() {
    return json;
  }

  @Override
  public String column() {
    return column;
  }

  /**
   * Reads a database value.
   *
   * @throws IllegalArgumentException for a value that this build does not know
   */
  public static RuntimeStatus ofColumn(String column) {
    return Status.find(values(), column);
  }
}
