package io.weirkeeper.engine.connector;

import static io.weirkeeper.engine.connector.ConnectedDataflow.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.connector.DatagenStrategies;
import io.weirkeeper.core.plan.ConnectorPlan;
import io.weirkeeper.engine.flow.Program;
import io.weirkeeper.engine.flow.ViewRow;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class DatagenTest {

  private static Program table(String... columns) {
    return new Program().materializedTable("t", columns);
  }

  private static ConnectorPlan datagen(String config) {
    return input("t.g", "{'transport': {'name': 'datagen', 'config': " + config + "}}");
  }

  private static ConnectorPlan fields(int limit, String fields) {
    return datagen("{'seed': 1, 'plan': [{'limit': " + limit + ", 'fields': " + fields + "}]}");
  }

  /** The generated rows in the order of their first column, which counts. */
  private static List<ViewRow> rows(Program program, ConnectorPlan connector) {
    try (ConnectedDataflow flow = ConnectedDataflow.start(program, connector)) {
      return flow.complete().rows("t").stream().sorted().toList();
    }
  }

  private static List<Object> column(List<ViewRow> rows, int column) {
    return rows.stream().map(row -> row.get(column)).toList();
  }

  /** The values of a column c beside a counting column n. */
  private static List<Object> values(String type, int limit, String settings) {
    return column(
        rows(table("n BIGINT NOT NULL", "c " + type), fields(limit, "{'c': " + settings + "}")), 1);
  }

  private static ConnectorException refusal(String type, String settings) {
    try {
      values(type, 1, settings);
    } catch (ConnectorException e) {
      return e;
    }
    throw new AssertionError(settings + " was taken");
  }

  @Test
  void withoutSettingsEveryColumnCounts() {
    List<ViewRow> rows =
        rows(
            table("n BIGINT NOT NULL", "s VARCHAR(20)", "d DECIMAL(38,2)", "f DOUBLE", "b BOOLEAN"),
            datagen("{'plan': [{'limit': 3}]}"));
    assertThat(column(rows, 0)).containsExactly(0L, 1L, 2L);
    assertThat(column(rows, 1)).containsExactly("0", "1", "2");
    assertThat(column(rows, 2))
        .usingElementComparator((a, b) -> ((BigDecimal) a).compareTo((BigDecimal) b))
        .containsExactly(BigDecimal.ZERO, BigDecimal.ONE, BigDecimal.valueOf(2));
    assertThat(column(rows, 3)).containsExactly(0.0, 1.0, 2.0);
    assertThat(column(rows, 4)).containsExactly(false, true, false);
  }

  @Test
  void fiveRowsOfOneColumnCountAsFortyBytes() {
    try (ConnectedDataflow flow =
        ConnectedDataflow.start(table("a INT"), datagen("{'plan': [{'limit': 5}]}"))) {
      flow.complete();
      assertThat(flow.in("t.g").endpoint().totalRecords()).isEqualTo(5);
      assertThat(flow.in("t.g").endpoint().totalBytes()).isEqualTo(40);
      assertThat(flow.in("t.g").endOfInput()).isTrue();
    }
  }

  @Test
  void countingWrapsInsideTheRangeAndThroughTheListOfValues() {
    assertThat(values("STRING", 5, "{'values': ['AAPL', 'GOOGL', 'SPY', 'NVDA']}"))
        .containsExactly("AAPL", "GOOGL", "SPY", "NVDA", "AAPL");
    assertThat(values("INT", 4, "{'range': [10, 13], 'scale': 2}")).containsExactly(10, 12, 11, 10);
    assertThat(values("INT", 3, "{'range': [10, 13], 'scale': -1}")).containsExactly(10, 12, 11);
    assertThat(values("TINYINT", 3, "{'scale': -100}"))
        .containsExactly((byte) 0, (byte) -100, (byte) (-200 + 129));
    assertThat(values("TINYINT", 3, "{'scale': 100}"))
        .containsExactly((byte) 0, (byte) 100, (byte) (200 - 128));
    assertThat(values("BIGINT", 3, "{'scale': 9223372036854775807}"))
        .containsExactly(0L, Long.MAX_VALUE, Long.MAX_VALUE - 1);
    assertThat(values("DECIMAL(6,2)", 3, "{'range': [1.5, 3.5]}"))
        .containsExactly(new BigDecimal("1.50"), new BigDecimal("2.50"), new BigDecimal("1.50"));
    assertThat(values("DECIMAL(30,2)", 3, "{'range': [1.5, 3.5]}"))
        .containsExactly(new BigDecimal("1.50"), new BigDecimal("2.50"), new BigDecimal("1.50"));
    assertThat(values("DOUBLE", 3, "{'range': [0, 2]}")).containsExactly(0.0, 1.0, 0.0);
    assertThat(values("STRING", 2, "{'scale': 7}")).containsExactly("0", "7");
  }

  @Test
  void timesCountInTheirUnits() {
    assertThat(
            values(
                "TIMESTAMP(3)",
                3,
                "{'range': ['2024-08-28T00:00:00Z', '2024-08-28T00:00:02Z'], 'scale': 1000}"))
        .containsExactly(
            LocalDateTime.parse("2024-08-28T00:00"),
            LocalDateTime.parse("2024-08-28T00:00:01"),
            LocalDateTime.parse("2024-08-28T00:00"));
    assertThat(values("DATE", 3, "{'range': ['2024-08-28', '2024-08-30']}"))
        .containsExactly(
            LocalDate.parse("2024-08-28"),
            LocalDate.parse("2024-08-29"),
            LocalDate.parse("2024-08-28"));
    assertThat(values("TIME(3)", 3, "{'range': ['00:00:05', '00:00:07'], 'scale': 1000}"))
        .containsExactly(
            LocalTime.parse("00:00:05"), LocalTime.parse("00:00:06"), LocalTime.parse("00:00:05"));
    assertThat(values("DATE", 1, "{'range': [19963, 19965]}"))
        .containsExactly(LocalDate.parse("2024-08-28"));
    assertThat(values("TIMESTAMP(3)", 2, "{'values': ['2024-08-28T00:00:00Z', 1000]}"))
        .containsExactly(
            LocalDateTime.parse("2024-08-28T00:00"), LocalDateTime.parse("1970-01-01T00:00:01"));
  }

  @Test
  void randomValuesStayInTheirRange() {
    assertThat(values("INT", 1000, "{'strategy': 'uniform', 'range': [10, 13]}"))
        .containsOnly(10, 11, 12);
    List<Object> doubles = values("DOUBLE", 100, "{'strategy': 'uniform', 'range': [100, 10000]}");
    assertThat(doubles).allMatch(d -> (Double) d >= 100 && (Double) d < 10000);
    assertThat(doubles).anyMatch(d -> (Double) d != Math.rint((Double) d));
    List<Object> decimals =
        values("DECIMAL(10,2)", 100, "{'strategy': 'uniform', 'range': [100, 10000]}");
    assertThat(decimals)
        .allMatch(
            d ->
                ((BigDecimal) d).compareTo(BigDecimal.valueOf(100)) >= 0
                    && ((BigDecimal) d).compareTo(BigDecimal.valueOf(10000)) < 0);
    assertThat(decimals).anyMatch(d -> ((BigDecimal) d).stripTrailingZeros().scale() > 0);
    assertThat(values("STRING", 100, "{'strategy': 'uniform', 'range': [2, 4]}"))
        .allMatch(s -> ((String) s).length() == 2 || ((String) s).length() == 3);
    assertThat(new HashSet<>(values("BIGINT", 100, "{'strategy': 'uniform'}"))).hasSize(100);
    assertThat(values("STRING", 100, "{'strategy': 'uniform', 'values': ['a', 'b']}"))
        .containsOnly("a", "b");
  }

  @Test
  void zipfPrefersTheFirstRanks() {
    Map<Object, Long> counts =
        values("INT", 3000, "{'strategy': 'zipf', 'e': 1, 'range': [0, 10]}").stream()
            .collect(Collectors.groupingBy(v -> v, Collectors.counting()));
    assertThat(counts.keySet()).isSubsetOf(Set.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    // 1/H(10) = 0.341, half of that for rank 2.
    assertThat(counts.get(0)).isBetween(900L, 1150L);
    assertThat(counts.get(1)).isBetween(420L, 600L);
    assertThat(values("STRING", 200, "{'strategy': 'zipf', 'e': 3, 'values': ['a', 'b']}"))
        .containsOnly("a", "b");
  }

  @Test
  void nullsComeAsOftenAsAsked() {
    assertThat(values("INT", 10, "{}")).doesNotContainNull();
    assertThat(values("INT", 10, "{'null_percentage': 100}")).containsOnlyNulls();
    assertThat(values("INT", 10, "{'values': []}")).containsOnlyNulls();
    assertThat(values("INT", 10, "{'values': [7]}")).containsOnly(7);
    long nulls =
        values("INT", 2000, "{'null_percentage': 25}").stream().filter(v -> v == null).count();
    assertThat(nulls).isBetween(420L, 580L);
  }

  @Test
  void nestedValuesAreMadeOfValues() {
    assertThat(values("ARRAY<INT>", 4, "{'range': [1, 3], 'value': {'range': [5, 9]}}"))
        .containsExactly(List.of(5), List.of(5, 6), List.of(5), List.of(5, 6));
    assertThat(values("MAP<STRING, INT>", 3, "{'key': {'values': ['x', 'y']}}").get(2))
        .isEqualTo(Map.of("x", 0, "y", 1));
    assertThat(values("ROW<a INT, b STRING>", 2, "{'fields': {'B': {'values': ['q']}}}").get(1))
        .isEqualTo(ViewRow.of(1, "q"));
    List<Object> bytes =
        values(
            "BYTES", 6, "{'range': [0, 5], 'value': {'strategy': 'uniform', 'range': [128, 256]}}");
    assertThat(bytes.stream().map(b -> ((byte[]) b).length)).containsExactly(0, 1, 2, 3, 4, 0);
    for (byte b : (byte[]) bytes.get(4)) {
      assertThat(b).isNegative();
    }
  }

  @Test
  void everyTextStrategyMakesText() {
    for (String strategy : DatagenStrategies.ALL) {
      if (DatagenStrategies.makesText(strategy)) {
        assertThat(FakeText.knows(strategy)).as(strategy).isTrue();
      }
    }
    assertThat(values("STRING", 3, "{'strategy': 'words', 'range': [2, 3]}"))
        .allMatch(s -> ((String) s).split(" ").length == 2);
    assertThat(values("STRING", 3, "{'strategy': 'email'}"))
        .allMatch(s -> ((String) s).contains("@"));
  }

  @Test
  void settingsThatDoNotFitTheirColumnAreRefusedByName() {
    assertThat(refusal("INT", "{'range': [3, 3]}"))
        .hasMessageContaining("input connector 't.g'")
        .hasMessageContaining("plan[0].fields.c")
        .hasMessageContaining("start must be less than the end");
    assertThat(refusal("INT", "{'range': ['a', 'b']}")).hasMessageContaining("whole numbers");
    assertThat(refusal("TINYINT", "{'range': [0, 300]}")).hasMessageContaining("-128 to 127");
    assertThat(refusal("INT", "{'strategy': 'email'}")).hasMessageContaining("makes text");
    assertThat(refusal("INT", "{'values': [1, 'x']}")).hasMessageContaining("values[1]");
    assertThat(refusal("INT NOT NULL", "{'values': []}")).hasMessageContaining("NOT NULL");
    assertThat(refusal("INT NOT NULL", "{'null_percentage': 1}")).hasMessageContaining("NOT NULL");
    assertThat(refusal("STRING", "{'scale': -1}")).hasMessageContaining("scale");
    assertThat(refusal("STRING", "{'strategy': 'zipf', 'e': -1}")).hasMessageContaining("e:");
    assertThat(refusal("DATE", "{'range': ['yesterday', 5]}")).hasMessageContaining("YYYY-MM-DD");
    assertThatThrownBy(() -> rows(table("a INT"), fields(1, "{'b': {}}")))
        .isInstanceOf(ConnectorException.class)
        .hasMessageContaining("no column named 'b'");
  }

  @Test
  void theSeedDecidesTheRowsHoweverManyWorkersMakeThem() {
    Program program = table("n BIGINT NOT NULL", "c BIGINT", "s STRING");
    String plan =
        "'plan': [{'limit': 5000, 'worker_chunk_size': 70, 'fields': {'c': {'strategy': 'uniform'},"
            + " 's': {'strategy': 'name'}}}, {'limit': 10, 'fields': {'n': {'range': [9000, 9100]}}}]";
    List<ViewRow> one = rows(program, datagen("{'seed': 9, " + plan + "}"));
    assertThat(one).hasSize(5010);
    assertThat(column(one, 0).subList(0, 5000))
        .isEqualTo(LongStream.range(0, 5000).boxed().map(n -> (Object) n).toList());
    assertThat(rows(program, datagen("{'seed': 9, 'workers': 4, " + plan + "}"))).isEqualTo(one);
    assertThat(rows(program, datagen("{'seed': 10, " + plan + "}"))).isNotEqualTo(one);
  }

  @Test
  void fromAnyPositionTheSameRowsFollow() {
    Program program = table("n BIGINT NOT NULL", "c BIGINT");
    ConnectorPlan connector =
        datagen(
            "{'workers': 3, 'plan': [{'limit': 900, 'worker_chunk_size': 64, 'fields': {'c':"
                + " {'strategy': 'uniform'}}}, {'limit': 300, 'fields': {'n': {'range': [1000,"
                + " 2000]}, 'c': {'strategy': 'uniform'}}}]}");
    ConnectorPlan slow = withBatch(connector, 50);
    Set<JsonNode> positions = new HashSet<>();
    List<ViewRow> all;
    JsonNode seed;
    try (ConnectedDataflow flow = ConnectedDataflow.start(program, slow)) {
      dataflowPositions(flow, positions);
      all = flow.complete().rows("t").stream().sorted().toList();
      seed = flow.positions().inputs().get("t.g").get("seed");
    }
    assertThat(all).hasSize(1200);
    for (String at :
        List.of("{'plan': 0, 'row': 100}", "{'plan': 0, 'row': 900}", "{'plan': 1, 'row': 37}")) {
      var position = (com.fasterxml.jackson.databind.node.ObjectNode) ConnectedDataflow.json(at);
      position.set("seed", seed);
      positions.add(position);
    }
    for (JsonNode position : positions) {
      int done =
          position.get("plan").asInt() == 0
              ? position.get("row").asInt()
              : 900 + position.get("row").asInt();
      try (ConnectedDataflow flow =
          ConnectedDataflow.start(
              program, new ConnectorPositions(Map.of("t.g", position), Map.of()), connector)) {
        assertThat(flow.complete().rows("t").stream().sorted().toList())
            .as("from %s", position)
            .isEqualTo(all.subList(done, 1200));
      }
    }
  }

  /** Some positions of a run, as a checkpoint would take them. */
  private static void dataflowPositions(ConnectedDataflow flow, Set<JsonNode> positions) {
    while (!flow.connectors.allInputsEnded() && positions.size() < 3) {
      JsonNode position = flow.positions().inputs().get("t.g");
      if (position != null) {
        positions.add(position);
      }
    }
  }

  private static ConnectorPlan withBatch(ConnectorPlan connector, int size) {
    var config = (com.fasterxml.jackson.databind.node.ObjectNode) connector.config().deepCopy();
    config.put("max_batch_size", size);
    return new ConnectorPlan(connector.endpoint(), true, config);
  }

  @Test
  void aTransactionTakesEffectInOneStep() {
    try (ConnectedDataflow flow =
        ConnectedDataflow.start(
            table("n BIGINT NOT NULL"),
            datagen(
                "{'transaction_size': 1000, 'plan': [{'limit': 2500, 'worker_chunk_size': 10}]}"))) {
      flow.complete();
      assertThat(flow.rows("t")).hasSize(2500);
      assertThat(flow.dataflow.steps().counters().completedSteps()).isLessThanOrEqualTo(3);
    }
  }

  @Test
  void aRateHoldsTheRowsBack() {
    long begin = System.nanoTime();
    try (ConnectedDataflow flow =
        ConnectedDataflow.start(
            table("n BIGINT NOT NULL"),
            datagen("{'plan': [{'limit': 50, 'rate': 100, 'worker_chunk_size': 10}]}"))) {
      flow.complete();
      // Five turns, the first at once: four tenths of a second at least.
      assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(400_000_000L);
      assertThat(flow.rows("t")).hasSize(50);
    }
  }
}
