package io.weirkeeper.engine.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Views of many shapes over tables with and without a key, at parallelism 2: after every step each
 * equals the same query run by DuckDB on the tables as they are.
 */
class SqlRecomputationTest {

  private static final int STEPS = 120;
  private static final int CHANGES_PER_STEP = 15;

  /** SQL that means the same to Flink and to DuckDB, with the types of its columns. */
  private static final Map<String, String[]> VIEWS = new LinkedHashMap<>();

  static {
    view(
        "SELECT u.id, w.id, t.v FROM u JOIN w ON u.k = w.k JOIN t ON t.v = u.v",
        "BIGINT",
        "BIGINT",
        "BIGINT");
    view("SELECT u.id, w.id FROM u FULL JOIN w ON u.k = w.v AND u.v > w.k", "BIGINT", "BIGINT");
    view(
        "SELECT u.id, x.c FROM u LEFT JOIN (SELECT k, COUNT(*) c FROM w GROUP BY k) x"
            + " ON u.v = x.k",
        "BIGINT",
        "BIGINT");
    view(
        "SELECT k, COUNT(DISTINCT v), MIN(v), MAX(v) FROM u GROUP BY k",
        "BIGINT",
        "BIGINT",
        "BIGINT",
        "BIGINT");
    view(
        "SELECT c, COUNT(*) FROM (SELECT k, COUNT(*) c FROM t GROUP BY k) GROUP BY c",
        "BIGINT",
        "BIGINT");
    view("SELECT k, SUM(v) FROM t GROUP BY k HAVING COUNT(*) > 3", "BIGINT", "BIGINT");
    view(
        "SELECT id, k FROM u WHERE EXISTS (SELECT 1 FROM w WHERE w.k = u.k AND w.v > u.v)",
        "BIGINT",
        "BIGINT");
    view("SELECT id FROM u WHERE k NOT IN (SELECT v FROM w WHERE v IS NOT NULL)", "BIGINT");
    view("SELECT k FROM t UNION SELECT k FROM u", "BIGINT");
    view("SELECT k, v FROM t UNION ALL SELECT k, v FROM u", "BIGINT", "BIGINT");
    view("SELECT k FROM t INTERSECT SELECT v FROM u", "BIGINT");
    view("SELECT k FROM t EXCEPT SELECT k FROM w", "BIGINT");
    view("SELECT DISTINCT k, v FROM t", "BIGINT", "BIGINT");
    view(
        "SELECT k, id, v FROM (SELECT k, id, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC,"
            + " id) rn FROM u) WHERE rn <= 2",
        "BIGINT",
        "BIGINT",
        "BIGINT");
    view(
        "SELECT x.id, x.m FROM (SELECT u.id, MAX(w.v) m FROM u JOIN w ON u.k = w.k GROUP BY u.id)"
            + " x JOIN t ON t.v = x.m",
        "BIGINT",
        "BIGINT");
    view(
        "SELECT id, v + 1, CASE WHEN v > 3 THEN k ELSE NULL END FROM u WHERE v IS DISTINCT FROM k",
        "BIGINT",
        "BIGINT",
        "BIGINT");
  }

  private static void view(String sql, String... types) {
    VIEWS.put(sql, types);
  }

  @Test
  void everyViewEqualsTheSameQueryOnTheTablesAfterEveryStep() throws Exception {
    Program program =
        new Program()
            .table("t", "id BIGINT", "k BIGINT", "v BIGINT")
            .keyedTable("u", "id BIGINT NOT NULL", "k BIGINT", "v BIGINT")
            .keyedTable("w", "id BIGINT NOT NULL", "k BIGINT", "v BIGINT");
    List<String> queries = List.copyOf(VIEWS.keySet());
    for (int i = 0; i < queries.size(); i++) {
      String[] types = VIEWS.get(queries.get(i));
      String[] columns = new String[types.length];
      for (int c = 0; c < types.length; c++) {
        columns[c] = "c" + c + " " + types[c];
      }
      program.view("v" + i, queries.get(i), columns);
    }
    Random random = new Random(2024);
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        RunningDataflow running = RunningDataflow.start(program)) {
      for (String table : List.of("t", "u", "w")) {
        execute(duckdb, "CREATE TABLE %s(id BIGINT, k BIGINT, v BIGINT)".formatted(table));
      }
      for (int step = 1; step <= STEPS; step++) {
        running.dataflow.steps().pause();
        for (String table : List.of("t", "u", "w")) {
          running.put(table, changes(random, running, table));
        }
        running.dataflow.steps().resume();
        for (String table : List.of("t", "u", "w")) {
          running.await(table);
          copy(duckdb, table, running.contents(table));
        }
        for (int i = 0; i < queries.size(); i++) {
          assertThat(running.contents("v" + i))
              .as("step %d: %s", step, queries.get(i))
              .isEqualTo(query(duckdb, queries.get(i)));
        }
      }
      assertThat(running.dataflow.steps().counters().completedSteps()).isEqualTo(STEPS);
    }
  }

  private static Change[] changes(Random random, RunningDataflow running, String table) {
    List<Change> changes = new ArrayList<>();
    List<ViewRow> present = new ArrayList<>(running.contents(table).keySet());
    int count = random.nextInt(CHANGES_PER_STEP);
    for (int i = 0; i < count; i++) {
      Long k = random.nextInt(12) == 0 ? null : (long) random.nextInt(8);
      Long v = random.nextInt(12) == 0 ? null : (long) random.nextInt(8);
      if (present.size() > 20 && random.nextInt(5) < 3) {
        ViewRow row = present.get(random.nextInt(present.size()));
        changes.add(running.delete(table, row.get(0), row.get(1), row.get(2)));
      } else {
        changes.add(running.insert(table, (long) random.nextInt(30), k, v));
      }
    }
    return changes.toArray(new Change[0]);
  }

  private static void copy(Connection duckdb, String table, Map<ViewRow, Long> rows)
      throws SQLException {
    execute(duckdb, "DELETE FROM " + table);
    try (PreparedStatement insert =
        duckdb.prepareStatement("INSERT INTO %s VALUES (?, ?, ?)".formatted(table))) {
      for (Map.Entry<ViewRow, Long> row : rows.entrySet()) {
        for (long copy = 0; copy < row.getValue(); copy++) {
          for (int c = 0; c < 3; c++) {
            insert.setObject(c + 1, row.getKey().get(c));
          }
          insert.execute();
        }
      }
    }
  }

  private static Map<ViewRow, Long> query(Connection duckdb, String sql) throws SQLException {
    Map<ViewRow, Long> rows = new TreeMap<>();
    try (Statement statement = duckdb.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      int columns = result.getMetaData().getColumnCount();
      while (result.next()) {
        Object[] values = new Object[columns];
        for (int c = 0; c < columns; c++) {
          values[c] = asLong(result.getObject(c + 1));
        }
        rows.merge(ViewRow.of(values), 1L, Long::sum);
      }
    }
    return rows;
  }

  private static Object asLong(Object value) {
    return value instanceof BigInteger || value instanceof BigDecimal || value instanceof Integer
        ? (Object) ((Number) value).longValue()
        : value;
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
