package io.weirkeeper.engine.process;

import java.util.Map;

/** A request that is answered with an error body (spec: pipeline-protocol §2). */
final class ApiError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String errorCode;
  private final transient Object details;

  ApiError(int status, String errorCode, String message) {
    this(status, errorCode, message, Map.of());
  }

  /**
   * @param details anything that Jackson can write
   */
  ApiError(int status, String errorCode, String message, Object details) {
    super(message, null, false, false);
    this.status = status;
    this.errorCode = errorCode;
    this.details = details;
  }

  int status() {
    return status;
  }

  String errorCode() {
    return errorCode;
  }

  Map<String, Object> body() {
    return Map.of("message", getMessage(), "error_code", errorCode, "details", details);
  }

  static ApiError invalidParam(String name, String expected, String found) {
    String shown = found == null || found.length() <= 100 ? found : found.substring(0, 100) + "...";
    return new ApiError(
        400,
        "InvalidParam",
        "Invalid value of '"
            + name
            + "': expected "
            + expected
            + ", found "
            + (found == null ? "none" : "'" + shown + "'"));
  }

  static ApiError notImplemented(String what) {
    return new ApiError(501, "NotImplemented", what + " is not built yet");
  }
}
