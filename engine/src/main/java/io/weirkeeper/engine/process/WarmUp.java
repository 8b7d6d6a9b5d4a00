package io.weirkeeper.engine.process;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.deploy.ProcessSecret;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.engine.flow.JobCache;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a small pipeline live in this process: start, rows, queries, a checkpoint, end; and go on
 * from what it left. Afterwards nothing of it is there but loaded classes and compiled code.
 */
final class WarmUp {
  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

  /** Lives of the small pipeline: the second goes on from the first's checkpoint and journal. */
  private static final int LIVES = 2;

  /** For everything that is waited for. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** As the server's default, so that the planned job fits. */
  private static final int WORKERS = 8;

  private static final String PLAN = "plan.json";
  private static final String JOBS = "planned-jobs";

  private static final String ROWS =
      "{\"insert\":{\"id\":1,\"k\":\"a\",\"v\":2,\"d\":1.5,\"ts\":\"2026-01-01 00:00:00\"}}\n"
          + "{\"insert\":{\"id\":2,\"k\":\"b\",\"v\":3}}{\"delete\":{\"id\":2}}";

  private final Vertx vertx;
  private final DeploymentSpec spec;
  private final Path temporary;
  private final JobCache jobs;

  private WarmUp(Vertx vertx, DeploymentSpec spec, Path temporary, JobCache jobs) {
    this.vertx = vertx;
    this.spec = spec;
    this.temporary = temporary;
    this.jobs = jobs;
  }

  /**
   * Warms this process up.
   *
   * @param training where {@code plan.json} and its planned job are; without them, or if the job
   *     was planned by another build, only tables are had: planning would load Flink's planner for
   *     good
   * @param scratch a directory for files that are removed again
   */
  static void run(Vertx vertx, Path training, Path scratch) throws Exception {
    Path own = Files.createDirectories(scratch.resolve("warm-up"));
    JobCache jobs = training == null ? JobCache.none() : new JobCache(training.resolve(JOBS));
    DeploymentSpec spec = spec(own, plan(training, jobs));
    WarmUp warmUp = new WarmUp(vertx, spec, own.resolve("tmp"), jobs);
    Files.createDirectories(warmUp.temporary);
    for (int life = 0; life < LIVES; life++) {
      long begun = System.nanoTime();
      warmUp.live();
      LOG.info("Life {} took {} ms", life + 1, (System.nanoTime() - begun) / 1_000_000);
    }
    try (Stream<Path> files = Files.walk(own)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }

  private static PipelinePlan plan(Path training, JobCache jobs) throws IOException {
    if (training == null || !Files.exists(training.resolve(PLAN))) {
      return tables(null);
    }
    PipelinePlan plan =
        Replies.JSON.readValue(Files.readAllBytes(training.resolve(PLAN)), PipelinePlan.class);
    return jobs.holds(plan, WORKERS) ? plan : tables(plan);
  }

  private static PipelinePlan tables(PipelinePlan plan) {
    return new PipelinePlan(
        PipelinePlan.FORMAT_VERSION, plan == null ? List.of() : plan.tables(), List.of());
  }

  private static DeploymentSpec spec(Path own, PipelinePlan plan) {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    UUID id = UUID.randomUUID();
    JsonNode config =
        Replies.JSON.valueToTree(
            Map.of("workers", WORKERS, "fault_tolerance", Map.of("model", "exactly_once")));
    return new DeploymentSpec(
        id,
        id,
        "warm-up",
        1,
        id,
        HexFormat.of().formatHex(secret),
        "running",
        config,
        plan,
        own.toString(),
        own.resolve("storage").toString(),
        own.resolve("report.json").toString(),
        "127.0.0.1",
        PATIENCE.toMillis());
  }

  private void live() throws Exception {
    Lease lease = new Lease(Proc::bootMillis, spec.grantTimeoutMillis());
    UUID instance = UUID.randomUUID();
    Pipeline pipeline = new Pipeline(spec, instance, temporary, jobs);
    pipeline.prepare();
    PipelineServer server = new PipelineServer(vertx, pipeline, lease);
    try {
      HttpServer listening = server.listen().toCompletionStage().toCompletableFuture().get();
      Requests requests = new Requests(listening.actualPort(), bearer(instance));
      requests.expect("GET", "/weirkeeper/challenge?nonce=1", "");
      requests.expect("POST", "/weirkeeper/grant", "{\"lease_millis\":60000}");
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (requests.status("GET", "/status", "") != 200) {
        if (System.nanoTime() > deadline) {
          throw new IOException("The pipeline of the warm-up does not run");
        }
        Thread.sleep(20);
      }
      if (!spec.plan().tables().isEmpty()) {
        requests.expect("POST", "/ingress/t?format=json", ROWS);
        requests.expect("POST", "/ingress/u?format=csv", "a,1.25,2026-01-01\n");
        requests.expect("GET", "/query?format=json&sql=SELECT%20*%20FROM%20t", "");
      }
      requests.expect("GET", "/stats", "");
      pipeline.durable().checkpointer().make().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      server.close().toCompletionStage().toCompletableFuture().get();
      pipeline.close(PATIENCE);
    }
  }

  private String bearer(UUID instance) {
    return ProcessSecret.ofHex(spec.secret())
        .bearerToken(spec.pipelineId(), spec.deploymentNumber(), instance);
  }

  /** Asks over a socket of its own: a real client would stay loaded. */
  private record Requests(int port, String bearer) {
    void expect(String method, String path, String body) throws IOException {
      int status = status(method, path, body);
      if (status != 200) {
        throw new IOException("The pipeline of the warm-up answered " + status + " to " + path);
      }
    }

    int status(String method, String path, String body) throws IOException {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      String head =
          "%s %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                  .formatted(method, path, bearer)
              + "%s: 1\r\n%s: 1\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                  .formatted(
                      ProcessSecret.EPOCH_HEADER, ProcessSecret.REVISION_HEADER, bytes.length);
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().write(bytes);
        try (InputStream in = socket.getInputStream()) {
          String answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);
          return Integer.parseInt(answer.split(" ", 3)[1]);
        }
      }
    }
  }
}
