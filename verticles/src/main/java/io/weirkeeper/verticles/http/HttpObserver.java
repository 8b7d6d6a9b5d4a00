package io.weirkeeper.verticles.http;

/**
 * Hears of every request that ended; for metrics. Called on event loops: must not block or throw.
 */
@FunctionalInterface
public interface HttpObserver {
  /** Hears nothing. */
  HttpObserver NONE = (operationId, status, nanos) -> {};

  /** Status of a request whose client went away before the answer was complete. */
  int CLIENT_GONE = 499;

  /**
   * A request ended.
   *
   * @param operationId of the contract, or {@code unknown} for a path that the API doesn't have
   * @param status HTTP status, or {@link #CLIENT_GONE}
   * @param nanos from the end of the request's headers to the end of the answer
   */
  void ended(String operationId, int status, long nanos);
}
