package io.weirkeeper.core.monitor;

import java.util.Objects;

/**
 * What a check of a part found.
 *
 * @param healthy whether the part does its work
 * @param text what it said, in words
 */
public record Probe(boolean healthy, String text) {
  /** Refuses a missing text. */
  public Probe {
    Objects.requireNonNull(text, "text");
  }
}
