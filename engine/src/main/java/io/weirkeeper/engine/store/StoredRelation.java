package io.weirkeeper.engine.store;

import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.engine.flow.CellType;
import io.weirkeeper.engine.flow.RelationChanges;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.table.data.RowData;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/**
 * One relation in DuckDB, log-structured: a base table with the rows, a log of later changes (row,
 * weight), and a view of the relation's name over the base. Changes are appended to the log, which
 * is fast, and folded into the base when a query is about to read it or the log has grown. Not
 * thread-safe: the store's write lock guards it.
 */
final class StoredRelation {

  /** Schema of the base tables and logs; queries see the views in {@code main}. */
  static final String SCHEMA = "weirkeeper";

  /** A log of at least this part of the base is folded by writing the base anew. */
  private static final int REWRITE_FRACTION = 4;

  private static final long MIN_ROWS_TO_REWRITE = 10_000;

  private final String name;
  private final int number;
  private final List<String> columnNames;
  private final List<CellType> declaredTypes;
  private final String columns;
  private int generation;
  private long baseRows;
  private long deletedRows;
  private long logRows;

  StoredRelation(String name, int number, List<ColumnPlan> columnPlans) {
    this.name = name;
    this.number = number;
    this.columnNames = columnPlans.stream().map(ColumnPlan::name).toList();
    this.declaredTypes = columnPlans.stream().map(CellType::of).toList();
    this.columns =
        IntStream.range(0, columnNames.size())
            .mapToObj(i -> "c" + i)
            .collect(Collectors.joining(", "));
  }

  String name() {
    return name;
  }

  /** The table with the rows, which changes its name when it is written anew. */
  String base() {
    return "base_%d_%d".formatted(number, generation);
  }

  private String log() {
    return "log_" + number;
  }

  private static String in(String table) {
    return SCHEMA + "." + table;
  }

  private String columnDefinitions() {
    return IntStream.range(0, declaredTypes.size())
        .mapToObj(i -> "c" + i + " " + DuckType.of(declaredTypes.get(i)))
        .collect(Collectors.joining(", "));
  }

  void create(Statement statement) throws SQLException {
    statement.execute("CREATE TABLE %s(%s)".formatted(in(base()), columnDefinitions()));
    createLog(statement);
    createView(statement);
  }

  private void createLog(Statement statement) throws SQLException {
    statement.execute("CREATE TABLE %s(%s, w INTEGER)".formatted(in(log()), columnDefinitions()));
  }

  private void createView(Statement statement) throws SQLException {
    String selected =
        IntStream.range(0, columnNames.size())
            .mapToObj(i -> "c" + i + " AS " + DuckType.quote(columnNames.get(i)))
            .collect(Collectors.joining(", "));
    statement.execute(
        "CREATE OR REPLACE VIEW main.%s AS SELECT %s FROM %s"
            .formatted(DuckType.quote(name), selected, in(base())));
  }

  /** Appends changes inside the running transaction. */
  void append(DuckDBConnection connection, List<RelationChanges> pending) throws SQLException {
    boolean insertsOnly = logRows == 0;
    for (RelationChanges changes : pending) {
      for (int weight : changes.weights()) {
        insertsOnly &= weight > 0;
      }
    }
    try (DuckDBAppender appender =
        connection.createAppender(SCHEMA, insertsOnly ? base() : log())) {
      for (RelationChanges changes : pending) {
        DuckType.Writer[] writers = writers(changes.relation().types());
        for (int i = 0; i < changes.weights().length; i++) {
          RowData row = changes.rows().get(i);
          int weight = changes.weights()[i];
          int copies = insertsOnly ? weight : 1;
          for (int copy = 0; copy < copies; copy++) {
            appender.beginRow();
            for (DuckType.Writer writer : writers) {
              writer.write(appender, row);
            }
            if (!insertsOnly) {
              appender.append(weight);
            }
            appender.endRow();
          }
          if (insertsOnly) {
            baseRows += copies;
          } else {
            logRows++;
          }
        }
      }
      appender.flush();
    }
  }

  private static DuckType.Writer[] writers(List<CellType> types) {
    DuckType.Writer[] writers = new DuckType.Writer[types.size()];
    for (int i = 0; i < writers.length; i++) {
      writers[i] = DuckType.writer(types.get(i), i);
    }
    return writers;
  }

  /** Whether the log has outgrown the base, so that folding it now saves memory and later time. */
  boolean overgrown(long minimum) {
    return logRows > minimum && logRows > baseRows;
  }

  /** Folds the log into the base inside the running transaction. */
  void fold(Statement statement) throws SQLException {
    if (logRows == 0) {
      return;
    }
    boolean rewrite =
        logRows * REWRITE_FRACTION > baseRows && baseRows > MIN_ROWS_TO_REWRITE
            || deletedRows > baseRows && deletedRows > MIN_ROWS_TO_REWRITE
            || baseRows == 0;
    if (rewrite) {
      rewrite(statement);
    } else {
      merge(statement);
    }
    statement.execute("DROP TABLE " + in(log()));
    createLog(statement);
    logRows = 0;
  }

  private void rewrite(Statement statement) throws SQLException {
    String old = base();
    generation++;
    statement.execute("CREATE TABLE %s(%s)".formatted(in(base()), columnDefinitions()));
    baseRows =
        statement.executeLargeUpdate(
            """
            INSERT INTO %1$s SELECT %2$s FROM (
              SELECT %2$s, UNNEST(range(w)) FROM (
                SELECT %2$s, SUM(w)::BIGINT AS w FROM (
                  SELECT %2$s, 1 AS w FROM %3$s UNION ALL SELECT %2$s, w FROM %4$s)
                GROUP BY %2$s HAVING SUM(w) > 0))
            """
                .formatted(in(base()), columns, in(old), in(log())));
    deletedRows = 0;
    createView(statement);
    statement.execute("DROP TABLE " + in(old));
  }

  private void merge(Statement statement) throws SQLException {
    statement.execute(
        """
        CREATE OR REPLACE TEMP TABLE net AS
        SELECT %1$s, SUM(w)::BIGINT AS w FROM %2$s GROUP BY %1$s HAVING SUM(w) <> 0
        """
            .formatted(columns, in(log())));
    String sameRow =
        IntStream.range(0, columnNames.size())
            .mapToObj(i -> "b.c%1$d IS NOT DISTINCT FROM n.c%1$d".formatted(i))
            .collect(Collectors.joining(" AND "));
    // Of |w| equal rows it does not matter which go.
    long deleted =
        statement.executeLargeUpdate(
            """
            DELETE FROM %1$s WHERE rowid IN (
              SELECT r FROM (
                SELECT b.rowid AS r, n.w AS w,
                    row_number() OVER (PARTITION BY n.rowid) AS copy
                FROM %1$s b JOIN (SELECT rowid, * FROM net WHERE w < 0) n ON %2$s)
              WHERE copy <= -w)
            """
                .formatted(in(base()), sameRow));
    long inserted =
        statement.executeLargeUpdate(
            """
            INSERT INTO %1$s SELECT %2$s FROM (
              SELECT %2$s, UNNEST(range(w)) FROM net WHERE w > 0)
            """
                .formatted(in(base()), columns));
    baseRows += inserted - deleted;
    deletedRows += deleted;
    statement.execute("DROP TABLE temp.net");
  }

  /**
   * Copies rows and log to another database; runs on a connection of its own, whose transaction
   * decides what it sees.
   *
   * @param source {@link #base} when that transaction began
   */
  void save(Statement statement, String source, String target) throws SQLException {
    statement.execute(
        "CREATE TABLE %s.%s AS SELECT * FROM %s".formatted(target, saved("rows"), in(source)));
    statement.execute(
        "CREATE TABLE %s.%s AS SELECT * FROM %s".formatted(target, saved("log"), in(log())));
  }

  /** Takes over what was saved, into the empty relation. */
  void restore(Statement statement, String source) throws SQLException {
    baseRows =
        statement.executeLargeUpdate(
            "INSERT INTO %s SELECT * FROM %s.%s".formatted(in(base()), source, saved("rows")));
    logRows =
        statement.executeLargeUpdate(
            "INSERT INTO %s SELECT * FROM %s.%s".formatted(in(log()), source, saved("log")));
  }

  /** By the name, because another program may have other numbers. */
  private String saved(String what) {
    return DuckType.quote(what + " " + name);
  }

  /** Deletes all rows inside the running transaction. */
  void clear(Statement statement) throws SQLException {
    statement.execute("DELETE FROM " + in(base()));
    statement.execute("DELETE FROM " + in(log()));
    baseRows = 0;
    deletedRows = 0;
    logRows = 0;
  }

  /** Takes back the counters after a transaction that was rolled back. */
  Counters counters() {
    return new Counters(generation, baseRows, deletedRows, logRows);
  }

  void restore(Counters counters) {
    generation = counters.generation();
    baseRows = counters.baseRows();
    deletedRows = counters.deletedRows();
    logRows = counters.logRows();
  }

  record Counters(int generation, long baseRows, long deletedRows, long logRows) {}

  /** Changes that wait to be appended. */
  static final class Pending {
    final List<RelationChanges> changes = new ArrayList<>();
    long rows;

    void add(RelationChanges more) {
      changes.add(more);
      rows += more.weights().length;
    }
  }
}
