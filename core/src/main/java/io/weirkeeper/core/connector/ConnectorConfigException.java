package io.weirkeeper.core.connector;

/** A connector's configuration that can't be used; the message names the option. */
public final class ConnectorConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String errorCode;

  /**
   * @param errorCode one of the {@code ConfigError} codes of the spec (pipeline-protocol §2)
   */
  public ConnectorConfigException(String errorCode, String message) {
    super(message, null, false, false);
    this.errorCode = errorCode;
  }

  /** The error code that clients see. */
  public String errorCode() {
    return errorCode;
  }
}
