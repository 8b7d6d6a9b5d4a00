package io.weirkeeper.engine.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.flink.table.data.GenericRowData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(RunningDataflow.PATIENCE_SECONDS * 2)
class DataflowTest {

  private static Program tables() {
    return new Program()
        .keyedTable("k", "id BIGINT NOT NULL", "a STRING", "b BIGINT")
        .table("m", "a STRING", "b BIGINT")
        .view("kv", "SELECT id, a, b FROM k", "id BIGINT NOT NULL", "a STRING", "b BIGINT")
        .view("mv", "SELECT a, b FROM m", "a STRING", "b BIGINT");
  }

  private static WeightedRow came(Object... values) {
    return new WeightedRow(ViewRow.of(values), 1);
  }

  private static WeightedRow went(Object... values) {
    return new WeightedRow(ViewRow.of(values), -1);
  }

  private static Map<ViewRow, Long> multiset(Object[]... rows) {
    Map<ViewRow, Long> multiset = new TreeMap<>();
    for (Object[] row : rows) {
      multiset.merge(ViewRow.of(row), 1L, Long::sum);
    }
    return multiset;
  }

  private static List<WeightedRow> lastChanges(RunningDataflow running, String relation) {
    List<StepOutput> outputs = running.outputs(relation);
    return outputs.get(outputs.size() - 1).changes();
  }

  @Test
  void changesOfATableWithAKeyMeanWhatTheSpecificationSays() throws Exception {
    try (RunningDataflow running = RunningDataflow.start(tables())) {
      running.apply("k", running.insert("k", 1L, "x", 10L), running.insert("k", 2L, null, null));
      assertThat(lastChanges(running, "kv"))
          .containsExactly(came(1L, "x", 10L), came(2L, null, null));

      // An insert with an existing key replaces; deletes come first, each group sorted.
      running.apply("k", running.insert("k", 2L, "n", 1L), running.insert("k", 1L, "y", 10L));
      assertThat(lastChanges(running, "kv"))
          .containsExactly(
              went(1L, "x", 10L), went(2L, null, null), came(1L, "y", 10L), came(2L, "n", 1L));
      assertThat(lastChanges(running, "k")).isEqualTo(lastChanges(running, "kv"));

      // A partial update keeps what it does not set, and sets NULL when told so.
      running.apply("k", running.update("k", new int[] {2}, 1L, null, 11L));
      assertThat(lastChanges(running, "kv"))
          .containsExactly(went(1L, "y", 10L), came(1L, "y", 11L));
      running.apply("k", running.update("k", new int[] {1}, 1L));
      assertThat(lastChanges(running, "kv"))
          .containsExactly(went(1L, "y", 11L), came(1L, null, 11L));

      // Deletes need only the key.
      running.apply("k", running.delete("k", 2L));
      assertThat(lastChanges(running, "kv")).containsExactly(went(2L, "n", 1L));

      // No-ops: missing keys, identical rows, changes undone within the step.
      int outputs = running.outputs().size();
      running.apply("k", running.delete("k", 99L));
      running.apply("k", running.update("k", new int[] {1}, 99L, "z"));
      running.apply("k", running.insert("k", 1L, null, 11L));
      running.apply("k", running.insert("k", 5L, "q", 1L), running.delete("k", 5L));
      running.apply("k", running.delete("k", 1L), running.insert("k", 1L, null, 11L));
      assertThat(running.outputs()).hasSize(outputs);
      assertThat(running.dataflow.steps().counters().ignoredDeletes()).isEqualTo(2);
      assertThat(running.contents("kv")).isEqualTo(multiset(new Object[] {1L, null, 11L}));
    }
  }

  @Test
  void aTableWithoutAKeyIsAMultisetWithoutNegativeCounts() throws Exception {
    try (RunningDataflow running = RunningDataflow.start(tables())) {
      Change insert = running.insert("m", "x", 1L);
      running.apply("m", insert, running.insert("m", "x", 1L), running.insert("m", null, null));
      assertThat(lastChanges(running, "mv"))
          .containsExactly(came((Object) null, null), new WeightedRow(ViewRow.of("x", 1L), 2));
      running.apply("m", running.delete("m", "x", 1L));
      assertThat(lastChanges(running, "mv")).containsExactly(went("x", 1L));
      running.apply("m", running.delete("m", "x", 1L), running.delete("m", "x", 1L));
      running.apply("m", running.delete("m", "never", 1L));
      assertThat(running.contents("mv")).isEqualTo(multiset(new Object[] {null, null}));
      assertThat(running.dataflow.steps().counters().ignoredDeletes()).isEqualTo(2);
      running.apply("m", running.insert("m", "never", 1L));
      assertThat(lastChanges(running, "mv")).containsExactly(came("never", 1L));
    }
  }

  @Test
  void rowsThatDoNotFitTheTableAreRefusedBeforeAnyIsTaken() throws Exception {
    try (RunningDataflow running = RunningDataflow.start(tables())) {
      InputEndpoint k = running.input("k");
      Change good = running.insert("k", 1L, "x", 10L);
      assertThatThrownBy(() -> k.put(List.of(good, Change.insert(GenericRowData.of(1L))), 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("3 columns");
      assertThatThrownBy(
              () -> k.put(List.of(good, Change.insert(GenericRowData.of(null, null, null))), 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("\"id\"")
          .hasMessageContaining("NOT NULL");
      assertThatThrownBy(
              () -> k.put(List.of(good, Change.insert(GenericRowData.of(1L, "text", 1L))), 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("wrong class");
      assertThatThrownBy(() -> running.put("m", running.update("m", new int[] {1}, "x", 1L)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no primary key");
      assertThat(k.totalRecords()).isZero();
    }
  }

  @Test
  void viewsOverViewsConstantsAndUnusedTablesAllAnswer() throws Exception {
    Program program =
        new Program()
            .table("t", "x BIGINT")
            .table("unused", "x BIGINT")
            .view("inner_view", ViewPlan.Kind.LOCAL, "SELECT x + 1 AS x FROM t", "x BIGINT")
            .view("outer_view", "SELECT x * 2 AS x FROM `inner_view`", "x BIGINT")
            .view(
                "constant",
                "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(x, y)",
                "x INT NOT NULL",
                "y STRING NOT NULL")
            .view("mixed", "SELECT x FROM t UNION ALL SELECT CAST(7 AS BIGINT)", "x BIGINT")
            .view("twice", "SELECT a.x FROM t a JOIN t b ON a.x = b.x", "x BIGINT");
    try (RunningDataflow running = RunningDataflow.start(program)) {
      assertThat(running.dataflow.relations().stream().map(Relation::name))
          .containsExactly("t", "unused", "outer_view", "constant", "mixed", "twice");
      assertThat(running.contents("constant"))
          .isEqualTo(multiset(new Object[] {1, "a"}, new Object[] {2, "b"}));
      assertThat(running.contents("mixed")).isEqualTo(multiset(new Object[] {7L}));
      running.apply("t", running.insert("t", 3L), running.insert("t", 3L));
      assertThat(running.contents("outer_view"))
          .isEqualTo(multiset(new Object[] {8L}, new Object[] {8L}));
      assertThat(running.contents("twice")).isEqualTo(Map.of(ViewRow.of(3L), 4L));
      running.apply("unused", running.insert("unused", 1L));
      assertThat(running.contents("unused")).isEqualTo(multiset(new Object[] {1L}));
    }
  }

  @Test
  void aProgramWithoutViewsOnlyKeepsItsTables() throws Exception {
    try (RunningDataflow running = RunningDataflow.start(new Program().table("t", "x BIGINT"))) {
      running.apply("t", running.insert("t", 1L));
      assertThat(running.contents("t")).isEqualTo(multiset(new Object[] {1L}));
    }
  }

  @Test
  void aProgramOfConstantsAloneAnswersAndStaysUp() throws Exception {
    Program program = new Program().view("one", "SELECT 1 AS x", "x INT NOT NULL");
    try (RunningDataflow running = RunningDataflow.start(program)) {
      assertThat(running.contents("one")).isEqualTo(multiset(new Object[] {1}));
      assertThat(running.dataflow.failure()).isNotDone();
    }
  }

  @Test
  void aConstantThatNobodyWantedAtTheStartIsNotDeliveredLater() throws Exception {
    PipelinePlan plan =
        new Program()
            .table("t", "x BIGINT")
            .view("mixed", "SELECT x FROM t UNION ALL SELECT CAST(7 AS BIGINT)", "x BIGINT")
            .plan();
    try (Dataflow dataflow =
        Dataflow.open(plan, RunningDataflow.settings(), (step, changes) -> {})) {
      dataflow.start();
      List<StepOutput> outputs = new CopyOnWriteArrayList<>();
      dataflow.subscribe("mixed", outputs::add);
      InputEndpoint input = dataflow.openInput("t", "t.test");
      input.put(List.of(Change.insert(GenericRowData.of(3L))), 8);
      input.whenComplete(1).get(RunningDataflow.PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(outputs).containsExactly(new StepOutput(1, "mixed", List.of(came(3L))));
    }
  }

  @Test
  void aProgramWithManyExchangesGetsTheMemoryForThem() throws Exception {
    Program program = new Program().table("t", "id BIGINT", "k BIGINT", "v BIGINT");
    for (int i = 0; i < 25; i++) {
      program.view(
          "v" + i,
          ("SELECT k, COUNT(*) c FROM (SELECT k, v, COUNT(*) d FROM (SELECT id, k, v, COUNT(*) e"
                  + " FROM t WHERE v > %d GROUP BY id, k, v) GROUP BY k, v) GROUP BY k")
              .formatted(i),
          "k BIGINT",
          "c BIGINT NOT NULL");
    }
    try (RunningDataflow running = RunningDataflow.start(program)) {
      running.apply("t", running.insert("t", 1L, 2L, 3L));
      assertThat(running.contents("v0")).isEqualTo(multiset(new Object[] {2L, 1L}));
      assertThat(running.contents("v24")).isEmpty();
    }
  }

  @Test
  void aFailingExpressionEndsTheDataflowAndNamesTheView() throws Exception {
    Program program =
        new Program()
            .table("t", "x BIGINT")
            .view("fine", "SELECT x FROM t", "x BIGINT")
            .view(
                "ratio",
                "SELECT x, COUNT(*) / (SUM(x) - 5) r FROM t GROUP BY x",
                "x BIGINT",
                "r BIGINT");
    try (RunningDataflow running = RunningDataflow.start(program)) {
      running.apply("t", running.insert("t", 1L));
      running.put("t", running.insert("t", 5L));
      DataflowException failure =
          running.dataflow.failure().get(RunningDataflow.PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(failure).hasMessageContaining("/ by zero").hasMessageContaining("ratio");
      assertThat(failure.relation()).contains("ratio");
      assertThatThrownBy(() -> running.await("t"))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(DataflowException.class);
      assertThatThrownBy(() -> running.put("t", running.insert("t", 6L)))
          .isInstanceOf(DataflowException.class)
          .hasMessageContaining("/ by zero");
    }
  }

  @Test
  void aPausedDataflowHoldsItsInputExceptWhatIsForced() throws Exception {
    try (RunningDataflow running = RunningDataflow.start(tables())) {
      StepController steps = running.dataflow.steps();
      steps.pause();
      running.put("m", running.insert("m", "held", 1L));
      InputEndpoint forced = running.dataflow.openInput("k", "k.forced");
      forced.put(List.of(running.insert("k", 1L, "forced", 1L)), 1, true);
      forced.whenComplete(1).get(RunningDataflow.PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(running.contents("kv")).hasSize(1);
      assertThat(running.contents("mv")).isEmpty();
      assertThat(running.input("m").bufferedRecords()).isEqualTo(1);
      assertThat(running.input("m").isComplete(1)).isFalse();
      steps.resume();
      running.await("m");
      assertThat(running.contents("mv")).hasSize(1);
      assertThat(running.input("m").isComplete(1)).isTrue();
      StepCounters counters = steps.counters();
      assertThat(counters.inputRecords()).isEqualTo(2);
      assertThat(counters.completedRecords()).isEqualTo(2);
      assertThat(counters.bufferedRecords()).isZero();
    }
  }

  @Test
  void anEndpointHoldsNoMoreThanItsLimitAndPuttersWait() throws Exception {
    PipelinePlan plan = tables().plan();
    DataflowSettings settings = RunningDataflow.settings().withLimits(1_000, 100);
    try (RunningDataflow running = RunningDataflow.start(plan, settings, (step, changes) -> {})) {
      running.dataflow.steps().pause();
      InputEndpoint endpoint = running.input("m");
      List<Change> changes = new ArrayList<>();
      for (long i = 0; i < 2_500; i++) {
        changes.add(running.insert("m", "x", i));
      }
      CountDownLatch done = new CountDownLatch(1);
      Thread putter =
          new Thread(
              () -> {
                try {
                  endpoint.put(changes, 25_000);
                  done.countDown();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      putter.start();
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      while (endpoint.bufferedRecords() < 1_000 && System.nanoTime() < deadline) {
        Thread.yield();
      }
      assertThat(done.await(100, TimeUnit.MILLISECONDS)).isFalse();
      assertThat(endpoint.bufferedRecords()).isEqualTo(1_000);
      assertThat(endpoint.offer(changes.subList(0, 1), 1, false, Duration.ofMillis(10))).isFalse();
      assertThatThrownBy(() -> endpoint.offer(changes, 1, false, Duration.ZERO))
          .isInstanceOf(IllegalArgumentException.class);
      running.dataflow.steps().resume();
      assertThat(done.await(RunningDataflow.PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      running.await("m");
      assertThat(running.contents("mv")).hasSize(2_500);
      assertThat(endpoint.totalBytes()).isEqualTo(25_000);
      assertThat(endpoint.completedRecords()).isEqualTo(2_500);
      assertThat(running.dataflow.steps().counters().completedSteps()).isGreaterThanOrEqualTo(2);
    }
  }

  @Test
  void aSlowListenerHoldsThePipelineAndATokenWaitsForDelivery() throws Exception {
    try (RunningDataflow running = RunningDataflow.start(tables())) {
      CountDownLatch entered = new CountDownLatch(1);
      CountDownLatch release = new CountDownLatch(1);
      Subscription slow =
          running.dataflow.subscribe(
              "mv",
              output -> {
                entered.countDown();
                await(release);
              });
      running.put("m", running.insert("m", "x", 1L));
      assertThat(entered.await(RunningDataflow.PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      CompletableFuture<Void> complete = running.input("m").whenComplete(1);
      assertThat(complete).isNotDone();
      assertThat(running.dataflow.steps().counters().processedRecords()).isEqualTo(1);
      // Unsubscribing does not wait for the listener.
      slow.close();
      release.countDown();
      complete.get(RunningDataflow.PATIENCE_SECONDS, TimeUnit.SECONDS);
      running.apply("m", running.insert("m", "y", 1L));
      assertThat(running.contents("mv")).hasSize(2);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aListenerThatThrowsIsUnsubscribedAndHurtsNoOther() throws Exception {
    try (RunningDataflow running = RunningDataflow.start(tables())) {
      List<Long> calls = new ArrayList<>();
      running.dataflow.subscribe(
          "mv",
          output -> {
            calls.add(output.step());
            throw new IllegalStateException("a listener's own fault");
          });
      running.apply("m", running.insert("m", "x", 1L));
      running.apply("m", running.insert("m", "y", 1L));
      assertThat(calls).hasSize(1);
      assertThat(running.contents("mv")).hasSize(2);
    }
  }

  @Test
  void anActionBetweenStepsSeesAWholeStep() throws Exception {
    try (RunningDataflow running = RunningDataflow.start(tables())) {
      running.apply("m", running.insert("m", "x", 1L));
      int size =
          running
              .dataflow
              .steps()
              .betweenSteps(() -> running.contents("mv").size())
              .get(RunningDataflow.PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(size).isEqualTo(1);
    }
  }

  @Test
  void anIdleDataflowRunsNoSteps() throws Exception {
    try (RunningDataflow running = RunningDataflow.start(tables())) {
      running.apply("m", running.insert("m", "x", 1L));
      long steps = running.dataflow.steps().counters().initiatedSteps();
      CompletableFuture<Void> never = running.input("m").whenComplete(2);
      assertThatThrownBy(() -> never.get(200, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      assertThat(running.dataflow.steps().counters().initiatedSteps()).isEqualTo(steps);
      assertThat(running.dataflow.steps().counters().completedSteps()).isEqualTo(steps);
    }
  }

  @Test
  void closingEndsEveryThreadAndFailsWhatIsOpen() throws Exception {
    // Once before, for the threads that a Java process with Flink keeps for good.
    RunningDataflow.start(tables()).close();
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    RunningDataflow running = RunningDataflow.start(tables());
    CompletableFuture<Void> open = running.input("m").whenComplete(1);
    long begin = System.nanoTime();
    running.close();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
    assertThat(open).isCompletedExceptionally();
    assertThat(running.dataflow.failure()).isNotDone();
    assertThatThrownBy(() -> running.put("m", running.insert("m", "x", 1L)))
        .isInstanceOf(DataflowException.class)
        .hasMessageContaining("closed");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    Set<String> left = left(before);
    while (!left.isEmpty() && System.nanoTime() < deadline) {
      Thread.yield();
      left = left(before);
    }
    assertThat(left).isEmpty();
    running.close();
  }

  private static Set<String> left(Set<Thread> before) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.isAlive() && !before.contains(thread))
        .map(Thread::getName)
        // The JVM's own pools grow and shrink as they like.
        .filter(name -> !name.startsWith("ForkJoinPool.commonPool"))
        .collect(Collectors.toSet());
  }

  @Test
  void aPlanThatFlinkRefusesIsReportedAtItsView() {
    PipelinePlan plan =
        new Program().table("t", "x BIGINT").view("bad", "SELECT nosuch FROM t", "x BIGINT").plan();
    assertThatThrownBy(() -> Dataflow.open(plan, RunningDataflow.settings(), (step, changes) -> {}))
        .isInstanceOf(DataflowException.class)
        .hasMessageContaining("\"bad\"")
        .hasMessageContaining("nosuch");
  }
}
