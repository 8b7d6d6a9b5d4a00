package io.weirkeeper.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How fast pipelines start, compile, show a change and take rows, seen by a client of the API on
 * the same machine. Prints one table; see {@code bench/README.md} for what each figure means.
 */
public final class EngineBench {
  private static final List<String> GROUPS =
      List.of(
          "start", "memory", "edit", "latency", "filter", "keyed", "group", "join", "journal",
          "state", "limits");

  private static final double COLD_AIM_SECONDS = 4;
  private static final double WARM_AIM_SECONDS = 0.7;
  private static final double RESTART_AIM_SECONDS = 6;
  private static final Duration SPARE_PATIENCE = Duration.ofMinutes(1);

  /** A limit that gives another heap than the server's default, so that no spare process fits. */
  private static final int OWN_MEMORY_MEGABYTES = 3_000;

  private static final double EDIT_AIM_SECONDS = 0.5;
  private static final double MEMORY_AIM_MEGABYTES = 300;
  private static final double VISIBLE_AIM_MILLIS = 5;
  private static final double VISIBLE_P99_AIM_MILLIS = 25;
  private static final double FILTER_AIM_ROWS = 500_000;
  private static final double GROUP_AIM_ROWS = 250_000;
  private static final double JOIN_AIM_ROWS = 120_000;
  private static final double JOURNAL_AIM_PERCENT = 25;

  private static final int STARTS = 3;
  private static final int EDITS = 5;
  private static final int LATENCY_WARM_UP = 200;
  private static final int LATENCY_SAMPLES = 500;
  private static final int QUICK_LATENCY_SAMPLES = 100;
  private static final int LATENCY_KEYS = 10;
  private static final Duration SETTLING = Duration.ofSeconds(10);
  private static final int WARM_UP_ROWS = 200_000;
  private static final int GROUP_KEYS = 1_000_000;
  private static final int CONNECTIONS = 2;

  /** Times that a load is run with the journal, and without. */
  private static final int JOURNAL_ROUNDS = 2;

  /** Limit of a pipeline that holds a million keys; three fifths of it are its heap. */
  private static final int INGRESS_MEMORY_MEGABYTES = 5_000;

  private static final long COMPLETION_POLL_MILLIS = 5;

  private final Options options;
  private final ApiClient api;
  private final PrintStream progress = System.err;
  private final ResultTable table = new ResultTable(progress);

  private EngineBench(Options options) {
    this.options = options;
    this.api = new ApiClient(options.server());
  }

  /** Runs the bench against a server; {@code bench/engine} starts one and calls this. */
  public static void main(String[] arguments) throws Exception {
    Options options;
    try {
      options = Options.read(arguments, GROUPS);
    } catch (IllegalArgumentException e) {
      System.err.println("bench/engine: " + e.getMessage());
      System.exit(2);
      return;
    }
    new EngineBench(options).run();
  }

  private void run() throws Exception {
    String before = Machine.describe();
    progress.println("Measuring on " + before);
    if (options.wants("start") || options.wants("memory")) {
      starts();
    }
    if (options.wants("edit")) {
      edits();
    }
    if (options.wants("latency")) {
      latency();
    }
    ingress();
    if (options.wants("state")) {
      new StateFigures(options, api, table, this::awaitSpare).measure();
    }
    if (options.wants("limits")) {
      limits();
    }
    System.out.println();
    System.out.println("bench/engine" + (options.quick() ? " --quick" : "") + " on " + before);
    System.out.printf(
        Locale.ROOT,
        "load average at the end %.2f; 'load' is that of the minute before the figure%n%n",
        Machine.load());
    table.print(System.out);
  }

  // ---- start and memory

  private void starts() throws IOException, InterruptedException {
    startsOf("small", "3 relations", Programs.SMALL);
    startsOf("large", "10 views, 3 tables", Programs.tenViews(1));
    if (options.wants("start")) {
      restart();
    }
  }

  private void startsOf(String name, String what, String sql)
      throws IOException, InterruptedException {
    if (options.wants("start")) {
      api.put(name, sql, OWN_MEMORY_MEGABYTES);
      startRow("cold", name, what, COLD_AIM_SECONDS, "a JVM of its own each time");
      api.delete(name);
    }
    String id = api.put(name, sql, 0);
    if (options.wants("start")) {
      startRow("warm", name, what, WARM_AIM_SECONDS, "the spare process each time");
    }
    if (options.wants("memory")) {
      awaitSpare();
      api.start(name);
      memory(name, what, process(id));
    }
    api.delete(name);
  }

  /** Starts a pipeline some times, each time when a spare process is warm and nothing else runs. */
  private void startRow(String how, String name, String what, double aim, String notes)
      throws IOException, InterruptedException {
    String id = api.get(ApiClient.path(name)).path("id").asText();
    int times = options.quick() ? 1 : STARTS;
    double[] seconds = new double[times];
    double[] cpu = new double[times];
    for (int i = 0; i < times; i++) {
      OptionalLong spare = awaitSpare();
      double before = spare.isPresent() ? Machine.cpuMicros(spare.getAsLong()) / 1e6 : 0;
      seconds[i] = api.start(name);
      long pid = process(id);
      boolean used = spare.isPresent() && spare.getAsLong() == pid;
      if (used != how.equals("warm")) {
        throw new IllegalStateException(
            "the start was to be " + how + ", but process " + pid + " was used, spare: " + spare);
      }
      cpu[i] = Machine.cpuMicros(pid) / 1e6 - (used ? before : 0);
      api.stop(name);
    }
    median(
        "start to Running, " + how + " (" + what + ")",
        new Sample(seconds),
        aim,
        notes
            + String.format(
                Locale.ROOT, "; it used %.1f s of CPU from then on", new Sample(cpu).median()));
  }

  /** From the kill of a fault tolerant pipeline's process until it runs again. */
  private void restart() throws IOException, InterruptedException {
    String name = "tolerant";
    String id = api.put(name, Programs.SMALL, 0, true);
    api.start(name);
    int times = options.quick() ? 1 : STARTS;
    double[] seconds = new double[times];
    for (int i = 0; i < times; i++) {
      api.awaitComplete(name, api.ingress(name, "t", row(i)), 0);
      awaitSpare();
      seconds[i] = api.kill(name, process(id));
    }
    median(
        "kill -9 of its process to Running again (3 relations)",
        new Sample(seconds),
        RESTART_AIM_SECONDS,
        "fault tolerant; the pauses before the restarts are 1, 2, 4 s");
    api.delete(name);
  }

  /** Waits until the server has a warm spare process; its process id, if the server keeps any. */
  private OptionalLong awaitSpare() throws IOException, InterruptedException {
    Path spares = options.dataDirectory().resolve("pipelines/spare");
    long deadline = System.nanoTime() + SPARE_PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      OptionalLong spare = Machine.processIn(spares + "/");
      if (spare.isPresent()
          && Files.exists(Machine.directory(spare.getAsLong()).resolve("ready"))) {
        return spare;
      }
      Thread.sleep(COMPLETION_POLL_MILLIS);
    }
    throw new IllegalStateException("no spare process is warm in " + spares);
  }

  private void memory(String name, String what, long pid) throws IOException, InterruptedException {
    long cpuBefore = Machine.cpuMicros(pid);
    Thread.sleep(SETTLING.toMillis());
    double idle = (Machine.cpuMicros(pid) - cpuBefore) / (SETTLING.toMillis() * 1e3);
    double own = Machine.residentBytes(pid) / 1e6;
    double told = api.stats(name).path("rss_bytes").asDouble() / 1e6;
    table.atMost(
        "resident memory, idle (" + what + ")",
        ResultTable.number(own) + " MB",
        own,
        MEMORY_AIM_MEGABYTES,
        "MB",
        String.format(
            Locale.ROOT,
            "/stats says %s MB; %.1f %% of a CPU while idle",
            ResultTable.number(told),
            idle * 100));
  }

  private long process(String pipelineId) {
    return Machine.pipelineProcess(pipelineId)
        .orElseThrow(
            () -> new IllegalStateException("no process of pipeline " + pipelineId + " is there"));
  }

  private void median(String figure, Sample seconds, double aim, String notes) {
    table.atMost(
        figure,
        String.format(Locale.ROOT, "%.2f s, max %.2f s", seconds.median(), seconds.max()),
        seconds.median(),
        aim,
        "s",
        "median of " + seconds.count() + "; " + notes);
  }

  // ---- edit

  private void edits() throws IOException, InterruptedException {
    String name = "edited";
    api.put(name, Programs.tenViews(0), 0);
    int times = options.quick() ? 1 : EDITS;
    double[] seconds = new double[times];
    // The first edits warm the compiler; they are not counted.
    for (int i = -2; i < times; i++) {
      long began = System.nanoTime();
      long version = api.patchProgram(name, Programs.tenViews(100 + i));
      api.awaitCompiled(name, version);
      if (i >= 0) {
        seconds[i] = (System.nanoTime() - began) / 1e9;
      }
    }
    median(
        "edit to Success, warm (10 views)",
        new Sample(seconds),
        EDIT_AIM_SECONDS,
        "a PATCH of the program, then polling");
    api.delete(name);
  }

  // ---- latency

  private void latency() throws Exception {
    String name = "latency";
    api.put(name, Programs.SMALL, 0);
    api.start(name);
    int samples = options.quick() ? QUICK_LATENCY_SAMPLES : LATENCY_SAMPLES;
    double[] visible = new double[samples];
    double[] answered = new double[samples];
    double[] complete = new double[samples];
    int id = 1;
    try (ChangeReader changes = new ChangeReader(api.egress(name, "g"), "newest")) {
      for (int i = -LATENCY_WARM_UP; i < samples; i++, id++) {
        byte[] row = row(id);
        long began = System.nanoTime();
        String unused = api.ingress(name, "t", row);
        long answeredAt = System.nanoTime();
        long visibleAt = changes.await(id);
        if (i >= 0) {
          answered[i] = (answeredAt - began) / 1e6;
          visible[i] = (visibleAt - began) / 1e6;
        }
      }
    }
    for (int i = -LATENCY_WARM_UP / 2; i < samples; i++, id++) {
      byte[] row = row(id);
      long began = System.nanoTime();
      api.awaitComplete(name, api.ingress(name, "t", row), 0);
      if (i >= 0) {
        complete[i] = (System.nanoTime() - began) / 1e6;
      }
    }
    latencyRow(
        "push to visible on a change stream (GROUP BY)",
        new Sample(visible),
        "from sending one row; its POST is answered after "
            + millis(new Sample(answered).median()));
    latencyRow(
        "push to completion token complete",
        new Sample(complete),
        "one row, then asking in a loop");
    plainLatency(samples);
    api.delete(name);
  }

  private static byte[] row(int id) {
    String row =
        "{\"insert\":{\"id\":%d,\"k\":\"key-%d\",\"v\":%d,\"p\":1.5}}\n"
            .formatted(id, id % LATENCY_KEYS, id);
    return row.getBytes(StandardCharsets.UTF_8);
  }

  private void latencyRow(String figure, Sample millis, String notes) {
    table.atMost(
        figure,
        millis(millis.median()) + " p50",
        millis.median(),
        VISIBLE_AIM_MILLIS,
        "ms p50",
        "of " + millis.count() + "; " + notes);
    double slow = millis.quantile(0.99);
    table.atMost(
        figure, millis(slow) + " p99", slow, VISIBLE_P99_AIM_MILLIS, "ms p99", "the same run");
  }

  private void plainLatency(int samples) throws Exception {
    try (PlainServer plain =
        new PlainServer("{\"token\":\"none\"}".getBytes(StandardCharsets.UTF_8))) {
      ApiClient client = new ApiClient(plain.uri());
      double[] millis = new double[samples];
      for (int i = -LATENCY_WARM_UP; i < samples; i++) {
        byte[] row = row(i);
        long began = System.nanoTime();
        String unused = client.ingress("none", "t", row);
        if (i >= 0) {
          millis[i] = (System.nanoTime() - began) / 1e6;
        }
      }
      Sample sample = new Sample(millis);
      table.plain(
          "limit: the same POST to a plain handler",
          quantiles(sample),
          "of " + sample.count() + "; same client, same run");
    }
  }

  private static String quantiles(Sample millis) {
    return "p50 " + millis(millis.median()) + ", p99 " + millis(millis.quantile(0.99));
  }

  private static String millis(double value) {
    return ResultTable.number(value) + " ms";
  }

  // ---- ingress

  /** Rows for one table over one connection. */
  private record Stream(String table, List<byte[]> bodies) {}

  /**
   * A program and the rows for it.
   *
   * @param aim rows a second; 0 for none
   * @param countQuery a query that counts the rows in its view, or null
   */
  private record Load(String what, String sql, boolean twoTables, double aim, String countQuery) {}

  /** What a load took. */
  private record Taken(double seconds, String notes) {}

  private static final Load FILTER =
      new Load(
          "filter, table without a key",
          Programs.table("t") + Programs.FILTER,
          false,
          FILTER_AIM_ROWS,
          null);
  private static final Load KEYED_FILTER =
      new Load(
          "filter, table with PRIMARY KEY",
          Programs.keyedTable("t") + Programs.FILTER,
          false,
          0,
          null);
  private static final Load GROUP =
      new Load(
          "GROUP BY on 1M keys",
          Programs.table("t") + "CREATE VIEW g AS " + Programs.GROUP,
          false,
          GROUP_AIM_ROWS,
          null);
  private static final Load MATERIALIZED_GROUP =
      new Load(
          "GROUP BY on 1M keys, materialized",
          Programs.table("t") + "CREATE MATERIALIZED VIEW g AS " + Programs.GROUP,
          false,
          0,
          "SELECT CAST(SUM(c) AS BIGINT) AS n FROM g");
  private static final Load JOIN =
      new Load(
          "equi-join of two tables without a key",
          Programs.table("t") + Programs.table("u") + Programs.JOIN,
          true,
          JOIN_AIM_ROWS,
          null);

  private void ingress() throws Exception {
    if (options.wants("filter")) {
      ingress(FILTER);
    }
    if (options.wants("keyed")) {
      ingress(KEYED_FILTER);
    }
    if (options.wants("group")) {
      ingress(GROUP);
      ingress(MATERIALIZED_GROUP);
    }
    if (options.wants("join")) {
      ingress(JOIN);
    }
    if (options.wants("journal")) {
      journal(FILTER);
      journal(GROUP);
    }
  }

  private void ingress(Load load) throws Exception {
    Taken taken = take(load, false);
    double rate = options.rows() / taken.seconds();
    String figure = "ingress rows/s, " + load.what();
    String measured = ResultTable.number(rate) + " rows/s";
    if (load.aim() == 0) {
      table.plain(figure, measured, taken.notes());
    } else {
      table.atLeast(figure, measured, rate, load.aim(), "rows/s", taken.notes());
    }
  }

  /** What fault tolerance takes of the rate: both ways in turn, so that both see the same hour. */
  private void journal(Load load) throws Exception {
    double without = 0;
    double with = 0;
    for (int round = 0; round < JOURNAL_ROUNDS; round++) {
      without += take(load, false).seconds();
      with += take(load, true).seconds();
    }
    double rows = (double) JOURNAL_ROUNDS * options.rows();
    double cost = 100 * (1 - without / with);
    table.atMost(
        "cost of the journal, " + load.what(),
        ResultTable.number(cost) + " % of rows/s",
        cost,
        JOURNAL_AIM_PERCENT,
        "%",
        "exactly_once: "
            + ResultTable.number(rows / with)
            + " rows/s, none: "
            + ResultTable.number(rows / without)
            + " rows/s; "
            + JOURNAL_ROUNDS
            + " runs of each, in turn");
  }

  private Taken take(Load load, boolean faultTolerant) throws Exception {
    String name = "ingress";
    progress.println("  " + load.what() + (faultTolerant ? ", exactly once" : "") + " ...");
    String id = api.put(name, load.sql(), INGRESS_MEMORY_MEGABYTES, faultTolerant);
    api.start(name);
    int warmUp = Math.min(WARM_UP_ROWS, options.rows());
    push(name, streams(-warmUp, warmUp, load.twoTables()));
    List<Stream> streams = streams(0, options.rows(), load.twoTables());
    final long pid = process(id);
    final long cpuBefore = Machine.cpuMicros(pid);
    final long began = System.nanoTime();
    long accepted = push(name, streams);
    double seconds = (System.nanoTime() - began) / 1e9;
    double cpuMicros = Machine.cpuMicros(pid) - cpuBefore;
    check(name, warmUp + options.rows(), load.countQuery());
    String notes =
        String.format(
            Locale.ROOT,
            "%,d rows complete in %.1f s (accepted in %.1f s); process: %.2f us CPU a row, %s MB",
            options.rows(),
            seconds,
            (accepted - began) / 1e9,
            cpuMicros / options.rows(),
            ResultTable.number(Machine.residentBytes(pid) / 1e6));
    api.delete(name);
    return new Taken(seconds, notes);
  }

  /** Bodies for two connections: into one table, or half of the rows into each of two. */
  private List<Stream> streams(long firstId, int rows, boolean twoTables) {
    if (twoTables) {
      List<byte[]> half = Bodies.of(firstId, rows / 2, GROUP_KEYS);
      return List.of(new Stream("t", half), new Stream("u", half));
    }
    List<byte[]> all = Bodies.of(firstId, rows, GROUP_KEYS);
    List<Stream> streams = new ArrayList<>();
    for (int c = 0; c < CONNECTIONS; c++) {
      List<byte[]> share = new ArrayList<>();
      for (int i = c; i < all.size(); i += CONNECTIONS) {
        share.add(all.get(i));
      }
      streams.add(new Stream("t", share));
    }
    return streams;
  }

  /** Sends everything and waits until it is complete; returns when the last body was accepted. */
  private long push(String name, List<Stream> streams) throws Exception {
    List<Callable<String>> senders = new ArrayList<>();
    for (Stream stream : streams) {
      senders.add(
          () -> {
            String token = "";
            for (byte[] body : stream.bodies()) {
              token = api.ingress(name, stream.table(), body);
            }
            return token;
          });
    }
    List<String> tokens = inParallel(senders);
    final long accepted = System.nanoTime();
    for (String token : tokens) {
      api.awaitComplete(name, token, COMPLETION_POLL_MILLIS);
    }
    return accepted;
  }

  private static <T> List<T> inParallel(List<Callable<T>> work) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(work.size());
    try {
      List<T> results = new ArrayList<>();
      for (Future<T> done : threads.invokeAll(work)) {
        results.add(done.get());
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }

  /** A rate of rows that were lost is worth nothing. */
  private void check(String name, long rows, String countQuery)
      throws IOException, InterruptedException {
    JsonNode stats = api.stats(name);
    long processed = stats.path("total_completed_records").asLong();
    long counted = countQuery == null ? rows : api.queryOne(name, countQuery).path("n").asLong();
    if (processed != rows || counted != rows) {
      throw new IllegalStateException(
          "pushed %d rows into %s, but it has completed %d and its view counts %d"
              .formatted(rows, name, processed, counted));
    }
  }

  // ---- limits

  private void limits() throws Exception {
    List<Stream> streams = streams(0, options.rows(), false);
    byte[] answer = "{\"token\":\"none\"}".getBytes(StandardCharsets.UTF_8);
    try (PlainServer plain = new PlainServer(answer)) {
      ApiClient client = new ApiClient(plain.uri());
      double seconds = 0;
      for (int round = 0; round < 2; round++) { // The first one warms up.
        List<Callable<Void>> senders = new ArrayList<>();
        for (Stream stream : streams) {
          senders.add(
              () -> {
                for (byte[] body : stream.bodies()) {
                  String unused = client.ingress("none", stream.table(), body);
                }
                return null;
              });
        }
        long began = System.nanoTime();
        List<Void> unused = inParallel(senders);
        seconds = (System.nanoTime() - began) / 1e9;
      }
      limit("limit: the same bodies to a handler that drops them", streams, seconds);
    }
    double seconds = 0;
    for (int round = 0; round < 2; round++) {
      long began = System.nanoTime();
      long names = 0;
      for (Stream stream : streams) {
        for (byte[] body : stream.bodies()) {
          names += parse(body);
        }
      }
      seconds = (System.nanoTime() - began) / 1e9;
      if (names != 5L * options.rows()) {
        throw new IllegalStateException(
            "parsed " + names + " fields of " + options.rows() + " rows");
      }
    }
    limit("limit: the same bodies through Jackson, one thread", streams, seconds);
  }

  private void limit(String figure, List<Stream> streams, double seconds) {
    long bytes = streams.stream().mapToLong(s -> Bodies.bytes(s.bodies())).sum();
    table.plain(
        figure,
        ResultTable.number(options.rows() / seconds) + " rows/s",
        ResultTable.number(bytes / 1e6 / seconds) + " MB/s");
  }

  /** Reads every value as its column's type, and keeps nothing. */
  private static long parse(byte[] body) throws IOException {
    long names = 0;
    long sum = 0;
    try (JsonParser parser = FACTORY.createParser(body)) {
      for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
        switch (token) {
          case FIELD_NAME -> names++;
          case VALUE_NUMBER_INT -> sum += parser.getLongValue();
          case VALUE_NUMBER_FLOAT -> sum += (long) parser.getDoubleValue();
          case VALUE_STRING -> sum += parser.getTextLength();
          default -> {
            // Brackets.
          }
        }
      }
    }
    return sum == 0 ? 0 : names;
  }

  private static final JsonFactory FACTORY = new JsonFactory();
}
