package io.weirkeeper.store;

/** A statement that failed for certain: it had no effect. */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Why a statement failed. */
  public enum Reason {
    /** No connection could be had, or the statement read only; try again later. */
    UNAVAILABLE,
    /**
     * PostgreSQL waited for a lock, or worked, longer than the session's timeouts allow; try again.
     */
    TIMED_OUT,
    /** A text holds a NUL character, which PostgreSQL cannot store in text or jsonb. */
    NUL_CHARACTER,
    /** A value breaks a constraint of the schema, or is too large. */
    INVALID_VALUE,
    /** The database is not the one, or not of the history, that it should be (SAFETY rule 3). */
    WRONG_DATABASE,
    /** Any other error: a defect or a damaged database. */
    FAILED
  }

  /** Why. */
  private final Reason reason;

  /**
   * Creates the exception.
   *
   * @param reason why
   * @param message names the statement, what was found and what to do; no row data
   * @param cause what was seen, or null
   */
  public StoreException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** Why the statement failed. */
  public Reason reason() {
    return reason;
  }
}
