package io.weirkeeper.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * How fast the control plane answers: creating, reading, listing and editing many pipelines, how
 * much memory they take and how quickly they are back after a restart. Reads stand beside a plain
 * handler that writes the same bytes to the same client in the same run, and are measured while
 * statuses change.
 */
public final class ApiBench {
  private static final List<String> GROUPS =
      List.of("create", "get", "list", "beside", "patch", "idle", "many");

  private static final int PIPELINES = 1_000;
  private static final int QUICK_PIPELINES = 100;
  private static final int BURST = 5_000;
  private static final int QUICK_BURST = 500;

  /** Pipelines, spread over all shards, that are asked for after a restart. */
  private static final int PROBES = 1_000;

  private static final int MANY = 100_000;
  private static final int QUICK_MANY = 2_000;
  private static final int CLIENTS = 64;
  private static final int LISTING = 16;
  private static final int LISTING_BESIDE = 4;
  private static final Duration WARM_UP = Duration.ofSeconds(4);
  private static final Duration MEASURED = Duration.ofSeconds(6);
  private static final Duration IDLE = Duration.ofSeconds(20);
  private static final Duration SETTLING = Duration.ofSeconds(10);
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
    if (options.wants("create")) {
      burst();
    }
    populate();
    measure("get", this::get);
    measure("list", this::list);
    measure("beside", this::getBesideLists);
    measure("patch", this::patch);
    measure("idle", this::idle);
    measure("many", this::many);
    System.out.println();
    System.out.println("bench/api" + (options.quick() ? " --quick" : "") + " on " + before);
    System.out.printf(
        Locale.ROOT,
        "load average at the end %.2f; 'load' is that of the minute before the figure%n%n",
        Machine.load());
    table.print(System.out);
  }

  private interface Figures {
    void measure() throws Exception;
  }

  private void measure(String group, Figures figures) throws Exception {
    if (options.wants(group)) {
      figures.measure();
    }
  }

  static String name(int number) {
    return "pipeline-" + number;
  }

  // ---- writing --------------------------------------------------------------------------------

  private static HttpLoad.Call create(String name) {
    String body =
        ApiClient.JSON.createObjectNode().put("name", name).put("program_code", PROGRAM).toString();
    return new HttpLoad.Call(HttpMethod.POST, "/v0/pipelines", Buffer.buffer(body));
  }

  /** Creates many while the compiler is held, so that only the creation is measured. */
  private void burst() throws Exception {
    int count = options.quick() ? QUICK_BURST : BURST;
    long compiler = Machine.childWith(serverPid(), "CompilerMain").orElseThrow();
    signal("STOP", compiler);
    try (HttpLoad load = new HttpLoad(options.server(), CLIENTS)) {
      // The first burst warms both virtual machines up, as the reads are warmed up.
      HttpLoad.Outcome cold = load.once(creations("cold-", count));
      HttpLoad.Outcome unused = load.once(deletions("cold-", count));
      HttpLoad.Outcome created = load.once(creations("burst-", count));
      table.atLeast(
          "create, " + CLIENTS + " clients",
          perSecond(created),
          created.perSecond(),
          2_000,
          "/s",
          String.format(
              Locale.ROOT,
              "%s; a burst of %d with the compiler held; fsync on; the first burst after the start"
                  + " %s",
              quantiles(created),
              count,
              perSecond(cold)));
      HttpLoad.Outcome deleted = load.once(deletions("burst-", count));
      table.plain("delete, " + CLIENTS + " clients", perSecond(deleted), quantiles(deleted));
    } finally {
      signal("CONT", compiler);
    }
  }

  private static List<HttpLoad.Call> creations(String prefix, int count) {
    return calls(count, i -> create(prefix + i));
  }

  private static List<HttpLoad.Call> deletions(String prefix, int count) {
    return calls(
        count, i -> new HttpLoad.Call(HttpMethod.DELETE, ApiClient.path(prefix + i), null));
  }

  private static void signal(String signal, long pid) throws IOException, InterruptedException {
    int status = new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor();
    if (status != 0) {
      throw new IllegalStateException("cannot send " + signal + " to " + pid);
    }
  }

  private static List<HttpLoad.Call> calls(int count, IntFunction<HttpLoad.Call> call) {
    return IntStream.range(0, count).mapToObj(call).toList();
  }

  /** Makes the pipelines that everything else is measured on. */
  private void populate() throws Exception {
    long began = System.nanoTime();
    try (HttpLoad load = new HttpLoad(options.server(), CLIENTS)) {
      HttpLoad.Outcome unused = load.once(calls(pipelines, i -> create(name(i))));
    }
    awaitCompiled();
    double seconds = (System.nanoTime() - began) / 1e9;
    table.plain(
        "create until all are compiled",
        ResultTable.number(pipelines / seconds) + " programs/s",
        pipelines + " programs of one small table each");
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

  private void patch() throws Exception {
    int count = options.quick() ? QUICK_BURST : BURST * 4;
    IntFunction<HttpLoad.Call> edit =
        i ->
            new HttpLoad.Call(
                HttpMethod.PATCH,
                ApiClient.path(name(i % pipelines)),
                Buffer.buffer(
                    ApiClient.JSON
                        .createObjectNode()
                        .put("description", "edited " + i)
                        .toString()));
    try (HttpLoad load = new HttpLoad(options.server(), CLIENTS)) {
      HttpLoad.Outcome first = load.once(calls(count, i -> edit.apply(i + 7)));
      HttpLoad.Outcome edited = load.once(calls(count, edit));
      table.atLeast(
          "PATCH of the description, " + CLIENTS + " clients",
          perSecond(edited),
          edited.perSecond(),
          3_000,
          "/s",
          quantiles(edited)
              + "; fsync on; the first "
              + count
              + " after the start "
              + perSecond(first));
    }
  }

  // ---- reading --------------------------------------------------------------------------------

  private void get() throws Exception {
    HttpLoad.Outcome all =
        read("GET one of " + pipelines + ", selector=all", "?selector=all", null, 65);
    read("the same, selector=status", "?selector=status", null, 0);
    read(
        "the same, selector=all, gzip",
        "?selector=all",
        new HttpLoad.Header("Accept-Encoding", "gzip"),
        0);
    notModified(all);
    oneConnection();
  }

  private HttpLoad.Call getOne(int i, String query, HttpLoad.Header header) {
    return new HttpLoad.Call(
        HttpMethod.GET, ApiClient.path(name((int) (i * 7919L % pipelines))) + query, null, header);
  }

  private HttpLoad.Outcome read(
      String figure, String query, HttpLoad.Header header, double leastPercent) throws Exception {
    IntFunction<HttpLoad.Call> calls = i -> getOne(i, query, header);
    byte[] same = body(calls.apply(0));
    HttpLoad.Outcome limit;
    try (PlainServer plain = new PlainServer(same)) {
      limit = loop(plain.uri(), calls, CLIENTS);
    }
    HttpLoad.Outcome ours;
    try (StatusChanges changes = new StatusChanges(options.server())) {
      ours = loop(options.server(), calls, CLIENTS);
    }
    compare(figure, ours, limit, CLIENTS, same.length, leastPercent);
    return ours;
  }

  private void compare(
      String figure,
      HttpLoad.Outcome ours,
      HttpLoad.Outcome limit,
      int connections,
      int bytes,
      double leastPercent) {
    double percent = 100 * ours.perSecond() / limit.perSecond();
    String notes =
        String.format(
            Locale.ROOT,
            "%s; %d connections, %,d bytes; %.0f %% of the limit",
            quantiles(ours),
            connections,
            bytes,
            percent);
    if (leastPercent > 0) {
      table.atLeast(figure, perSecond(ours), percent, leastPercent, "% of the limit", notes);
    } else {
      table.plain(figure, perSecond(ours), notes);
    }
    table.plain(
        "limit: plain handler, the same bytes",
        perSecond(limit),
        quantiles(limit) + "; same client, same run");
  }

  private void notModified(HttpLoad.Outcome all) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(options.server() + ApiClient.path(name(pipelines / 2))))
            .build();
    String tag =
        HttpClient.newHttpClient()
            .send(request, BodyHandlers.discarding())
            .headers()
            .firstValue("ETag")
            .orElse(null);
    if (tag == null) {
      table.plain("the same, answered 304", "not available", "the server sends no ETag");
      return;
    }
    HttpLoad.Call call =
        new HttpLoad.Call(
            HttpMethod.GET,
            ApiClient.path(name(pipelines / 2)),
            null,
            new HttpLoad.Header("If-None-Match", tag));
    HttpLoad.Outcome ours = loop(options.server(), i -> call, CLIENTS);
    table.plain(
        "the same, answered 304",
        perSecond(ours),
        String.format(
            Locale.ROOT,
            "%s; %.0f %% of the rate with the body",
            quantiles(ours),
            100 * ours.perSecond() / all.perSecond()));
  }

  private void oneConnection() throws Exception {
    HttpLoad.Header gzip = new HttpLoad.Header("Accept-Encoding", "gzip");
    HttpLoad.Outcome ours = loop(options.server(), i -> getOne(i, "", gzip), 1);
    table.atMost(
        "GET with gzip on one connection, p50",
        ResultTable.number(ours.millis().median()) + " ms",
        ours.millis().median(),
        2,
        "ms",
        quantiles(ours));
  }

  private static byte[] body(HttpLoad.Call call, URI server) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server + call.path()));
    if (call.header() != null) {
      request.header(call.header().name(), call.header().value());
    }
    return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofByteArray()).body();
  }

  private byte[] body(HttpLoad.Call call) throws Exception {
    return body(call, options.server());
  }

  private static HttpLoad.Outcome loop(
      URI server, IntFunction<HttpLoad.Call> calls, int connections) throws Exception {
    try (HttpLoad load = new HttpLoad(server, connections)) {
      HttpLoad.Outcome unused = load.during(WARM_UP, calls);
      return load.during(MEASURED, calls);
    }
  }

  private void list() throws Exception {
    list("status", 60);
    list("all", 0);
  }

  private static HttpLoad.Call listCall(String selector) {
    return new HttpLoad.Call(HttpMethod.GET, "/v0/pipelines?selector=" + selector, null);
  }

  private void list(String selector, double leastPercent) throws Exception {
    HttpLoad.Call call = listCall(selector);
    byte[] same = body(call);
    HttpLoad.Outcome limit;
    try (PlainServer plain = new PlainServer(same)) {
      limit = loop(plain.uri(), i -> call, LISTING);
    }
    HttpLoad.Outcome ours;
    try (StatusChanges changes = new StatusChanges(options.server())) {
      ours = loop(options.server(), i -> call, LISTING);
    }
    compare(
        "list of " + pipelines + ", selector=" + selector,
        ours,
        limit,
        LISTING,
        same.length,
        leastPercent);
  }

  private void getBesideLists() throws Exception {
    HttpLoad.Call list = listCall("status");
    ExecutorService listing = Executors.newSingleThreadExecutor();
    try (StatusChanges changes = new StatusChanges(options.server());
        HttpLoad lists = new HttpLoad(options.server(), LISTING_BESIDE)) {
      Future<HttpLoad.Outcome> running =
          listing.submit(() -> lists.during(WARM_UP.plus(MEASURED).plusSeconds(2), i -> list));
      HttpLoad.Outcome ours = loop(options.server(), i -> getOne(i, "?selector=status", null), 1);
      HttpLoad.Outcome listed = running.get();
      table.atMost(
          "one GET while " + LISTING_BESIDE + " clients list " + pipelines + ", p99",
          ResultTable.number(ours.millis().quantile(0.99)) + " ms",
          ours.millis().quantile(0.99),
          10,
          "ms",
          quantiles(ours) + "; lists " + perSecond(listed));
    } finally {
      listing.shutdownNow();
    }
  }

  // ---- being there ----------------------------------------------------------------------------

  private long serverPid() throws IOException {
    return ApiClient.JSON
        .readTree(options.dataDirectory().resolve("instance.json").toFile())
        .path("pid")
        .asLong();
  }

  private void idle() throws Exception {
    Thread.sleep(SETTLING.toMillis());
    double before = statements();
    Thread.sleep(IDLE.toMillis());
    double rate = (statements() - before) / IDLE.toSeconds();
    table.atMost(
        "database statements while " + pipelines + " stopped pipelines idle",
        ResultTable.number(rate) + "/s",
        rate,
        10,
        "/s",
        "over " + IDLE.toSeconds() + " s, by the server's own count");
    memory(serverPid(), pipelines, options.dataDirectory().toString());
  }

  private double statements() throws Exception {
    URI management =
        URI.create(
            ApiClient.JSON
                .readTree(options.dataDirectory().resolve("instance.json").toFile())
                .path("management_url")
                .asText());
    String text =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(management.resolve("/metrics")).build(),
                BodyHandlers.ofString())
            .body();
    return text.lines()
        .filter(line -> line.startsWith("weirkeeper_store_statements_seconds_count"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private void memory(long pid, int count, String dataDirectory) {
    double mebibytes = Machine.residentBytes(pid) / 1048576.0;
    String figure = String.format(Locale.ROOT, "resident memory, %,d stopped pipelines", count);
    double bound = count <= PIPELINES ? 300 : 1_500;
    long compiler =
        Machine.childWith(pid, "CompilerMain").stream().map(Machine::residentBytes).sum();
    table.atMost(
        figure,
        ResultTable.number(mebibytes) + " MiB",
        mebibytes,
        bound,
        "MiB",
        String.format(
            Locale.ROOT, "the controller; beside it the compiler with %d MiB", compiler >> 20));
  }

  /** A server of its own with a large population, restarted. */
  private void many() throws Exception {
    int total = options.quick() ? QUICK_MANY : MANY;
    try (ServerProcess server =
        new ServerProcess(
            options.launcher(),
            options.dataDirectory().resolveSibling("many"),
            options.server().getPort() + 2)) {
      server.start();
      server.awaitReady();
      ApiClient first = new ApiClient(server.uri());
      String unused = first.put(name(0), PROGRAM, 0);
      server.stop();
      progress.println("  filling the database with " + total + " pipelines ...");
      Population.fill(server.data(), "pipeline-", total);
      restart(server, total);
      Thread.sleep(SETTLING.toMillis());
      memory(server.pid(), total, server.data().toString());
      URI uri = server.uri();
      HttpLoad.Outcome reads =
          loop(
              uri,
              i ->
                  new HttpLoad.Call(
                      HttpMethod.GET,
                      ApiClient.path(name((int) (i * 7919L % total))) + "?selector=all",
                      null),
              CLIENTS);
      table.plain(
          String.format(Locale.ROOT, "GET one of %,d, selector=all", total),
          perSecond(reads),
          quantiles(reads) + "; first reads among them");
      HttpLoad.Call list = listCall("status");
      try (HttpLoad load = new HttpLoad(uri, 1)) {
        HttpLoad.Outcome lists = load.once(List.of(list, list, list));
        table.plain(
            String.format(Locale.ROOT, "list of %,d, selector=status", total),
            ResultTable.number(lists.millis().median()) + " ms",
            "one client, median of 3");
      }
      table.plain(
          "resident memory after these reads",
          (Machine.residentBytes(server.pid()) >> 20) + " MiB",
          "");
    }
  }

  private void restart(ServerProcess server, int total) throws Exception {
    long began = System.nanoTime();
    server.start();
    Deque<String> unanswered = new ArrayDeque<>();
    for (int i = 0; i < PROBES; i++) {
      unanswered.add(name((int) (i * 7919L % total)));
    }
    double first = secondsUntil(server, began, unanswered, PROBES - 1);
    double last = secondsUntil(server, began, unanswered, 0);
    server.awaitReady();
    table.atMost(
        String.format(Locale.ROOT, "restart with %,d pipelines, first answer", total),
        ResultTable.number(first) + " s",
        first,
        10,
        "s",
        "from the start of the process, the database was stopped too; the first of "
            + PROBES
            + " pipelines of all shards that answers");
    table.atMost(
        String.format(Locale.ROOT, "restart with %,d pipelines, last answer", total),
        ResultTable.number(last) + " s",
        last,
        30,
        "s",
        "all of these");
  }

  /** Asks for one after the other, and takes out those that answered, until few enough are left. */
  private static double secondsUntil(
      ServerProcess server, long began, Deque<String> unanswered, int left) throws Exception {
    HttpClient http = HttpClient.newHttpClient();
    long deadline = System.nanoTime() + COMPILING.toNanos();
    while (unanswered.size() > left) {
      String name = unanswered.remove();
      HttpRequest request =
          HttpRequest.newBuilder(server.uri().resolve(ApiClient.path(name) + "?selector=all"))
              .timeout(Duration.ofSeconds(2))
              .build();
      boolean answered = false;
      try {
        HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
        answered =
            response.statusCode() == 200
                && ApiClient.JSON.readTree(response.body()).path("name").asText().equals(name);
      } catch (IOException e) {
        // It does not listen yet.
      }
      if (!answered) {
        unanswered.add(name);
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException(name + " did not answer in " + COMPILING);
        }
        Thread.sleep(5);
      }
    }
    return (System.nanoTime() - began) / 1e9;
  }

  private static String perSecond(HttpLoad.Outcome outcome) {
    return ResultTable.number(outcome.perSecond()) + "/s";
  }

  private static String quantiles(HttpLoad.Outcome outcome) {
    Sample millis = outcome.millis();
    return String.format(
        Locale.ROOT,
        "p50 %s, p99 %s, p99.9 %s ms",
        ResultTable.number(millis.median()),
        ResultTable.number(millis.quantile(0.99)),
        ResultTable.number(millis.quantile(0.999)));
  }
}
