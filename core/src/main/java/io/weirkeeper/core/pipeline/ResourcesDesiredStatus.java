package io.weirkeeper.core.pipeline;

/** What the user wants the pipeline to hold (spec: lifecycle §1). */
public enum ResourcesDesiredStatus implements Status {
  /** {@code Stopped}. */
  STOPPED("Stopped"),
  /** {@code Provisioned}. */
  PROVISIONED("Provisioned");

  private final String json;
  private final String column;

  ResourcesDesiredStatus(String json) {
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
  public static ResourcesDesiredStatus ofColumn(String column) {
    return Status.find(values(), column);
  }
}
