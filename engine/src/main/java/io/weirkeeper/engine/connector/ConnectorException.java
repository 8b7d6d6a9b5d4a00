package io.weirkeeper.engine.connector;

/** A connector that can't be opened; carries the error code of the API. */
public final class ConnectorException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String errorCode;

  /**
   * @param errorCode one of the codes of the spec (pipeline-protocol §2), for example {@code
   *     ConfigError.CyclicDependency}
   */
  ConnectorException(String errorCode, String message) {
    this(errorCode, message, null);
  }

  ConnectorException(String errorCode, String message, Throwable cause) {
    super(message, cause);
    this.errorCode = errorCode;
  }

  /** The error code that clients see. */
  public String errorCode() {
    return errorCode;
  }
}
