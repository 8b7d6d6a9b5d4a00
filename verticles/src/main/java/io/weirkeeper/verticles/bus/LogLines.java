package io.weirkeeper.verticles.bus;

import java.util.List;

/**
 * What a pipeline's log holds at a moment.
 *
 * @param lines oldest first, without line ends
 */
public record LogLines(List<String> lines) {
  /** Copies the lines. */
  public LogLines {
    lines = List.copyOf(lines);
  }
}
