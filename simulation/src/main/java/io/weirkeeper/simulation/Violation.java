package io.weirkeeper.simulation;

/** A law was broken. */
public final class Violation extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** A violation; the message says which law, and by what. */
  public Violation(String message) {
    super(message);
  }
}
