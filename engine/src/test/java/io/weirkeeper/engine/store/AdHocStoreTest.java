package io.weirkeeper.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import io.weirkeeper.engine.flow.CellType;
import io.weirkeeper.engine.flow.Program;
import io.weirkeeper.engine.flow.Relation;
import io.weirkeeper.engine.flow.RelationChanges;
import io.weirkeeper.engine.flow.RunningDataflow;
import io.weirkeeper.engine.flow.ViewRow;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.table.data.GenericRowData;
import org.junit.jupiter.api.Test;

class AdHocStoreTest {

  private static final PipelinePlan PLAN =
      new Program()
          .keyedTable("kept", "id BIGINT NOT NULL", "name STRING")
          .table("dropped", "id BIGINT")
          .materializedTable("bag", "x BIGINT", "y DOUBLE")
          .view("plain", "SELECT 1", "x INT")
          .view("hidden", ViewPlan.Kind.LOCAL, "SELECT 1", "x INT")
          .plan();

  private final Relation kept = relation(PLAN.tables().get(0));
  private final Relation bag = relation(PLAN.tables().get(2));

  private static Relation relation(TablePlan table) {
    return new Relation(
        table.name(),
        false,
        Relation.Kind.TABLE,
        true,
        table.columns(),
        table.columns().stream().map(CellType::of).toList(),
        List.of());
  }

  private static RelationChanges changes(Relation relation, Object[][] rows, int... weights) {
    return new RelationChanges(
        relation,
        Arrays.stream(rows)
            .map(
                row -> {
                  GenericRowData data = new GenericRowData(row.length);
                  for (int i = 0; i < row.length; i++) {
                    data.setField(i, relation.types().get(i).toInternal(row[i]));
                  }
                  return (org.apache.flink.table.data.RowData) data;
                })
            .toList(),
        weights);
  }

  private static AdHocStore open() {
    return AdHocStore.open(PLAN, StoreSettings.defaults());
  }

  private static List<List<Object>> rows(AdHocStore store, String sql) throws Exception {
    try (AdHocResult result = store.query(sql)) {
      List<List<Object>> rows = new ArrayList<>();
      for (Optional<Object[]> row = result.next(); row.isPresent(); row = result.next()) {
        rows.add(Arrays.asList(row.get()));
      }
      return rows;
    }
  }

  @Test
  void aQuerySeesEveryPublishedStep() throws Exception {
    try (AdHocStore store = open()) {
      assertThat(store.lastStep()).isEqualTo(-1);
      store.publish(0, List.of());
      assertThat(rows(store, "SELECT * FROM kept")).isEmpty();
      store.publish(1, List.of(changes(kept, new Object[][] {{1L, "a"}, {2L, null}}, 1, 1)));
      assertThat(rows(store, "SELECT * FROM kept ORDER BY id"))
          .containsExactly(List.of(1L, "a"), Arrays.asList(2L, null));
      store.publish(
          2, List.of(changes(kept, new Object[][] {{1L, "a"}, {1L, "b"}, {2L, null}}, -1, 1, -1)));
      assertThat(rows(store, "SELECT id, name FROM kept")).containsExactly(List.of(1L, "b"));
      assertThat(store.lastStep()).isEqualTo(2);
    }
  }

  @Test
  void copiesOfARowAreKeptAsOftenAsTheyCame() throws Exception {
    try (AdHocStore store = open()) {
      store.publish(1, List.of(changes(bag, new Object[][] {{1L, 0.5}, {null, null}}, 3, 2)));
      assertThat(rows(store, "SELECT COUNT(*), COUNT(x) FROM bag"))
          .containsExactly(List.of(5L, 3L));
      store.publish(2, List.of(changes(bag, new Object[][] {{1L, 0.5}, {null, null}}, -1, -2)));
      assertThat(rows(store, "SELECT * FROM bag"))
          .containsExactly(List.of(1L, 0.5), List.of(1L, 0.5));
      store.publish(3, List.of(changes(bag, new Object[][] {{1L, 0.5}}, 2)));
      assertThat(rows(store, "SELECT COUNT(*) FROM bag")).containsExactly(List.of(4L));
    }
  }

  @Test
  void theContentsEqualARecomputationOverManyStepsOfAllSizes() throws Exception {
    Random random = new Random(7);
    Map<ViewRow, Integer> expected = new TreeMap<>();
    try (AdHocStore store = open()) {
      for (int step = 1; step <= 60; step++) {
        int size = step % 10 == 0 ? 20_000 : 50;
        Map<ViewRow, Integer> step1 = new TreeMap<>();
        for (int i = 0; i < size; i++) {
          ViewRow row = ViewRow.of((long) random.nextInt(30_000), 1.0 * random.nextInt(2));
          boolean remove =
              random.nextInt(3) > 0
                  && expected.getOrDefault(row, 0) + step1.getOrDefault(row, 0) > 0;
          step1.merge(row, remove ? -1 : 1, Integer::sum);
        }
        step1.values().removeIf(w -> w == 0);
        step1.forEach((row, w) -> expected.merge(row, w, Integer::sum));
        expected.values().removeIf(w -> w == 0);
        store.publish(
            step,
            List.of(
                changes(
                    bag,
                    step1.keySet().stream().map(ViewRow::toArray).toArray(Object[][]::new),
                    step1.values().stream().mapToInt(w -> w).toArray())));
        if (step % 7 == 0 || step == 60) {
          Map<ViewRow, Integer> actual = new TreeMap<>();
          rows(store, "SELECT x, y FROM bag")
              .forEach(row -> actual.merge(ViewRow.of(row.toArray()), 1, Integer::sum));
          assertThat(actual).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void aRelationThatIsNotMaterializedIsRefusedByName() {
    try (AdHocStore store = open()) {
      for (String name : List.of("dropped", "plain", "hidden")) {
        assertThatThrownBy(() -> store.query("SELECT * FROM " + name))
            .isInstanceOf(AdHocQueryException.class)
            .hasMessageContaining("materialized")
            .hasMessageContaining(name);
      }
      assertThatThrownBy(() -> store.query("SELECT * FROM nowhere"))
          .isInstanceOf(AdHocQueryException.class)
          .hasMessageContaining("nowhere")
          .hasMessageNotContaining("materialized");
    }
  }

  @Test
  void statementsThatChangeOrReachOutAreRefused() throws Exception {
    try (AdHocStore store = open()) {
      for (String sql :
          List.of(
              "CREATE TABLE x(a INT)",
              "DROP VIEW kept",
              "DELETE FROM kept",
              "UPDATE kept SET name = 'x'",
              "INSERT INTO kept VALUES (1, 'x')",
              "COPY kept TO '/tmp/weirkeeper-should-not-exist'",
              "ATTACH '/tmp/weirkeeper-should-not-exist'",
              "INSTALL httpfs",
              "PRAGMA database_list",
              "SET threads = 1",
              "CALL pragma_version()",
              "SELECT * FROM read_text('/etc/hostname')",
              "PREPARE p AS DELETE FROM kept",
              "EXPLAIN ANALYZE DELETE FROM kept",
              "WITH a AS (SELECT 1) DELETE FROM kept",
              "SELECT 1; SELECT 2",
              "SELECT 1; DROP VIEW kept",
              "SELECT 'unterminated",
              "",
              "SELEC 1")) {
        assertThatThrownBy(() -> store.query(sql).close())
            .as(sql)
            .isInstanceOf(AdHocQueryException.class);
      }
      assertThat(rows(store, "SELECT COUNT(*) FROM kept")).containsExactly(List.of(0L));
    }
  }

  @Test
  void readingStatementsOfAllFormsAreAnswered() throws Exception {
    try (AdHocStore store = open()) {
      store.publish(1, List.of(changes(kept, new Object[][] {{1L, "a;'b"}}, 1)));
      assertThat(rows(store, "-- first\nSELECT name FROM kept /* ; */ ;"))
          .containsExactly(List.of("a;'b"));
      assertThat(rows(store, "VALUES (1), (2)")).containsExactly(List.of(1), List.of(2));
      assertThat(rows(store, "WITH w AS (SELECT id FROM kept) SELECT id + 1 FROM w"))
          .containsExactly(List.of(2L));
      assertThat(rows(store, "PREPARE p AS SELECT id + ? FROM kept; EXECUTE p(5)"))
          .containsExactly(List.of(6L));
      assertThat(rows(store, "EXPLAIN SELECT * FROM kept")).isNotEmpty();
      assertThat(rows(store, "(SELECT 1) UNION ALL (SELECT 2)")).hasSize(2);
      assertThat(rows(store, "SELECT 7 / 2")).containsExactly(List.of(3));
      try (AdHocResult result = store.query("SELECT id, name AS n FROM kept")) {
        assertThat(result.columns())
            .containsExactly(
                new AdHocResult.Column("id", "BIGINT"), new AdHocResult.Column("n", "VARCHAR"));
      }
    }
  }

  @Test
  void anErrorInTheMiddleOfAQueryIsTold() {
    try (AdHocStore store = open()) {
      assertThatThrownBy(() -> store.query("SELECT CAST('a' || range AS INT) FROM range(10)"))
          .isInstanceOf(AdHocQueryException.class)
          .hasMessageContaining("'a0'");
    }
  }

  @Test
  void anInsertIsTakenApart() throws Exception {
    AdHocStatement plain = AdHocStore.parse("insert into Kept values (1, ';')").get(0);
    assertThat(plain.kind()).isEqualTo(AdHocStatement.Kind.INSERT);
    assertThat(plain.target()).isEqualTo("kept");
    assertThat(plain.targetColumns()).isEmpty();
    assertThat(plain.source()).isEqualTo("values (1, ';')");
    AdHocStatement named =
        AdHocStore.parse("INSERT INTO \"Kept\" (Id, \"Na\"\"me\") SELECT 1, 'x'; ").get(0);
    assertThat(named.target()).isEqualTo("Kept");
    assertThat(named.targetColumns()).containsExactly("id", "Na\"me");
    assertThat(named.source()).isEqualTo("SELECT 1, 'x'");
  }

  @Test
  void everyTypeComesBackAsItWentIn() throws Exception {
    PipelinePlan plan =
        new Program()
            .materializedTable(
                "all_types",
                "b BOOLEAN",
                "ti TINYINT",
                "si SMALLINT",
                "i INT",
                "bi BIGINT",
                "r FLOAT",
                "d DOUBLE",
                "de DECIMAL(30, 4)",
                "s STRING",
                "by BYTES",
                "da DATE",
                "t TIME(3)",
                "ts TIMESTAMP(6)",
                "tz TIMESTAMP_LTZ(6)",
                "a ARRAY<INT>",
                "m MAP<STRING, BIGINT>",
                "ro ROW<x INT, y STRING>",
                "ar ARRAY<ROW<x INT, y STRING>>")
            .plan();
    Relation relation = relation(plan.tables().get(0));
    Object[] row = {
      true,
      (byte) -1,
      (short) 300,
      70_000,
      1L << 40,
      1.5f,
      2.5,
      new BigDecimal("12345678901234567890.1250"),
      "ü\u0000z",
      new byte[] {0, -1},
      LocalDate.of(1969, 12, 31),
      LocalTime.of(23, 59, 59, 999_000_000),
      LocalDateTime.of(1969, 7, 20, 20, 17, 40, 123_456_000),
      Instant.parse("2024-02-29T12:00:00.000001Z"),
      Arrays.asList(1, null, 3),
      Map.of("k", 9L),
      ViewRow.of(1, "y"),
      List.of(ViewRow.of(2, null))
    };
    try (AdHocStore store = AdHocStore.open(plan, StoreSettings.defaults())) {
      store.publish(
          1, List.of(changes(relation, new Object[][] {row, new Object[row.length]}, 1, 1)));
      List<List<Object>> found = rows(store, "SELECT * FROM all_types ORDER BY b");
      List<Object> values = new ArrayList<>(found.get(0));
      assertThat((byte[]) values.remove(9)).isEqualTo(row[9]);
      List<Object> expected = new ArrayList<>(Arrays.asList(row));
      expected.remove(9);
      expected.set(15, Map.of("x", 1, "y", "y"));
      Map<String, Object> struct = new java.util.HashMap<>();
      struct.put("x", 2);
      struct.put("y", null);
      expected.set(16, List.of(struct));
      assertThat(values).isEqualTo(expected);
      assertThat(found.get(1)).containsOnlyNulls();
      // And out again.
      store.publish(2, List.of(changes(relation, new Object[][] {row}, -1)));
      assertThat(rows(store, "SELECT COUNT(*) FROM all_types")).containsExactly(List.of(1L));
    }
  }

  @Test
  void aQueryWithoutAFreeSlotAndOneThatTakesTooLongAreStopped() throws Exception {
    StoreSettings strict =
        new StoreSettings(256, 1, 1, Duration.ofMillis(50), Duration.ofMillis(300), null);
    try (AdHocStore store = AdHocStore.open(PLAN, strict)) {
      try (AdHocResult first = store.query("SELECT 1")) {
        assertThat(first.columns()).hasSize(1);
        assertThatThrownBy(() -> store.query("SELECT 1"))
            .isInstanceOf(AdHocQueryException.class)
            .hasMessageContaining("run already");
      }
      assertThatThrownBy(
              () -> rows(store, "SELECT COUNT(*) FROM range(1000000000000) WHERE range % 7 = 3"))
          .isInstanceOf(AdHocQueryException.class)
          .hasMessageContaining("ran out of its time");
      assertThat(rows(store, "SELECT 1")).hasSize(1);
    }
  }

  @Test
  void aQueryThatNeedsMoreMemoryThanThereIsFailsAndLosesNoStep() throws Exception {
    StoreSettings small =
        new StoreSettings(128, 1, 2, Duration.ofSeconds(1), Duration.ofSeconds(30), null);
    try (AdHocStore store = AdHocStore.open(PLAN, small)) {
      store.publish(1, List.of(changes(kept, new Object[][] {{1L, "a"}}, 1)));
      assertThatThrownBy(
              () -> rows(store, "SELECT list(range || 'padding padding') FROM range(100000000)"))
          .isInstanceOf(AdHocQueryException.class)
          .hasMessageContaining("Memory");
      assertThat(rows(store, "SELECT * FROM kept")).containsExactly(List.of(1L, "a"));
    }
  }

  @Test
  void queriesSeeAllRelationsAtTheSameStepWhileStepsRun() throws Exception {
    PipelinePlan plan =
        new Program()
            .keyedTable("account", "id BIGINT NOT NULL", "amount BIGINT")
            .view(
                "total",
                ViewPlan.Kind.MATERIALIZED,
                "SELECT SUM(amount) s, COUNT(*) c FROM account",
                "s BIGINT",
                "c BIGINT NOT NULL")
            .plan();
    try (AdHocStore store = AdHocStore.open(plan, StoreSettings.defaults());
        RunningDataflow running = RunningDataflow.start(plan, RunningDataflow.settings(), store)) {
      AtomicBoolean enough = new AtomicBoolean();
      CompletableFuture<Integer> feeder =
          CompletableFuture.supplyAsync(() -> feedUntil(enough, running));
      int distinct = 0;
      Object before = null;
      for (int query = 0; query < 30; query++) {
        List<Object> row =
            rows(
                    store,
                    "SELECT (SELECT SUM(amount) FROM account), (SELECT COUNT(*) FROM account),"
                        + " (SELECT SUM(s) FROM total), (SELECT COALESCE(SUM(c), 0) FROM total)")
                .get(0);
        assertThat(row.get(0)).isEqualTo(row.get(2));
        assertThat(String.valueOf(row.get(1))).isEqualTo(String.valueOf(row.get(3)));
        distinct += row.equals(before) ? 0 : 1;
        before = row;
      }
      enough.set(true);
      int steps = feeder.get(RunningDataflow.PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(distinct).as("states seen while %d steps ran", steps).isGreaterThan(3);
    }
  }

  private static int feedUntil(AtomicBoolean enough, RunningDataflow running) {
    Random random = new Random(3);
    int steps = 0;
    try {
      while (!enough.get()) {
        running.put(
            "account",
            running.insert("account", (long) random.nextInt(50), (long) steps),
            running.delete("account", (long) random.nextInt(50)));
        running.await("account");
        steps++;
      }
      return steps;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
