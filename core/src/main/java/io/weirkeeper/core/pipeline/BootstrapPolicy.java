package io.weirkeeper.core.pipeline;

/** What to do when the program changed since the checkpoint (spec: lifecycle §6.1). */
public enum BootstrapPolicy implements Status {
  /** {@code Allow}. */
  ALLOW("Allow"),
  /** {@code Reject}. */
  REJECT("Reject"),
  /** {@code AwaitApproval}. */
  AWAIT_APPROVAL("AwaitApproval");

  private final String json;
  private final String column;

  BootstrapPolicy(String json) {
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
  public static BootstrapPolicy ofColumn(String column) {
    return Status.find(values(), column);
  }
}
