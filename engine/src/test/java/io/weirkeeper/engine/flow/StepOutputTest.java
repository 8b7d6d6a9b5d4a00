package io.weirkeeper.engine.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The published contents after every step against a recomputation in plain Java. */
class StepOutputTest {

  private static final int STEPS = 1_000;
  private static final int CHANGES_PER_STEP = 20;

  private static Program program() {
    return new Program()
        .table("t", "id BIGINT NOT NULL", "k BIGINT", "v BIGINT")
        .keyedTable("u", "id BIGINT NOT NULL", "k BIGINT", "v BIGINT")
        .view(
            "joined",
            "SELECT t.id, u.id, t.k FROM t JOIN u ON t.k = u.k",
            "tid BIGINT NOT NULL",
            "uid BIGINT NOT NULL",
            "k BIGINT")
        .view(
            "grouped",
            "SELECT t.k, COUNT(*) c, SUM(u.v) s FROM t JOIN u ON t.k = u.k GROUP BY t.k",
            "k BIGINT",
            "c BIGINT NOT NULL",
            "s BIGINT")
        .view(
            "outer_joined",
            "SELECT g.k, g.c, h.c FROM (SELECT k, COUNT(*) c FROM t GROUP BY k) g LEFT JOIN"
                + " (SELECT k, COUNT(*) c FROM u GROUP BY k) h ON g.k = h.k",
            "k BIGINT",
            "tc BIGINT NOT NULL",
            "uc BIGINT")
        .view(
            "top",
            "SELECT id, v FROM (SELECT id, v, ROW_NUMBER() OVER (ORDER BY v DESC, id) rn FROM u)"
                + " WHERE rn <= 3",
            "id BIGINT NOT NULL",
            "v BIGINT");
  }

  @Test
  void theOutputAfterEachOfAThousandStepsEqualsARecomputation() throws Exception {
    assertThat(mismatches(STEPS, true)).isZero();
  }

  /** Shows that the comparison can fail: without waiting for the end of the step it does. */
  @Test
  void comparingBeforeTheEndOfTheStepFindsMismatches() throws Exception {
    assertThat(mismatches(100, false)).isPositive();
  }

  private static int mismatches(int steps, boolean waiting) throws Exception {
    Random random = new Random(42);
    List<long[]> t = new ArrayList<>();
    Map<Long, long[]> u = new TreeMap<>();
    int mismatches = 0;
    try (RunningDataflow running = RunningDataflow.start(program())) {
      for (int step = 1; step <= steps; step++) {
        List<Change> forT = new ArrayList<>();
        List<Change> forU = new ArrayList<>();
        for (int i = 0; i < CHANGES_PER_STEP; i++) {
          if (random.nextBoolean()) {
            changeT(random, t, forT, running);
          } else {
            changeU(random, u, forU, running);
          }
        }
        // Held, so that the changes of both tables make one step and race through the joins.
        running.dataflow.steps().pause();
        running.put("t", forT.toArray(new Change[0]));
        running.put("u", forU.toArray(new Change[0]));
        running.dataflow.steps().resume();
        if (waiting) {
          running.await("t");
          running.await("u");
        }
        for (Map.Entry<String, Map<ViewRow, Long>> expected : expected(t, u).entrySet()) {
          if (!running.contents(expected.getKey()).equals(expected.getValue())) {
            mismatches++;
          }
        }
      }
      running.await("t");
      running.await("u");
      if (waiting) {
        assertThat(running.dataflow.steps().counters().completedSteps()).isEqualTo(steps);
      }
      for (Map.Entry<String, Map<ViewRow, Long>> expected : expected(t, u).entrySet()) {
        assertThat(running.contents(expected.getKey())).isEqualTo(expected.getValue());
      }
    }
    return mismatches;
  }

  /** A multiset: few distinct rows, so that there are copies. */
  private static void changeT(
      Random random, List<long[]> t, List<Change> changes, RunningDataflow running) {
    if (t.size() > 30 && random.nextBoolean()) {
      long[] row = t.remove(random.nextInt(t.size()));
      changes.add(running.delete("t", row[0], row[1], row[2]));
    } else {
      long[] row = {random.nextInt(20), random.nextInt(8), random.nextInt(3)};
      t.add(row);
      changes.add(running.insert("t", row[0], row[1], row[2]));
    }
  }

  /** With a key: inserts that replace, deletes of what is not there. */
  private static void changeU(
      Random random, Map<Long, long[]> u, List<Change> changes, RunningDataflow running) {
    long id = random.nextInt(60);
    switch (random.nextInt(3)) {
      case 0 -> {
        u.remove(id);
        changes.add(running.delete("u", id));
      }
      case 1 -> {
        long v = random.nextInt(100);
        if (u.containsKey(id)) {
          u.put(id, new long[] {id, u.get(id)[1], v});
        }
        changes.add(running.update("u", new int[] {2}, id, null, v));
      }
      default -> {
        long[] row = {id, random.nextInt(8), random.nextInt(100)};
        u.put(id, row);
        changes.add(running.insert("u", row[0], row[1], row[2]));
      }
    }
  }

  private static Map<String, Map<ViewRow, Long>> expected(List<long[]> t, Map<Long, long[]> u) {
    Map<String, Map<ViewRow, Long>> views = new HashMap<>();
    for (String view : List.of("t", "u", "joined", "grouped", "outer_joined", "top")) {
      views.put(view, new TreeMap<>());
    }
    Map<Long, long[]> joinedByKey = new TreeMap<>();
    Map<Long, Long> tByKey = new TreeMap<>();
    Map<Long, Long> uByKey = new TreeMap<>();
    u.values().forEach(right -> uByKey.merge(right[1], 1L, Long::sum));
    u.values().forEach(right -> add(views, "u", right[0], right[1], right[2]));
    for (long[] left : t) {
      add(views, "t", left[0], left[1], left[2]);
      tByKey.merge(left[1], 1L, Long::sum);
      for (long[] right : u.values()) {
        if (left[1] == right[1]) {
          add(views, "joined", left[0], right[0], left[1]);
          long[] sums = joinedByKey.computeIfAbsent(left[1], k -> new long[2]);
          sums[0]++;
          sums[1] += right[2];
        }
      }
    }
    joinedByKey.forEach((k, sums) -> add(views, "grouped", k, sums[0], sums[1]));
    tByKey.forEach((k, c) -> add(views, "outer_joined", k, c, uByKey.get(k)));
    u.values().stream()
        .sorted(Comparator.comparingLong((long[] row) -> -row[2]).thenComparingLong(row -> row[0]))
        .limit(3)
        .forEach(row -> add(views, "top", row[0], row[2]));
    return views;
  }

  private static void add(Map<String, Map<ViewRow, Long>> views, String view, Object... values) {
    views.get(view).merge(ViewRow.of(Arrays.copyOf(values, values.length)), 1L, Long::sum);
  }
}
