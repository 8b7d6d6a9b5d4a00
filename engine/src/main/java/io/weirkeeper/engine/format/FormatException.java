package io.weirkeeper.engine.format;

/** A format, or an option of one, that cannot be used; carries the error code of the API. */
public final class FormatException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String errorCode;

  FormatException(String errorCode, String message) {
    super(message);
    this.errorCode = errorCode;
  }

  /** One of the codes of the spec (pipeline-protocol §2), all with HTTP status 400. */
  public String errorCode() {
    return errorCode;
  }
}
