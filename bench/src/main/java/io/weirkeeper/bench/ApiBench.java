package io.weirkeeper.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;

/**
 * How fast the control plane answers: creating, reading, listing and editing many pipelines. Reads
 * stand beside a plain handler that writes the same bytes to the same client in the same run.
 */
public final class ApiBench {
  private static final List<String> GROUPS = List.of("get", "list", "patch");

  private static final int PIPELINES = 1_000;
  private static final int QUICK_PIPELINES = 100;
  private static final int READERS = 64;
  private static final int WRITERS = 16;
  private static final int LISTS = 50;
  private static final Duration WARM_UP = Duration.ofSeconds(3);
  private static final Duration MEASURED = Duration.ofSeconds(5);
  private static final Duration COMPILING = Duration.ofMinutes(10);
  private static final String PROGRAM = "CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v BIGINT);";

  private final Options options;
  private final int pipelines;
  private final ApiClient api;
  private final PrintStream progress = System.err;
  private final ResultTable table = new ResultTable(progress);

  private ApiBench(Options options) {
    this.options = options;
    this.pipelines = options.quick() ? QUICK_PIPELINES : PIPELINES;
    this.api = new ApiClient(options.server());
  }

  /** Runs the bench against a server; {@code bench/api} starts one and calls this. */
  public static void main(String[] arguments) throws Exception {
    Options options;
    try {
      options = Options.read(arguments, GROUPS);
    } catch (IllegalArgumentException e) {
      System.err.println("bench/api: " + e.getMessage());
      System.exit(2);
      return;
    }
    new ApiBench(options).run();
  }

  private void run() throws Exception {
    String before = Machine.describe();
    progress.println("Measuring on " + before);
    create();
    if (options.wants("get")) {
      get("all");
      get("status");
    }
    if (options.wants("list")) {
      list("all");
      list("status");
    }
    if (options.wants("patch")) {
      patch();
    }
    System.out.println();
    System.out.println("bench/api" + (options.quick() ? " --quick" : "") + " on " + before);
    System.out.printf(
        Locale.ROOT,
        "load average at the end %.2f; 'load' is that of the minute before the figure%n%n",
        Machine.load());
    table.print(System.out);
  }

  private static String name(int number) {
    return "pipeline-" + number;
  }

  private void create() throws Exception {
    List<HttpLoad.Call> calls = new ArrayList<>();
    for (int i = 0; i < pipelines; i++) {
      String body =
          ApiClient.JSON
              .createObjectNode()
              .put("name", name(i))
              .put("program_code", PROGRAM)
              .toString();
      calls.add(new HttpLoad.Call(HttpMethod.POST, "/v0/pipelines", Buffer.buffer(body)));
    }
    long began = System.nanoTime();
    try (HttpLoad load = new HttpLoad(options.server(), WRITERS)) {
      rate("create, " + WRITERS + " connections", load.once(calls), pipelines + " pipelines");
    }
    awaitCompiled();
    double seconds = (System.nanoTime() - began) / 1e9;
    table.plain(
        "create until all are compiled",
        ResultTable.number(pipelines / seconds) + " programs/s",
        "one small table each");
  }

  private void awaitCompiled() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + COMPILING.toNanos();
    while (true) {
      int compiled = 0;
      for (JsonNode pipeline : api.get("/v0/pipelines?selector=status")) {
        compiled += pipeline.path("program_status").asText().equals("Success") ? 1 : 0;
      }
      if (compiled == pipelines) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            compiled + " of " + pipelines + " programs were compiled in " + COMPILING);
      }
      Thread.sleep(500);
    }
  }

  private void get(String selector) throws Exception {
    IntFunction<HttpLoad.Call> calls =
        i ->
            new HttpLoad.Call(
                HttpMethod.GET,
                ApiClient.path(name((int) (i * 7919L % pipelines))) + "?selector=" + selector,
                null);
    byte[] same =
        api.get(calls.apply(0).path()).toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    HttpLoad.Outcome ours = loop(options.server(), calls);
    HttpLoad.Outcome limit;
    try (PlainServer plain = new PlainServer(same)) {
      limit = loop(plain.uri(), calls);
    }
    String what = "GET one of " + pipelines + ", selector=" + selector;
    rate(
        what,
        ours,
        String.format(
            Locale.ROOT,
            "%d connections, %,d bytes; %.0f %% of the limit",
            READERS,
            same.length,
            100 * ours.perSecond() / limit.perSecond()));
    rate("limit: plain handler, the same bytes", limit, "same client, same run");
  }

  private HttpLoad.Outcome loop(URI server, IntFunction<HttpLoad.Call> calls) throws Exception {
    try (HttpLoad load = new HttpLoad(server, READERS)) {
      HttpLoad.Outcome unused = load.during(WARM_UP, calls);
      return load.during(MEASURED, calls);
    }
  }

  private void list(String selector) throws Exception {
    String path = "/v0/pipelines?selector=" + selector;
    byte[] same = api.get(path).toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    Sample ours = lists(options.server(), path);
    Sample limit;
    try (PlainServer plain = new PlainServer(same)) {
      limit = lists(plain.uri(), path);
    }
    table.plain(
        "list of " + pipelines + ", selector=" + selector,
        quantiles(ours),
        String.format(
            Locale.ROOT,
            "%,d bytes, one after the other; a plain handler: %s",
            same.length,
            quantiles(limit)));
  }

  private static Sample lists(URI server, String path) throws Exception {
    HttpLoad.Call call = new HttpLoad.Call(HttpMethod.GET, path, null);
    List<HttpLoad.Call> calls = new ArrayList<>();
    for (int i = 0; i < LISTS; i++) {
      calls.add(call);
    }
    try (HttpLoad load = new HttpLoad(server, 1)) {
      HttpLoad.Outcome unused = load.once(calls);
      return load.once(calls).millis();
    }
  }

  private void patch() throws Exception {
    List<HttpLoad.Call> calls = new ArrayList<>();
    for (int i = 0; i < pipelines; i++) {
      String body = ApiClient.JSON.createObjectNode().put("description", "edited " + i).toString();
      calls.add(new HttpLoad.Call(HttpMethod.PATCH, ApiClient.path(name(i)), Buffer.buffer(body)));
    }
    try (HttpLoad load = new HttpLoad(options.server(), WRITERS)) {
      rate(
          "PATCH of the description, " + WRITERS + " connections",
          load.once(calls),
          "a different pipeline each");
    }
  }

  private void rate(String figure, HttpLoad.Outcome outcome, String notes) {
    table.plain(
        figure,
        ResultTable.number(outcome.perSecond()) + "/s",
        quantiles(outcome.millis()) + "; " + notes);
  }

  private static String quantiles(Sample millis) {
    return String.format(
        Locale.ROOT,
        "p50 %s ms, p99 %s ms",
        ResultTable.number(millis.median()),
        ResultTable.number(millis.quantile(0.99)));
  }
}
