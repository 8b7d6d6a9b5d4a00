package io.weirkeeper.core.api;

/** Which features the server offers (spec: api-semantics, conventions). */
public enum Edition {
  /** Without fault tolerance, checkpoints and graceful stop. */
  OPEN_SOURCE("Open source"),
  /** With all of them. */
  ENTERPRISE("Enterprise");

  private final String label;

  Edition(String label) {
    this.label = label;
  }

  /** What {@code /v0/config} says. */
  public String label() {
    return label;
  }
}
