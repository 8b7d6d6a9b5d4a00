package io.weirkeeper.core.api;

/** Carries an {@link ApiError} through code that fails with exceptions. */
public final class ApiException extends RuntimeException {
  private final transient ApiError error;

  ApiException(ApiError error) {
    super(error.code() + ": " + error.message(), null, false, false);
    this.error = error;
  }

  /** The answer to give. */
  public ApiError error() {
    return error;
  }
}
