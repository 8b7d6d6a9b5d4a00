package io.weirkeeper.compiler.program;

import io.weirkeeper.core.plan.SourcePosition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The program as the user wrote it, addressable by offset and by line and column. Lines end at
 * {@code \n}, {@code \r} or {@code \r\n}; columns count UTF-16 units from 1, as Calcite's parser
 * counts.
 */
public final class SourceText {

  /** Source lines that a snippet shows at most. */
  static final int MAX_SNIPPET_LINES = 12;

  private final String text;
  private final int[] lineStarts;

  /** Wraps a program. */
  public SourceText(String text) {
    this.text = text;
    List<Integer> starts = new ArrayList<>();
    starts.add(0);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean pair = c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n';
      if ((c == '\n' || c == '\r') && !pair) {
        starts.add(i + 1);
      }
    }
    lineStarts = starts.stream().mapToInt(Integer::intValue).toArray();
  }

  /** The whole text. */
  public String text() {
    return text;
  }

  /** The text from an offset up to, and without, another. */
  public String slice(int start, int end) {
    return text.substring(start, end);
  }

  /** The position of the characters from {@code start} up to, and without, {@code end}. */
  public SourcePosition position(int start, int end) {
    int last = Math.max(start, end - 1);
    int startLine = lineOf(start);
    int endLine = lineOf(last);
    return new SourcePosition(
        startLine + 1,
        start - lineStarts[startLine] + 1,
        endLine + 1,
        last - lineStarts[endLine] + 1);
  }

  /** The offset of a line and column, both from 1. */
  public int offset(int line, int column) {
    return lineStarts[line - 1] + column - 1;
  }

  /** How many lines there are. */
  public int lines() {
    return lineStarts.length;
  }

  /**
   * A part of the program as a text of its own in which every character keeps its line and column:
   * what stands before it is blank.
   *
   * @param prefix text to put directly before the part; the part must not stand so early in the
   *     program that there is no room for it
   */
  public String fragment(int start, int end, String prefix) {
    int line = lineOf(start);
    int column = start - lineStarts[line];
    StringBuilder out = new StringBuilder(line + column + end - start);
    boolean sameLine = column >= prefix.length();
    if (!sameLine && line == 0) {
      throw new IllegalArgumentException(
          "No room for '" + prefix + "' before line 1, column " + (column + 1));
    }
    out.append("\n".repeat(sameLine ? line : line - 1));
    if (sameLine) {
      out.append(" ".repeat(column - prefix.length())).append(prefix);
    } else {
      out.append(prefix).append('\n').append(" ".repeat(column));
    }
    return out.append(text, start, end).toString();
  }

  /**
   * The numbered lines of a range with the line before it as context and, when the range is within
   * one line, carets under it (spec: pipeline-protocol §10).
   */
  public String snippet(SourcePosition position) {
    List<String> out = new ArrayList<>();
    int last = Math.min(position.endLine(), lines());
    for (int line = Math.max(1, position.startLine() - 1); line <= last; line++) {
      if (out.size() == MAX_SNIPPET_LINES) {
        out.add("     |...");
        return String.join("\n", out);
      }
      out.add(String.format("%5d|%s", line, line(line)));
    }
    if (position.startLine() == position.endLine() && position.startLine() <= lines()) {
      int width = Math.max(1, position.endColumn() - position.startColumn() + 1);
      out.add(" ".repeat(6 + position.startColumn() - 1) + "^".repeat(width));
    }
    return String.join("\n", out);
  }

  private String line(int line) {
    int start = lineStarts[line - 1];
    int end = line < lineStarts.length ? lineStarts[line] : text.length();
    while (end > start && (text.charAt(end - 1) == '\n' || text.charAt(end - 1) == '\r')) {
      end--;
    }
    return text.substring(start, end);
  }

  private int lineOf(int offset) {
    int found = Arrays.binarySearch(lineStarts, offset);
    return found >= 0 ? found : -found - 2;
  }
}
