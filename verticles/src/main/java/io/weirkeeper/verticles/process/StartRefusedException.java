package io.weirkeeper.verticles.process;

/** A process was not started, or ended before it reported; the message says why and what to do. */
public final class StartRefusedException extends RuntimeException {
  private final boolean timeout;

  /**
   * A refusal.
   *
   * @param message why, and what to do
   * @param timeout whether the process was alive but did not report in time
   */
  public StartRefusedException(String message, boolean timeout) {
    super(message, null, false, false);
    this.timeout = timeout;
  }

  /** Whether the process was alive but did not report in time. */
  public boolean isTimeout() {
    return timeout;
  }
}
