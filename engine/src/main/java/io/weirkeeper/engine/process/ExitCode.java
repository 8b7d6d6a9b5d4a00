package io.weirkeeper.engine.process;

/** Why a pipeline process ended by itself. */
public enum ExitCode {
  /** SIGTERM; or a spare process that nobody needs any more. */
  STOPPED(0),
  /** The deployment on standard input can't be read or used. */
  BAD_DEPLOYMENT(2),
  /** No grant arrived in time (SAFETY rule 1). */
  NO_GRANT(10),
  /** The lease ran out without renewal (SAFETY rule 1). */
  LEASE_LAPSED(11),
  /** Another process holds the storage directory (SAFETY rule 2). */
  STORAGE_LOCKED(12),
  /** The server could not listen, or the report could not be written. */
  NOT_REACHABLE(13),
  /** A spare process could not be warmed up. */
  NOT_WARM(14);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  /** The process's exit status. */
  public int code() {
    return code;
  }
}
