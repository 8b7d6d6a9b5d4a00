package io.weirkeeper.engine.flow;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.LongFunction;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;

/**
 * Prints figures of the dataflow alone, without HTTP and parsing. Run by hand: {@code FlowBench
 * start|latency|rate|check|idle}.
 */
public final class FlowBench {

  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final long JVM_START = ManagementFactory.getRuntimeMXBean().getStartTime();
  private static final MaterializedSink NOTHING = (step, changes) -> {};

  private FlowBench() {}

  /** Runs one of the benches. */
  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "start" -> start();
      case "latency" -> latency();
      case "rate" -> rate(arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2_000_000);
      case "check" -> check();
      case "idle" -> idle(Integer.parseInt(arguments[1]));
      default -> throw new IllegalArgumentException("unknown bench " + arguments[0]);
    }
    System.exit(0);
  }

  private static PipelinePlan smallPlan() {
    return new Program()
        .keyedTable("t", "id BIGINT NOT NULL", "k STRING", "v BIGINT")
        .view(
            "v",
            "SELECT k, COUNT(*) c, SUM(v) s FROM t GROUP BY k",
            "k STRING",
            "c BIGINT NOT NULL",
            "s BIGINT")
        .plan();
  }

  private static Change row(Object... internal) {
    return Change.insert(GenericRowData.of(internal));
  }

  private static void start() throws Exception {
    for (int run = 0; run < 4; run++) {
      long begin = System.nanoTime();
      Dataflow dataflow = Dataflow.open(smallPlan(), RunningDataflow.settings(), NOTHING);
      double open = millis(begin);
      dataflow.start();
      double started = millis(begin);
      InputEndpoint input = dataflow.openInput("t", "t.bench");
      input.put(List.of(row(1L, StringData.fromString("a"), 1L)), 8);
      input.whenComplete(1).get();
      System.out.printf(
          "start %d: planned %.0f ms, running %.0f ms, first token %.1f ms later; since JVM start"
              + " %d ms, CPU %d ms%n",
          run,
          open,
          started,
          millis(begin) - started,
          System.currentTimeMillis() - JVM_START,
          SYSTEM.getProcessCpuTime() / 1_000_000);
      long close = System.nanoTime();
      dataflow.close();
      System.out.printf("  closed in %.0f ms%n", millis(close));
    }
  }

  private static void latency() throws Exception {
    PipelinePlan plan =
        new Program()
            .table("t", "id BIGINT", "k BIGINT", "v BIGINT")
            .keyedTable("u", "id BIGINT NOT NULL", "k BIGINT", "v BIGINT")
            .view(
                "joined",
                "SELECT t.id, u.id, t.k FROM t JOIN u ON t.k = u.k",
                "a BIGINT",
                "b BIGINT",
                "k BIGINT")
            .view(
                "grouped",
                "SELECT k, COUNT(*) c, SUM(v) s FROM t GROUP BY k",
                "k BIGINT",
                "c BIGINT",
                "s BIGINT")
            .view(
                "top",
                "SELECT id, v FROM (SELECT id, v, ROW_NUMBER() OVER (ORDER BY v DESC, id) rn FROM"
                    + " u) WHERE rn <= 3",
                "id BIGINT",
                "v BIGINT")
            .view(
                "total",
                "SELECT COUNT(*) n, SUM(c) s FROM (SELECT k, COUNT(*) c FROM t GROUP BY k)",
                "n BIGINT",
                "s BIGINT")
            .plan();
    try (RunningDataflow running =
        RunningDataflow.start(plan, RunningDataflow.settings(), NOTHING)) {
      Random random = new Random(1);
      double[] times = new double[3_000];
      for (int i = 0; i < times.length; i++) {
        String table = i % 2 == 0 ? "t" : "u";
        List<Change> changes = new ArrayList<>();
        for (int j = 0; j < 20; j++) {
          changes.add(row((long) random.nextInt(5_000), (long) random.nextInt(2_000), (long) j));
        }
        long begin = System.nanoTime();
        InputEndpoint input = running.input(table);
        input.put(changes, 160);
        input.whenComplete(input.totalRecords()).get();
        times[i] = millis(begin);
      }
      double[] warm = Arrays.copyOfRange(times, 1_000, times.length);
      Arrays.sort(warm);
      System.out.printf(
          "push to delivered, 20 rows, 4 views: p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, max %.1f"
              + " ms%n",
          warm[warm.length / 2],
          warm[warm.length * 9 / 10],
          warm[warm.length * 99 / 100],
          warm[warm.length - 1]);
    }
  }

  private static void rate(int rows) throws Exception {
    Program filter =
        new Program()
            .table("t", "id BIGINT", "k STRING", "v BIGINT")
            .view("f", "SELECT id, v FROM t WHERE v < 100", "id BIGINT", "v BIGINT");
    LongFunction<Change> simple =
        i -> row(i, StringData.fromString("key-" + i % 1_000), i * 7919 % 1_000);
    measure("filter 10 %, multiset table", filter, rows, simple);
    Program keyedFilter =
        new Program()
            .keyedTable("t", "id BIGINT NOT NULL", "k STRING", "v BIGINT")
            .view("f", "SELECT id, v FROM t WHERE v < 100", "id BIGINT", "v BIGINT");
    measure("filter 10 %, table with key", keyedFilter, rows, simple);
    Program group =
        new Program()
            .appendOnlyTable("t", "id BIGINT", "k STRING", "v BIGINT")
            .view(
                "g",
                "SELECT k, COUNT(*) c, SUM(v) s FROM t GROUP BY k",
                "k STRING",
                "c BIGINT",
                "s BIGINT");
    measure(
        "GROUP BY 1M string keys, append only",
        group,
        rows,
        i -> row(i, StringData.fromString("key-" + (i * 7919 % 1_000_000)), i % 1_000));
    Program groupMultiset =
        new Program()
            .table("t", "id BIGINT", "k STRING", "v BIGINT")
            .view(
                "g",
                "SELECT k, COUNT(*) c, SUM(v) s FROM t GROUP BY k",
                "k STRING",
                "c BIGINT",
                "s BIGINT");
    measure(
        "GROUP BY 1M string keys, multiset",
        groupMultiset,
        rows,
        i -> row(i, StringData.fromString("key-" + (i * 7919 % 1_000_000)), i % 1_000));
    Program join =
        new Program()
            .table("t", "id BIGINT", "k STRING", "v BIGINT")
            .table("u", "id BIGINT", "w BIGINT")
            .view(
                "j",
                "SELECT t.id, t.v, u.w FROM t JOIN u ON t.id = u.id",
                "id BIGINT",
                "v BIGINT",
                "w BIGINT");
    try (RunningDataflow running =
        RunningDataflow.start(join.plan(), RunningDataflow.settings(), NOTHING)) {
      long begin = System.nanoTime();
      long cpu = SYSTEM.getProcessCpuTime();
      Thread other = new Thread(() -> feed(running, "u", rows / 2, i -> row(i, i)));
      other.start();
      feed(running, "t", rows / 2, i -> row(i, StringData.fromString("abc"), i));
      other.join();
      report("join of unique keys", rows, begin, cpu, running);
    }
  }

  private static void measure(String what, Program program, int rows, LongFunction<Change> make)
      throws Exception {
    Dataflow dataflow = Dataflow.open(program.plan(), RunningDataflow.settings(), NOTHING);
    dataflow.subscribe(dataflow.relations().get(1).name(), output -> {});
    dataflow.start();
    InputEndpoint input = dataflow.openInput("t", "bench");
    long begin = System.nanoTime();
    long cpu = SYSTEM.getProcessCpuTime();
    feed(input, rows, make);
    reportOn(what, rows, begin, cpu, dataflow);
    dataflow.close();
  }

  private static void feed(
      RunningDataflow running, String table, int rows, LongFunction<Change> make) {
    feed(running.input(table), rows, make);
  }

  private static void feed(InputEndpoint input, int rows, LongFunction<Change> make) {
    try {
      for (int from = 0; from < rows; from += 1_000) {
        List<Change> changes = new ArrayList<>(1_000);
        for (int i = 0; i < 1_000; i++) {
          changes.add(make.apply(from + i));
        }
        input.put(changes, 30_000);
      }
      input.whenComplete(input.totalRecords()).get();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void report(String what, int rows, long begin, long cpu, RunningDataflow running) {
    reportOn(what, rows, begin, cpu, running.dataflow);
  }

  private static void reportOn(String what, int rows, long begin, long cpu, Dataflow dataflow) {
    double millis = millis(begin);
    StepCounters counters = dataflow.steps().counters();
    System.out.printf(
        "%s: %,.0f rows/s, %.2f us CPU/row, %d steps of %.1f ms, load %.1f%n",
        what,
        rows / millis * 1_000,
        (SYSTEM.getProcessCpuTime() - cpu) / 1_000.0 / rows,
        counters.completedSteps(),
        counters.totalStepNanos() / 1e6 / counters.completedSteps(),
        SYSTEM.getSystemLoadAverage());
  }

  private static void check() throws Exception {
    PlanCheck check = new PlanCheck();
    for (int run = 0; run < 20; run++) {
      long begin = System.nanoTime();
      String answer = check.apply(tenViews(run, run));
      double fresh = millis(begin);
      begin = System.nanoTime();
      check.apply(tenViews(run, run + 1_000));
      System.out.printf(
          "check of 10 new views: %.0f ms, after an edit of one: %.0f ms %s%n",
          fresh, millis(begin), answer);
    }
  }

  private static String tenViews(int seed, int lastSeed) throws Exception {
    Program program = new Program().table("t", "id BIGINT", "k STRING", "v BIGINT");
    for (int i = 0; i < 10; i++) {
      program.view(
          "v" + i,
          ViewPlan.Kind.PLAIN,
          "SELECT a.k, COUNT(*) c, SUM(b.v + %d) s FROM t a JOIN t b ON a.id = b.id WHERE b.v > %d GROUP BY a.k"
              .formatted(i, i == 9 ? lastSeed : seed),
          "k STRING",
          "c BIGINT NOT NULL",
          "s BIGINT");
    }
    return new ObjectMapper().writeValueAsString(program.plan());
  }

  private static void idle(int seconds) throws Exception {
    Dataflow dataflow = Dataflow.open(smallPlan(), RunningDataflow.settings(), NOTHING);
    dataflow.start();
    InputEndpoint input = dataflow.openInput("t", "t.bench");
    input.put(List.of(row(1L, StringData.fromString("a"), 1L)), 8);
    input.whenComplete(1).get();
    System.gc();
    long begin = System.nanoTime();
    long cpu = SYSTEM.getProcessCpuTime();
    Thread.sleep(seconds * 1_000L);
    System.out.printf(
        "idle: %.2f %% of a core, RSS %s, threads %d, classes %d%n",
        (SYSTEM.getProcessCpuTime() - cpu) / 1e4 / millis(begin),
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmRSS"))
            .findFirst()
            .orElse("?"),
        ManagementFactory.getThreadMXBean().getThreadCount(),
        ManagementFactory.getClassLoadingMXBean().getLoadedClassCount());
  }

  private static double millis(long begin) {
    return (System.nanoTime() - begin) / 1e6;
  }
}
