package io.weirkeeper.conf;

import java.util.Objects;

/** A text that must not be printed. */
public final class Secret {
  private final String value;

  /** Wraps a text. */
  public Secret(String value) {
    this.value = Objects.requireNonNull(value, "value");
  }

  /** The text itself: for the one place that needs it. */
  public String reveal() {
    return value;
  }

  /** Never the text. */
  @Override
  public String toString() {
    return "(hidden)";
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret that && value.equals(that.value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }
}
