package io.weirkeeper.core.pipeline;

/** Whether the pipeline has stored state (spec: lifecycle §3). */
public enum StorageStatus implements Status {
  /** {@code Cleared}. */
  CLEARED("Cleared"),
  /** {@code InUse}. */
  IN_USE("InUse"),
  /** {@code Clearing}. */
  CLEARING("Clearing");

  private final String json;
  private final String column;

  StorageStatus(String json) {
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
  public static StorageStatus ofColumn(String column) {
    return Status.find(values(), column);
  }
}
