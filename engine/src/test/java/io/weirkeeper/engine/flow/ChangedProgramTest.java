package io.weirkeeper.engine.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.weirkeeper.core.plan.ViewPlan.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of state when another program goes on with it. */
class ChangedProgramTest {

  private static final String COUNT = "SELECT k, COUNT(*) AS c FROM clicks GROUP BY k";
  private static final String SUMS = "SELECT k, SUM(v) AS s FROM sales GROUP BY k";
  private static final String NAMED = "SELECT u.name, s.s FROM users u JOIN sums s ON u.id = s.k";

  @TempDir Path directory;
  private Lives lives;

  @BeforeEach
  void begin() throws Exception {
    lives = new Lives(directory, false);
  }

  /** clicks is not materialized, so what is over it can't be filled; sales and users are. */
  private static Program tables() {
    return new Program()
        .keyedTable("users", "id BIGINT NOT NULL", "name STRING")
        .table("clicks", "k BIGINT", "v BIGINT")
        .materializedTable("sales", "k BIGINT", "v BIGINT");
  }

  private static Program count(Program program) {
    return program.view("clicked", COUNT, "k BIGINT", "c BIGINT NOT NULL");
  }

  private static Program sums(Program program) {
    return program.view("sums", Kind.MATERIALIZED, SUMS, "k BIGINT", "s BIGINT");
  }

  private static Program named(Program program) {
    return program.view("named", Kind.MATERIALIZED, NAMED, "name STRING", "s BIGINT");
  }

  private static ViewRow row(Object... values) {
    return ViewRow.of(values);
  }

  private void fill(Program program) throws Exception {
    try (Lives.Life life = lives.run(program)) {
      life.flow.apply("users", life.flow.insert("users", 1L, "Ann"));
      for (int i = 0; i < 10; i++) {
        life.flow.apply("clicks", life.flow.insert("clicks", 1L, (long) i));
      }
      life.flow.apply(
          "sales", life.flow.insert("sales", 1L, 5L), life.flow.insert("sales", 1L, 5L));
      life.save();
    }
  }

  private static void click(Lives.Life life) throws Exception {
    life.flow.apply("clicks", life.flow.insert("clicks", 1L, 0L));
    assertThat(life.flow.contents("clicked"))
        .as("the state of an unchanged view goes on")
        .isEqualTo(Map.of(row(1L, 10L), -1L, row(1L, 11L), 1L));
  }

  @Test
  void aNewViewPutFirstIsFilledAndTheOthersGoOn() throws Exception {
    fill(named(sums(count(tables()))));
    Program after = tables();
    after.view("summed", Kind.LOCAL, SUMS, "k BIGINT", "s BIGINT");
    after.view("twice", "SELECT k, s * 2 AS d FROM summed", "k BIGINT", "d BIGINT");
    named(sums(count(after)));
    try (Lives.Life life = lives.run(after)) {
      assertThat(life.flow.outputs())
          .as("only the new view says something")
          .allMatch(output -> output.relation().equals("twice"));
      assertThat(life.flow.contents("twice")).isEqualTo(Map.of(row(1L, 20L), 1L));
      click(life);
      life.flow.apply("sales", life.flow.insert("sales", 1L, 1L));
      assertThat(life.flow.contents("twice")).isEqualTo(Map.of(row(1L, 22L), 1L));
      assertThat(life.query("SELECT name, s FROM named")).containsExactly(List.of("Ann", 11L));
      assertThat(life.save().jobs()).hasSize(2);
    }
    // And from then on the changed program is the program.
    try (Lives.Life life = lives.run(after)) {
      assertThat(life.flow.outputs()).isEmpty();
      life.flow.apply("sales", life.flow.delete("sales", 1L, 5L));
      assertThat(life.query("SELECT k, s FROM sums")).containsExactly(List.of(1L, 6L));
      assertThat(life.flow.contents("twice"))
          .isEqualTo(Map.of(row(1L, 22L), -1L, row(1L, 12L), 1L));
    }
  }

  @Test
  void aRemovedViewTakesOnlyItsOwnStateAlong() throws Exception {
    fill(named(sums(count(tables()))));
    List<String> before = lives.saved.jobs().get(0).operators();
    try (Lives.Life life = lives.run(sums(count(tables())))) {
      click(life);
      life.flow.apply("sales", life.flow.insert("sales", 1L, 1L));
      assertThat(life.query("SELECT k, s FROM sums")).containsExactly(List.of(1L, 11L));
      assertThat(life.flow.outputs("named")).isEmpty();
      SavedJob job = life.save().jobs().get(0);
      assertThat(before).as("its join is gone").containsAll(job.operators());
      assertThat(job.operators().size()).isLessThan(before.size());
    }
    // What comes back is new, and is filled.
    try (Lives.Life life = lives.run(named(sums(count(tables()))))) {
      assertThat(life.flow.contents("named")).isEqualTo(Map.of(row("Ann", 11L), 1L));
    }
  }

  @Test
  void aRenamedAndARetypedViewAreFilledAnew() throws Exception {
    fill(named(sums(count(tables()))));
    Program after = count(tables());
    after.view(
        "sums",
        Kind.MATERIALIZED,
        "SELECT k, CAST(SUM(v) AS DOUBLE) AS s FROM sales GROUP BY k",
        "k BIGINT",
        "s DOUBLE");
    after.view(
        "renamed",
        "SELECT u.name, s.s FROM users u JOIN sums s ON u.id = s.k",
        "name STRING",
        "s DOUBLE");
    try (Lives.Life life = lives.run(after)) {
      click(life);
      assertThat(life.query("SELECT k, s FROM sums")).containsExactly(List.of(1L, 10.0));
      assertThat(life.flow.contents("renamed")).isEqualTo(Map.of(row("Ann", 10.0), 1L));
    }
  }

  @Test
  void aChangedTableBeginsEmptyAndSoDoesWhatReadsIt() throws Exception {
    fill(named(sums(count(tables()))));
    Program after =
        new Program()
            .materializedTable("sales", "k BIGINT", "v BIGINT", "note STRING")
            .table("clicks", "k BIGINT", "v BIGINT")
            .table("extra", "x BIGINT");
    count(sums(after));
    after.view("more", "SELECT x FROM extra", "x BIGINT");
    try (Lives.Life life = lives.run(after)) {
      click(life);
      assertThat(life.query("SELECT * FROM sums")).isEmpty();
      assertThat(life.query("SELECT * FROM sales")).isEmpty();
      life.flow.apply("sales", life.flow.insert("sales", 1L, 7L, "a"));
      life.flow.apply("extra", life.flow.insert("extra", 3L));
      assertThat(life.query("SELECT k, s FROM sums")).containsExactly(List.of(1L, 7L));
      assertThat(life.flow.contents("more")).isEqualTo(Map.of(row(3L), 1L));
      life.save();
    }
    // A view is added to a table that has come meanwhile, which brings a third job.
    after.view("most", "SELECT MAX(v) AS m FROM sales", "m BIGINT");
    try (Lives.Life life = lives.run(after)) {
      assertThat(life.flow.contents("most")).isEqualTo(Map.of(row(7L), 1L));
      life.flow.apply("clicks", life.flow.insert("clicks", 1L, 0L));
      assertThat(life.flow.contents("clicked"))
          .isEqualTo(Map.of(row(1L, 11L), -1L, row(1L, 12L), 1L));
    }
  }

  @Test
  void aSilentBootstrapFillsWithoutAWord() throws Exception {
    fill(count(tables()));
    Program after = sums(count(tables()));
    after.view("one", "SELECT 1 AS uno", "uno INT");
    after.view("all_sales", "SELECT v FROM sales", "v BIGINT");
    try (Lives.Life life = lives.runSilently(after)) {
      assertThat(life.flow.outputs()).isEmpty();
      assertThat(life.query("SELECT k, s FROM sums")).containsExactly(List.of(1L, 10L));
      life.flow.apply("sales", life.flow.insert("sales", 2L, 1L));
      assertThat(life.flow.contents("all_sales")).isEqualTo(Map.of(row(1L), 1L));
      assertThat(life.flow.outputs("one")).isEmpty();
    }
  }

  @Test
  void manyGenerationsArePutTogetherAgainWithoutAWord() throws Exception {
    Program program = count(tables());
    fill(program);
    for (int i = 0; i < 5; i++) {
      program.view(
          "v" + i, Kind.MATERIALIZED, "SELECT v + %d AS w FROM sales".formatted(i), "w BIGINT");
      try (Lives.Life life = lives.run(program)) {
        String added = "v" + i;
        assertThat(life.flow.outputs()).allMatch(output -> output.relation().equals(added));
        life.flow.apply("sales", life.flow.insert("sales", 9L, 100L));
        for (int view = 0; view <= i; view++) {
          assertThat(life.query("SELECT SUM(w)::BIGINT FROM v" + view))
              .containsExactly(List.of(10L + 100L * (i + 1) + view * (3L + i)));
        }
        assertThat(life.save().jobs()).hasSizeLessThanOrEqualTo(Generation.MANY);
      }
    }
    try (Lives.Life life = lives.run(program)) {
      click(life);
    }
  }

  @Test
  void stepsOfTheJournalAreRunAgainBeforeNewViewsAreFilled() throws Exception {
    lives = new Lives(java.nio.file.Files.createDirectory(directory.resolve("j")), true);
    fill(named(sums(count(tables()))));
    try (Lives.Life life = lives.run(named(sums(count(tables()))))) {
      life.flow.apply("clicks", life.flow.insert("clicks", 1L, 0L));
      life.flow.apply("sales", life.flow.insert("sales", 1L, 1L));
      life.flow.apply("users", life.flow.insert("users", 2L, "Bob"));
      life.flow.dataflow.steps().pause();
      life.flow.put("users", life.flow.insert("users", 3L, "Eve"));
      life.flow.put("sales", life.flow.insert("sales", 1L, 2L));
      life.flow.input("sales").durable().get(10, java.util.concurrent.TimeUnit.SECONDS);
    }
    // Died; then users went from the program.
    Program after = new Program();
    after
        .table("clicks", "k BIGINT", "v BIGINT")
        .materializedTable("sales", "k BIGINT", "v BIGINT");
    count(after)
        .view("most", "SELECT MAX(v) AS m, COUNT(*) AS n FROM sales", "m BIGINT", "n BIGINT");
    // The first process dies before its state is saved: the second finds what the first has found.
    for (boolean dying : new boolean[] {true, false}) {
      lives.dying = dying;
      try (Lives.Life life = lives.run(after)) {
        assertThat(life.flow.contents("clicked"))
            .isEqualTo(Map.of(row(1L, 10L), -1L, row(1L, 11L), 1L));
        assertThat(life.flow.outputs("most").get(0).changes())
            .containsExactly(new WeightedRow(row(5L, 3L), 1));
        if (dying) {
          continue;
        }
        InputEndpoint sales = life.flow.dataflow.openInput("sales", "sales.test");
        sales.whenComplete(4).get(10, java.util.concurrent.TimeUnit.SECONDS);
        assertThat(life.flow.contents("most")).isEqualTo(Map.of(row(5L, 4L), 1L));
        StepCounters counters = life.flow.dataflow.steps().counters();
        assertThat(counters.bufferedRecords()).isZero();
        assertThat(counters.inputRecords()).isEqualTo(counters.processedRecords());
      }
    }
    // What came since belongs to the changed program: its journal is run again as before.
    try (Lives.Life life = lives.run(after)) {
      life.flow.apply("clicks", life.flow.insert("clicks", 1L, 0L));
      assertThat(life.flow.contents("clicked")).containsEntry(row(1L, 12L), 1L);
    }
  }

  /** A view of the random test: its definition, and the same in Java. */
  private record Choice(
      String sql, String column, Function<Map<String, List<long[]>>, List<Long>> expected) {}

  private static List<Long> values(List<long[]> rows, Function<long[], Long> value) {
    return new ArrayList<>(rows.stream().map(value).toList());
  }

  private static List<Long> sums(List<long[]> rows) {
    Map<Long, Long> sums = new TreeMap<>();
    rows.forEach(r -> sums.merge(r[0], r[1], Long::sum));
    return new ArrayList<>(sums.values());
  }

  private static List<Long> joined(List<long[]> a, List<long[]> b) {
    List<Long> joined = new ArrayList<>();
    for (long[] left : a) {
      for (long[] right : b) {
        if (left[0] == right[0]) {
          joined.add(left[1] * 1000 + right[1]);
        }
      }
    }
    return joined;
  }

  private static final List<Choice> POOL =
      List.of(
          new Choice(
              "SELECT v AS x FROM a WHERE v > 20",
              "x BIGINT",
              t -> {
                List<Long> all = values(t.get("a"), r -> r[1]);
                all.removeIf(v -> v <= 20);
                return all;
              }),
          new Choice("SELECT SUM(v) AS x FROM a GROUP BY k", "x BIGINT", t -> sums(t.get("a"))),
          new Choice("SELECT SUM(v) AS x FROM b GROUP BY k", "x BIGINT", t -> sums(t.get("b"))),
          new Choice(
              "SELECT l.v * 1000 + r.v AS x FROM a l JOIN b r ON l.k = r.k",
              "x BIGINT",
              t -> joined(t.get("a"), t.get("b"))),
          new Choice(
              "SELECT l.v * 1000 + r.v AS x FROM b l JOIN c r ON l.k = r.k",
              "x BIGINT",
              t -> joined(t.get("b"), t.get("c"))),
          new Choice(
              "SELECT v + 1 AS x FROM c", "x BIGINT", t -> values(t.get("c"), r -> r[1] + 1)),
          new Choice(
              "SELECT v AS x FROM b UNION ALL SELECT v FROM a",
              "x BIGINT",
              t -> {
                List<Long> all = values(t.get("a"), r -> r[1]);
                all.addAll(values(t.get("b"), r -> r[1]));
                return all;
              }));

  @Test
  void randomEditsAlwaysLeadToWhatARecomputationGives() throws Exception {
    long seed = Long.getLong("changes.seed", 42);
    int edits = Integer.getInteger("changes.edits", 8);
    Random random = new Random(seed);
    Map<String, List<long[]>> rows = new HashMap<>();
    // A third column comes and goes: with it a table is another one.
    Map<String, Boolean> wide = new HashMap<>(Map.of("a", false, "b", false, "c", false));
    for (String table : List.of("a", "b", "c")) {
      rows.put(table, new ArrayList<>());
    }
    Map<String, Choice> views = new TreeMap<>();
    int taken = 0;
    for (int edit = 0; edit < edits; edit++) {
      Map<String, Choice> next = new TreeMap<>(views);
      Map<String, Boolean> nextWide = new HashMap<>(wide);
      for (int i = 1 + random.nextInt(3); i > 0; i--) {
        String name = "v" + random.nextInt(4);
        if (random.nextInt(3) == 0) {
          next.remove(name);
        } else {
          next.put(name, POOL.get(random.nextInt(POOL.size())));
        }
      }
      if (edit > 0 && random.nextInt(4) == 0) {
        nextWide.computeIfPresent(List.of("a", "b", "c").get(random.nextInt(3)), (t, w) -> !w);
      }
      Program program = program(next, nextWide, random);
      if (lives.saved != null
          && !io.weirkeeper.core.plan.ProgramChange.between(
                  lives.saved.program(), io.weirkeeper.core.plan.ProgramState.of(program.plan()))
              .obstacles()
              .isEmpty()) {
        continue;
      }
      taken++;
      for (String table : wide.keySet()) {
        if (!wide.get(table).equals(nextWide.get(table))) {
          rows.get(table).clear();
        }
      }
      views = next;
      wide = nextWide;
      String what = "seed %d, edit %d, views %s, wide %s".formatted(seed, edit, views, wide);
      try (Lives.Life life = lives.run(program)) {
        compare(what + ", filled", life, views, rows);
        for (int i = 0; i < 6; i++) {
          change(life, random, rows, wide);
        }
        compare(what + ", gone on", life, views, rows);
        life.save();
      }
    }
    assertThat(taken).as("edits that were possible").isGreaterThanOrEqualTo(edits / 2);
  }

  private static Program program(
      Map<String, Choice> views, Map<String, Boolean> wide, Random random) {
    Program program = new Program();
    List<String> tables = new ArrayList<>(List.of("a", "b", "c"));
    Collections.shuffle(tables, random);
    for (String table : tables) {
      String key = table.equals("a") ? "k BIGINT NOT NULL" : "k BIGINT";
      String[] columns =
          wide.get(table)
              ? new String[] {key, "v BIGINT", "more STRING"}
              : new String[] {key, "v BIGINT"};
      switch (table) {
        case "a" -> program.keyedTable(table, columns);
        case "b" -> program.materializedTable(table, columns);
        default -> program.table(table, columns);
      }
    }
    List<String> names = new ArrayList<>(views.keySet());
    Collections.shuffle(names, random);
    names.forEach(
        name ->
            program.view(name, Kind.MATERIALIZED, views.get(name).sql(), views.get(name).column()));
    return program;
  }

  private static void change(
      Lives.Life life, Random random, Map<String, List<long[]>> rows, Map<String, Boolean> wide)
      throws Exception {
    String table = List.of("a", "b", "c").get(random.nextInt(3));
    long[] row = {random.nextInt(4), random.nextInt(50)};
    List<long[]> present = rows.get(table);
    if (!present.isEmpty() && random.nextInt(3) == 0) {
      long[] gone = present.remove(random.nextInt(present.size()));
      life.flow.apply(table, life.flow.delete(table, values(gone, wide.get(table))));
      return;
    }
    if (table.equals("a")) {
      present.removeIf(r -> r[0] == row[0]);
    }
    present.add(row);
    life.flow.apply(table, life.flow.insert(table, values(row, wide.get(table))));
  }

  private static Object[] values(long[] row, boolean wide) {
    return wide ? new Object[] {row[0], row[1], "m"} : new Object[] {row[0], row[1]};
  }

  private static void compare(
      String what, Lives.Life life, Map<String, Choice> views, Map<String, List<long[]>> rows)
      throws Exception {
    for (Map.Entry<String, Choice> view : views.entrySet()) {
      List<Long> found = new ArrayList<>();
      for (List<Object> row : life.query("SELECT x FROM " + view.getKey())) {
        found.add((Long) row.get(0));
      }
      assertThat(found)
          .as(what + ": " + view.getKey())
          .containsExactlyInAnyOrderElementsOf(view.getValue().expected().apply(rows));
    }
  }
}
