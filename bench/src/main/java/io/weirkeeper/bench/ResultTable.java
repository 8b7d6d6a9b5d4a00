package io.weirkeeper.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The table that a bench prints; each row is told at once too, because a run takes minutes. */
final class ResultTable {
  private static final List<String> HEAD =
      List.of("figure", "measured", "aim", "verdict", "load", "notes");

  private final PrintStream progress;
  private final List<List<String>> rows = new ArrayList<>();

  ResultTable(PrintStream progress) {
    this.progress = progress;
  }

  /** A figure with an upper bound as its aim. */
  void atMost(String figure, String measured, double value, double aim, String unit, String notes) {
    String bound = "<= " + number(aim) + " " + unit;
    add(figure, measured, bound, value <= aim ? "met" : "MISSED", notes);
  }

  /** A figure with a lower bound as its aim. */
  void atLeast(
      String figure, String measured, double value, double aim, String unit, String notes) {
    String bound = ">= " + number(aim) + " " + unit;
    add(figure, measured, bound, value >= aim ? "met" : "MISSED", notes);
  }

  /** A figure without an aim of its own, or a limit to compare with. */
  void plain(String figure, String measured, String notes) {
    add(figure, measured, "", "", notes);
  }

  private void add(String... cells) {
    List<String> row = new ArrayList<>(List.of(cells));
    row.add(4, String.format(Locale.ROOT, "%.1f", Machine.load()));
    rows.add(row);
    progress.println("  " + row.get(0) + ": " + row.get(1));
  }

  /** A number with the digits that mean something. */
  static String number(double value) {
    if (value >= 10_000) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    if (value >= 100) {
      return String.format(Locale.ROOT, "%.0f", value);
    }
    String text = String.format(Locale.ROOT, value >= 10 ? "%.1f" : "%.2f", value);
    return text.endsWith(".00") ? text.substring(0, text.length() - 3) : text;
  }

  /** Prints everything, in columns. */
  void print(PrintStream out) {
    List<List<String>> all = new ArrayList<>();
    all.add(HEAD);
    all.addAll(rows);
    int[] widths = new int[HEAD.size()];
    for (List<String> row : all) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    boolean head = true;
    for (List<String> row : all) {
      out.println(line(row, widths));
      if (head) {
        StringBuilder rule = new StringBuilder("|");
        for (int width : widths) {
          rule.append("-".repeat(width + 2)).append('|');
        }
        out.println(rule);
        head = false;
      }
    }
  }

  private static String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder("|");
    for (int i = 0; i < widths.length; i++) {
      String cell = row.get(i);
      line.append(' ').append(cell).append(" ".repeat(widths[i] - cell.length())).append(" |");
    }
    return line.toString();
  }
}
