package io.weirkeeper.engine.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.core.plan.ColumnType;
import io.weirkeeper.core.plan.ConnectorPlan;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.SourcePosition;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Inputs and outputs of a pipeline whose processes are killed and suspended in the middle of them:
 * every row is read once, and the output file says it once. {@code it/crash/run} does the same at
 * thousands of seeded moments.
 */
class DurableConnectorTest {
  /** So many rows that no process comes to their end before it is ended. */
  private static final int ROWS = 6_000;

  private static final String READ = "SELECT src, COUNT(*) AS n, COUNT(DISTINCT id) AS d,";

  @TempDir Path directory;
  private final UUID pipelineId = UUID.randomUUID();
  private HttpServer server;
  private Path out;
  private int lives;

  @BeforeEach
  void offerRows() throws IOException {
    out = directory.resolve("out.csv");
    String rows = IntStream.range(0, ROWS).mapToObj(i -> i + "\n").collect(Collectors.joining());
    Files.writeString(directory.resolve("in.csv"), rows);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext(
        "/rows",
        exchange -> {
          byte[] body = rows.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          try (OutputStream to = exchange.getResponseBody()) {
            for (int at = 0; at < body.length; at += 500) {
              to.write(body, at, Math.min(500, body.length - at));
              LockSupport.parkNanos(10_000_000);
            }
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private static TablePlan table(String name) {
    ColumnPlan id =
        new ColumnPlan("id", false, ColumnType.of("BIGINT", false), "BIGINT NOT NULL", null);
    return new TablePlan(name, false, false, false, List.of(id), null);
  }

  private ConnectorPlan connector(String endpoint, boolean input, String json) throws IOException {
    ObjectNode config = (ObjectNode) Child.JSON.readTree(json.replace('\'', '"'));
    config.put("stream", endpoint.substring(0, endpoint.indexOf('.')));
    return new ConnectorPlan(endpoint, input, config);
  }

  private PipelinePlan plan() throws IOException {
    ViewPlan all =
        new ViewPlan(
            "every",
            false,
            ViewPlan.Kind.MATERIALIZED,
            List.of(
                new ColumnPlan("src", false, ColumnType.of("VARCHAR", false), "STRING", null),
                new ColumnPlan(
                    "id", false, ColumnType.of("BIGINT", false), "BIGINT NOT NULL", null)),
            "SELECT 'made' AS src, id FROM made UNION ALL SELECT 'lines' AS src, id FROM lines"
                + " UNION ALL SELECT 'fetched' AS src, id FROM fetched",
            new SourcePosition(1, 1, 1, 1));
    return new PipelinePlan(
            PipelinePlan.FORMAT_VERSION,
            List.of(table("made"), table("lines"), table("fetched")),
            List.of(all))
        .withConnectors(
            List.of(
                connector(
                    "made.gen",
                    true,
                    "{'transport': {'name': 'datagen', 'config': {'workers': 2, 'plan': [{'limit':"
                        + ROWS
                        + ", 'rate': 4000, 'worker_chunk_size': 50}]}}}"),
                connector(
                    "lines.file",
                    true,
                    "{'transport': {'name': 'file_input', 'config': {'path': '"
                        + directory.resolve("in.csv")
                        + "', 'buffer_size_bytes': 100}}, 'format': {'name': 'csv'},"
                        + " 'max_batch_size': 20, 'max_queued_records': 20}"),
                connector(
                    "fetched.url",
                    true,
                    "{'transport': {'name': 'url_input', 'config': {'path': 'http://127.0.0.1:"
                        + server.getAddress().getPort()
                        + "/rows'}}, 'format': {'name': 'csv'}}"),
                connector(
                    "every.out",
                    false,
                    "{'transport': {'name': 'file_output', 'config': {'path': '"
                        + out
                        + "'}}, 'format': {'name': 'csv'}}")));
  }

  private Child run() throws Exception {
    lives++;
    DeploymentSpec base = Child.spec(directory, "running", 60_000);
    return Child.start(
            new DeploymentSpec(
                base.tenantId(),
                pipelineId,
                base.pipelineName(),
                lives,
                UUID.randomUUID(),
                base.secret(),
                "running",
                Child.JSON.valueToTree(
                    Map.of(
                        "workers",
                        2,
                        "fault_tolerance",
                        Map.of("model", "exactly_once", "checkpoint_interval_secs", 0))),
                plan(),
                directory.resolve("work" + lives).toString(),
                base.storageDirectory(),
                directory.resolve("report" + lives + ".json").toString(),
                base.bindAddress(),
                base.grantTimeoutMillis()))
        .reachable()
        .granted(60_000, "Running");
  }

  private static long rows(Child child) {
    return child.query("json", "SELECT COUNT(*) AS n FROM every").json().path("n").asLong();
  }

  /** Ends the process in the middle of its inputs. */
  private static void killAfterMore(Child child, int more) {
    long before = rows(child);
    Child.until("some more rows", () -> rows(child) > before + more);
    child.process.destroyForcibly();
    child.process.onExit().join();
  }

  @Test
  void everyRowOfEveryInputIsReadAndWrittenOnceOverKillsAndASuspend() throws Exception {
    try (Child child = run()) {
      killAfterMore(child, 50);
    }
    byte[] seen;
    try (Child child = run()) {
      // There was no checkpoint: the journal alone has brought the rows back.
      child.post("/checkpoint", "");
      Child.until("a checkpoint", () -> child.get("/checkpoints").json().size() == 1);
      killAfterMore(child, 100);
      seen = Files.readAllBytes(out);
    }
    try (Child child = run()) {
      assertThat(Files.readAllBytes(out)).as("what a reader has seen stays").startsWith(seen);
      assertThat(child.post("/suspend", "").status()).isEqualTo(202);
      Child.until(
          "suspension",
          () -> child.get("/status").json().path("runtime_status").asText().equals("Suspended"));
    }
    try (Child child = run()) {
      Child.until(
          "the end of all inputs",
          () -> child.get("/stats").json().at("/global_metrics/pipeline_complete").asBoolean());
      for (String src : List.of("fetched", "lines", "made")) {
        JsonNode row =
            child
                .query(
                    "json",
                    READ + " MAX(id) AS m FROM every WHERE src = '" + src + "' GROUP BY src")
                .json();
        assertThat(row)
            .hasToString(
                "{\"src\":\"%s\",\"n\":%d,\"d\":%2$d,\"m\":%d}".formatted(src, ROWS, ROWS - 1));
      }
      List<String> lines = Files.readAllLines(out);
      assertThat(lines).hasSize(3 * ROWS).doesNotHaveDuplicates();
      JsonNode stats = child.get("/output_endpoints/every.out/stats").json();
      assertThat(stats.at("/metrics/queued_records").asLong()).isZero();
      assertThat(stats.at("/metrics/total_processed_input_records").asLong()).isEqualTo(3L * ROWS);
    }
  }
}
