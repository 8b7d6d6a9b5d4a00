package io.weirkeeper.engine.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.deploy.ProcessSecret;
import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.core.plan.ColumnType;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.SourcePosition;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A real pipeline process, started as the controller starts one. */
final class Child implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();
  static final Duration PATIENCE = Duration.ofSeconds(60);

  final Process process;
  final DeploymentSpec spec;
  final Path directory;
  final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  ProcessReport report;
  String token;
  long revision = 1;

  private Child(Process process, DeploymentSpec spec, Path directory) {
    this.process = process;
    this.spec = spec;
    this.directory = directory;
  }

  static DeploymentSpec spec(Path directory, String initial, long grantTimeoutMillis) {
    return new DeploymentSpec(
        UUID.randomUUID(),
        UUID.randomUUID(),
        "flows",
        7,
        UUID.randomUUID(),
        "ab".repeat(32),
        initial,
        JSON.valueToTree(Map.of("workers", 2)),
        plan(),
        directory.resolve("work").toString(),
        directory.resolve("storage").toString(),
        directory.resolve("report.json").toString(),
        "127.0.0.1",
        grantTimeoutMillis);
  }

  static Child start(DeploymentSpec spec) throws IOException {
    return start(spec, JSON.writeValueAsBytes(spec));
  }

  static Child start(DeploymentSpec spec, byte[] stdin) throws IOException {
    Child child = fork(spec, Path.of("").toAbsolutePath());
    child.deploy(stdin);
    return child;
  }

  /** A spare process in a directory of its own; its deployment is yet to come. */
  static Child spare(DeploymentSpec spec, Path current) throws IOException {
    Files.createDirectories(current);
    return fork(spec, current, "-Dweirkeeper.spare=test");
  }

  /** Writes to standard input and closes it. */
  void deploy(byte[] stdin) throws IOException {
    try (OutputStream out = process.getOutputStream()) {
      out.write(stdin);
    }
  }

  private static Child fork(DeploymentSpec spec, Path current, String... more) throws IOException {
    Path directory = Path.of(spec.reportFile()).getParent();
    Files.createDirectories(directory);
    Path options = directory.resolve("jvm.options");
    try (InputStream in =
        PipelineMain.class.getResourceAsStream("/weirkeeper-engine-jvm.options")) {
      Files.copy(in, options, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + options);
    command.add("-Xmx512m");
    command.add(
        "-Djava.io.tmpdir="
            + (more.length > 0 ? "/proc/self/cwd/tmp" : Path.of(spec.workingDirectory(), "tmp")));
    // Short lives: the second compiler would only cost.
    command.add("-XX:TieredStopAtLevel=" + System.getProperty("child.compiler.level", "1"));
    command.addAll(List.of(more));
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(PipelineMain.class.getName());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(current.toFile());
    builder.environment().put("MALLOC_ARENA_MAX", "2");
    builder.redirectOutput(directory.resolve("stdout").toFile());
    builder.redirectError(directory.resolve("stderr").toFile());
    return new Child(builder.start(), spec, directory);
  }

  /** Waits for the report and computes the token. */
  Child reachable() throws IOException {
    Path file = Path.of(spec.reportFile());
    until("the report", () -> Files.exists(file) || !process.isAlive());
    if (!Files.exists(file)) {
      throw new AssertionError("the process ended: " + told());
    }
    report = JSON.readValue(file.toFile(), ProcessReport.class);
    token =
        ProcessSecret.ofHex(spec.secret())
            .bearerToken(spec.pipelineId(), spec.deploymentNumber(), report.instance());
    return this;
  }

  /** Grants a lease and waits until the status is the wanted one. */
  Child granted(long leaseMillis, String status) throws Exception {
    Reply granted = post("/weirkeeper/grant", "{\"lease_millis\":" + leaseMillis + "}");
    if (granted.status() != 200) {
      throw new AssertionError("grant: " + granted);
    }
    until(
        "status " + status,
        () -> {
          Reply reply = get("/status");
          if (reply.status() == 500) {
            throw new AssertionError("status: " + reply + told());
          }
          return reply.status() == 200
              && reply.json().get("runtime_status").asText().equals(status);
        });
    return this;
  }

  record Reply(int status, String body, HttpResponse<String> raw) {
    JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (IOException e) {
        throw new AssertionError("no JSON: " + body, e);
      }
    }

    @Override
    public String toString() {
      return status + " " + body;
    }
  }

  HttpRequest.Builder request(String path) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + report.port() + path))
            .timeout(PATIENCE);
    if (token != null) {
      builder.header("Authorization", "Bearer " + token);
    }
    return builder
        .header(ProcessSecret.EPOCH_HEADER, "3")
        .header(ProcessSecret.REVISION_HEADER, Long.toString(revision++));
  }

  Reply send(HttpRequest request) {
    try {
      HttpResponse<String> response =
          http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
      return new Reply(response.statusCode(), response.body(), response);
    } catch (IOException e) {
      throw new AssertionError(request.uri() + " failed" + told(), e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  Reply get(String path) {
    return send(request(path).GET().build());
  }

  Reply post(String path, String body) {
    return send(request(path).POST(HttpRequest.BodyPublishers.ofString(body)).build());
  }

  Reply post(String path, byte[] body) {
    return send(request(path).POST(HttpRequest.BodyPublishers.ofByteArray(body)).build());
  }

  Reply query(String format, String sql) {
    return get(
        "/query?format=" + format + "&sql=" + URLEncoder.encode(sql, StandardCharsets.UTF_8));
  }

  /** Pushes rows and waits until their effect is visible. */
  void push(String path, String body) {
    Reply reply = post(path, body);
    if (reply.status() != 200) {
      throw new AssertionError(path + ": " + reply);
    }
    complete(reply.json().get("token").asText());
  }

  void complete(String completionToken) {
    until(
        "completion",
        () ->
            get("/completion_status?token=" + completionToken)
                .json()
                .get("status")
                .asText()
                .equals("complete"));
  }

  static void until(String what, Supplier<Boolean> condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.get()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("waited too long for " + what);
      }
      Thread.onSpinWait();
      java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
    }
  }

  int exitStatus() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("the process did not end" + told());
    }
    return process.exitValue();
  }

  String log() {
    try {
      Path log = Path.of(spec.workingDirectory(), ProcessLog.FILE);
      return Files.exists(log) ? Files.readString(log) : "";
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  String told() {
    try {
      return "\nlog: " + log() + "\nstderr: " + Files.readString(directory.resolve("stderr"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }

  // ---- the program that it runs

  private static ColumnPlan column(String name, String type, String flinkType) {
    return new ColumnPlan(
        name,
        false,
        type.equals("DECIMAL")
            ? new ColumnType(type, !flinkType.endsWith("NOT NULL"), 10L, 2L, null, null, null, null)
            : ColumnType.of(type, !flinkType.endsWith("NOT NULL")),
        flinkType,
        null);
  }

  /** Tables items (keyed) and sales (a multiset); views: a filter, an aggregate, a join. */
  static PipelinePlan plan() {
    TablePlan items =
        new TablePlan(
            "items",
            false,
            true,
            false,
            List.of(
                column("id", "BIGINT", "BIGINT NOT NULL"),
                column("name", "VARCHAR", "STRING"),
                column("price", "DECIMAL", "DECIMAL(10, 2)"),
                column("since", "TIMESTAMP", "TIMESTAMP(6)")),
            List.of("id"));
    TablePlan sales =
        new TablePlan(
            "sales",
            false,
            false,
            false,
            List.of(
                column("item", "BIGINT", "BIGINT NOT NULL"), column("amount", "INTEGER", "INT")),
            null);
    SourcePosition at = new SourcePosition(1, 1, 1, 1);
    ViewPlan large =
        new ViewPlan(
            "large",
            false,
            ViewPlan.Kind.PLAIN,
            List.of(
                column("item", "BIGINT", "BIGINT NOT NULL"), column("amount", "INTEGER", "INT")),
            "SELECT item, amount FROM sales WHERE amount > 10",
            at);
    ViewPlan totals =
        new ViewPlan(
            "totals",
            false,
            ViewPlan.Kind.MATERIALIZED,
            List.of(
                column("item", "BIGINT", "BIGINT NOT NULL"),
                column("n", "BIGINT", "BIGINT NOT NULL"),
                column("total", "INTEGER", "INT"),
                column("share", "INTEGER", "INT")),
            "SELECT item, COUNT(*) AS n, SUM(amount) AS total, 100 / (SUM(amount) + 1000000) AS"
                + " share FROM sales GROUP BY item",
            at);
    ViewPlan named =
        new ViewPlan(
            "named",
            false,
            ViewPlan.Kind.MATERIALIZED,
            List.of(
                column("name", "VARCHAR", "STRING"),
                column("price", "DECIMAL", "DECIMAL(10, 2)"),
                column("total", "INTEGER", "INT")),
            "SELECT i.name, i.price, t.total FROM items i JOIN totals t ON i.id = t.item",
            at);
    return new PipelinePlan(
        PipelinePlan.FORMAT_VERSION, List.of(items, sales), List.of(large, totals, named));
  }
}
