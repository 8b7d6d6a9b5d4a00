package io.weirkeeper.core.pipeline;

/** What the pipeline holds of its host (spec: lifecycle §1). */
public enum ResourcesStatus implements Status {
  /** {@code Stopped}. */
  STOPPED("Stopped"),
  /** {@code Provisioning}. */
  PROVISIONING("Provisioning"),
  /** {@code Provisioned}. */
  PROVISIONED("Provisioned"),
  /** {@code Stopping}. */
  STOPPING("Stopping");

  private final String json;
  private final String column;

  ResourcesStatus(String json) {
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
  public static ResourcesStatus ofColumn(String column) {
    return Status.find(values(), column);
  }
}
