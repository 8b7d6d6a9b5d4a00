package io.weirkeeper.engine.process;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The bordered table of a text answer (spec §6). The first rows set the widths of the columns; a
 * later, wider cell stands out of line, so that any number of rows takes bounded memory.
 */
final class TextTable {
  private final List<String> header;
  private final int[] widths;
  private List<String[]> waiting = new ArrayList<>();

  TextTable(List<String> header) {
    this.header = header;
    widths = new int[header.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = width(header.get(i));
    }
  }

  /** Takes a row; returns text that is ready, empty while widths are still open. */
  String add(List<String> cells) {
    String[] row = new String[widths.length];
    for (int i = 0; i < row.length; i++) {
      row[i] = cut(cells.get(i));
    }
    if (waiting == null) {
      StringBuilder line = new StringBuilder();
      line(row, line);
      return line.toString();
    }
    for (int i = 0; i < row.length; i++) {
      widths[i] = Math.max(widths[i], width(row[i]));
    }
    waiting.add(row);
    return waiting.size() < Limits.QUERY_TEXT_ROWS ? "" : head();
  }

  /** The rest of the table. */
  String end() {
    StringBuilder out = new StringBuilder(waiting == null ? "" : head());
    border(out);
    return out.toString();
  }

  private String head() {
    StringBuilder out = new StringBuilder();
    border(out);
    line(header.toArray(String[]::new), out);
    border(out);
    for (String[] row : waiting) {
      line(row, out);
    }
    waiting = null;
    return out.toString();
  }

  private void border(StringBuilder out) {
    for (int width : widths) {
      out.append('+').append("-".repeat(width + 2));
    }
    out.append("+\n");
  }

  private void line(String[] cells, StringBuilder out) {
    for (int i = 0; i < cells.length; i++) {
      out.append("| ").append(cells[i]);
      out.append(" ".repeat(Math.max(0, widths[i] - width(cells[i])))).append(' ');
    }
    out.append("|\n");
  }

  private static String cut(String cell) {
    if (width(cell) <= Limits.QUERY_TEXT_CELL) {
      return cell;
    }
    return cell.substring(0, cell.offsetByCodePoints(0, Limits.QUERY_TEXT_CELL)) + "...";
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
