package io.weirkeeper.engine.store;

/** A query that could not be answered; the message is for the user (spec: pipeline-protocol §6). */
public class AdHocQueryException extends Exception {

  private static final long serialVersionUID = 1L;

  /** With the text for the user. */
  public AdHocQueryException(String message) {
    super(message);
  }

  /** With the text for the user and where it came from. */
  public AdHocQueryException(String message, Throwable cause) {
    super(message, cause);
  }
}
