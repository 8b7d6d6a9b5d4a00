package io.weirkeeper.engine.checkpoint;

/** A pipeline can't go on from what its storage holds, or can't write a checkpoint there. */
public final class CheckpointException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /** What kind of trouble it is. */
  public enum Reason {
    /** The program is not the one that the state belongs to. */
    PROGRAM_CHANGED,
    /** Files are missing, damaged or of an unknown version. */
    UNREADABLE,
    /** Files can't be written. */
    UNWRITABLE
  }

  /** With a message for people. */
  public CheckpointException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** What kind of trouble it is. */
  public Reason reason() {
    return reason;
  }
}
