package io.weirkeeper.store;

/**
 * A write was sent and its outcome is not known: the connection broke or the answer did not come in
 * time. It may have committed and may still commit. The writer must act on nothing until {@link
 * PipelineStore#reload} has succeeded (SAFETY rule 11).
 */
public final class OutcomeUnknownException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * Creates the exception.
   *
   * @param statement kind of the statement, for example {@code update}
   * @param cause what was seen
   */
  public OutcomeUnknownException(String statement, Throwable cause) {
    super(
        "The outcome of '"
            + statement
            + "' is unknown ("
            + cause
            + "): it may have committed or may still commit. Reload the row before acting on it.",
        cause);
  }
}
