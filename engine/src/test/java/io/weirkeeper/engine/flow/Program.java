package io.weirkeeper.engine.flow;

import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.core.plan.ColumnType;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.SourcePosition;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Builds plans by hand: columns are written as {@code "name FLINK_TYPE"}. */
public final class Program {

  private final List<TablePlan> tables = new ArrayList<>();
  private final List<ViewPlan> views = new ArrayList<>();

  /** A table without a primary key. */
  public Program table(String name, String... columns) {
    tables.add(new TablePlan(name, false, false, false, columns(columns), null));
    return this;
  }

  /** A materialized table without a primary key. */
  public Program materializedTable(String name, String... columns) {
    tables.add(new TablePlan(name, false, true, false, columns(columns), null));
    return this;
  }

  /** An append-only table. */
  public Program appendOnlyTable(String name, String... columns) {
    tables.add(new TablePlan(name, false, false, true, columns(columns), null));
    return this;
  }

  /** A materialized table whose first column is its primary key. */
  public Program keyedTable(String name, String... columns) {
    List<ColumnPlan> plans = columns(columns);
    tables.add(new TablePlan(name, false, true, false, plans, List.of(plans.get(0).name())));
    return this;
  }

  /** An output view. */
  public Program view(String name, String sql, String... columns) {
    return view(name, ViewPlan.Kind.PLAIN, sql, columns);
  }

  /** A view of any kind. */
  public Program view(String name, ViewPlan.Kind kind, String sql, String... columns) {
    views.add(
        new ViewPlan(name, false, kind, columns(columns), sql, new SourcePosition(1, 1, 1, 1)));
    return this;
  }

  /** The plan. */
  public PipelinePlan plan() {
    return new PipelinePlan(PipelinePlan.FORMAT_VERSION, tables, views);
  }

  private static List<ColumnPlan> columns(String... columns) {
    return Arrays.stream(columns).map(Program::column).toList();
  }

  /** A column from {@code "name FLINK_TYPE"}. */
  public static ColumnPlan column(String column) {
    String[] parts = column.split(" ", 2);
    String type = parts[1].replace(" NOT NULL", "");
    boolean nullable = !parts[1].endsWith(" NOT NULL");
    int bracket = type.indexOf('(');
    String base = bracket < 0 ? type : type.substring(0, bracket);
    String wire =
        switch (base) {
          case "INT" -> "INTEGER";
          case "STRING" -> "VARCHAR";
          case "BYTES" -> "VARBINARY";
          case "FLOAT" -> "REAL";
          case "TIMESTAMP_LTZ" -> "TIMESTAMP_TZ";
          default -> base;
        };
    Long precision = null;
    Long scale = null;
    if (wire.equals("DECIMAL")) {
      String[] digits = type.substring(bracket + 1, type.length() - 1).split(",");
      precision = Long.valueOf(digits[0].strip());
      scale = Long.valueOf(digits[1].strip());
    }
    ColumnType columntype =
        base.startsWith("ARRAY<") || base.startsWith("ROW<") || base.startsWith("MAP<")
            ? nested(type, nullable)
            : new ColumnType(wire, nullable, precision, scale, null, null, null, null);
    return new ColumnPlan(parts[0], false, columntype, parts[1], null);
  }

  private static ColumnType nested(String type, boolean nullable) {
    String inner = type.substring(type.indexOf('<') + 1, type.length() - 1);
    if (type.startsWith("ARRAY<")) {
      return new ColumnType(
          "ARRAY", nullable, null, null, column("e " + inner).columntype(), null, null, null);
    }
    String[] parts = inner.split(", ");
    if (type.startsWith("MAP<")) {
      return new ColumnType(
          "MAP",
          nullable,
          null,
          null,
          null,
          null,
          column("k " + parts[0]).columntype(),
          column("v " + parts[1]).columntype());
    }
    List<ColumnType.Field> fields =
        Arrays.stream(parts)
            .map(Program::column)
            .map(c -> new ColumnType.Field(c.name(), false, c.columntype()))
            .toList();
    return new ColumnType("STRUCT", nullable, null, null, null, fields, null, null);
  }
}
