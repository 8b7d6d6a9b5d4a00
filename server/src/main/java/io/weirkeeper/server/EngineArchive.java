package io.weirkeeper.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.compile.CompileRequest;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.deploy.ProcessSecret;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.verticles.bus.Addresses;
import io.weirkeeper.verticles.bus.CompileJob;
import io.weirkeeper.verticles.bus.LocalCodec;
import io.weirkeeper.verticles.compile.CompilerObserver;
import io.weirkeeper.verticles.compile.CompilerSettings;
import io.weirkeeper.verticles.compile.CompilerVerticle;
import io.weirkeeper.verticles.process.HostSettings;
import io.weirkeeper.verticles.process.ProcessClient;
import io.weirkeeper.verticles.process.ProcessHost;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * Makes the class-data archive of the engine, which halves the processor time of a pipeline's
 * start: runs one small pipeline the way the server would and lets its virtual machine write down
 * what it loaded. Done once after a build; a virtual machine that finds the archive missing or made
 * of other jars starts without it.
 */
final class EngineArchive {
  private static final Duration LIMIT = Duration.ofSeconds(180);
  private static final Duration POLL = Duration.ofMillis(50);

  /** The jobs that are planned ahead are for this number. */
  private static final int DEFAULT_WORKERS = 8;

  private static final String PLANNED_JOBS = "planned-jobs";

  private static final String SECRET = "00".repeat(32);

  /** One of each of the common operators, so that their classes are in the archive. */
  private static final String PROGRAM =
      """
      CREATE TABLE t (id INT NOT NULL PRIMARY KEY, k VARCHAR, v BIGINT, d DOUBLE, ts TIMESTAMP)
        WITH ('materialized' = 'true');
      CREATE TABLE u (k VARCHAR, w DECIMAL(10, 2), day DATE);
      CREATE MATERIALIZED VIEW filtered AS SELECT id, UPPER(k) AS k, v + 1 AS v FROM t WHERE v > 1;
      CREATE MATERIALIZED VIEW grouped AS SELECT k, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS m FROM t GROUP BY k;
      CREATE VIEW joined AS SELECT t.id, u.w, g.c FROM t JOIN u ON t.k = u.k LEFT JOIN grouped g ON g.k = t.k;
      CREATE VIEW top AS SELECT k, c FROM grouped ORDER BY c DESC, k LIMIT 3;
      """;

  private EngineArchive() {}

  /** Where the archive of this Java version is. */
  static Path file(Path home) {
    return home.resolve("engine/target/engine-" + Runtime.version().feature() + ".jsa");
  }

  private static Path training(Path home) {
    return home.resolve("engine/target/training");
  }

  /** Options that let a spare process warm itself up with the training program, if it is there. */
  static List<String> spareOptions(Path home) {
    return Files.exists(training(home))
        ? List.of("-Dweirkeeper.training=" + training(home))
        : List.of();
  }

  /** Options that use the archive if it fits; no word about it if it doesn't. */
  static List<String> options(Path home) {
    return Files.exists(file(home))
        ? List.of("-XX:SharedArchiveFile=" + file(home), "-Xshare:auto", "-Xlog:disable")
        : List.of();
  }

  /**
   * Makes the archive.
   *
   * @throws IOException when the training run fails; nothing is left behind then
   */
  static void make(Installation installation, Path home) throws IOException, InterruptedException {
    Path work = Files.createTempDirectory("weirkeeper-archive");
    Path fresh = work.resolve("engine.jsa");
    Vertx vertx = Vertx.vertx();
    LocalCodec.register(vertx);
    try {
      Path jobs = work.resolve(PLANNED_JOBS);
      PipelinePlan plan = compile(vertx, installation, jobs);
      List<String> options = new ArrayList<>(installation.engineOptions());
      options.add(Installation.jobsOption(jobs));
      options.add("-XX:ArchiveClassesAtExit=" + fresh);
      options.add("-Xlog:disable");
      run(vertx, installation, options, work, plan);
      if (!Files.exists(fresh)) {
        throw new IOException("The virtual machine ended without writing the archive");
      }
      Files.move(fresh, file(home), StandardCopyOption.REPLACE_EXISTING);
      keepTraining(plan, jobs, training(home));
    } finally {
      await(vertx.close());
      removeTree(work);
    }
  }

  /** The program and its planned job, for spare processes to warm themselves up with. */
  private static void keepTraining(PipelinePlan plan, Path jobs, Path training) throws IOException {
    if (Files.exists(training)) {
      removeTree(training);
    }
    Path kept = Files.createDirectories(training.resolve(PLANNED_JOBS));
    try (var files = Files.list(jobs)) {
      for (Path job : files.toList()) {
        Files.copy(job, kept.resolve(job.getFileName()));
      }
    }
    Files.write(training.resolve("plan.json"), new ObjectMapper().writeValueAsBytes(plan));
  }

  private static PipelinePlan compile(Vertx vertx, Installation installation, Path jobs)
      throws IOException, InterruptedException {
    CompilerVerticle compiler =
        new CompilerVerticle(
            CompilerSettings.of(installation.compilerCommand(512, jobs, LIMIT), LIMIT),
            CompilerObserver.NONE);
    await(vertx.deployVerticle(compiler));
    compiler.launch();
    CompileJob job =
        new CompileJob(new UUID(0, 0), new CompileRequest("training", PROGRAM, "", ""), () -> {});
    CompileResult result =
        (CompileResult)
            await(vertx.eventBus().request(Addresses.COMPILER, job, LocalCodec.within(LIMIT)))
                .body();
    if (result.outcome() != CompileResult.Outcome.SUCCESS) {
      throw new IOException(
          "The training program did not compile: " + result.messages() + result.systemError());
    }
    awaitPlanned(jobs);
    return result.plan();
  }

  /** A pipeline that plans for itself would put the planner's classes into the archive. */
  private static void awaitPlanned(Path jobs) throws IOException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      try (var files = Files.list(jobs)) {
        List<String> names = files.map(Path::toString).toList();
        if (!names.isEmpty() && names.stream().allMatch(name -> name.endsWith(".job"))) {
          return;
        }
      }
      if (System.nanoTime() > deadline) {
        throw new IOException(
            "The training program was not planned within " + LIMIT.toSeconds() + " s");
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  private static void run(
      Vertx vertx, Installation installation, List<String> options, Path work, PipelinePlan plan)
      throws IOException, InterruptedException {
    ProcessHost host =
        new ProcessHost(
            vertx,
            new HostSettings(
                "training",
                Installation.java(),
                options,
                installation.engineClassPath(),
                Server.ENGINE_MAIN,
                work,
                "127.0.0.1",
                1,
                1,
                0,
                List.of(),
                512L << 20,
                0,
                LIMIT,
                Duration.ofSeconds(60),
                Duration.ofSeconds(5)));
    UUID pipeline = new UUID(0x7000L, 1);
    Path working = host.workingDirectory(pipeline, 1);
    JsonNode config = JsonNodeFactory.instance.objectNode().put("workers", DEFAULT_WORKERS);
    DeploymentSpec spec =
        new DeploymentSpec(
            new UUID(0, 0),
            pipeline,
            "training",
            1,
            pipeline,
            SECRET,
            "running",
            config,
            plan,
            working.toString(),
            host.storageDirectory(pipeline, 1).toString(),
            ProcessHost.reportFile(working).toString(),
            host.bindAddress(),
            60_000);
    ProcessReport report = await(host.launch(spec, LIMIT));
    ProcessClient client = new ProcessClient(vertx, Duration.ofSeconds(30));
    ProcessClient.Target target =
        new ProcessClient.Target(pipeline, 1, ProcessSecret.ofHex(SECRET), report);
    try {
      await(client.grant(target, new ProcessClient.Right(1, 1), LIMIT));
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (!await(client.status(target))
          .body()
          .path("runtime_status")
          .asText()
          .equals("Running")) {
        if (System.nanoTime() > deadline) {
          throw new IOException(
              "The training pipeline did not run within " + LIMIT.toSeconds() + " s");
        }
        LockSupport.parkNanos(POLL.toNanos());
      }
      String base = "http://" + report.address() + ":" + report.port();
      String rows =
          "{\"insert\":{\"id\":1,\"k\":\"a\",\"v\":2,\"d\":1.5,\"ts\":\"2026-01-01 00:00:00\"}}\n"
              + "{\"insert\":{\"id\":2,\"k\":\"b\",\"v\":3}}{\"delete\":{\"id\":2}}";
      exchange(base + "/ingress/t?format=json", target, rows);
      exchange(base + "/ingress/u?format=csv", target, "a,1.25,2026-01-01\n");
      exchange(base + "/query?format=text&sql=SELECT%20*%20FROM%20grouped", target, null);
      exchange(base + "/query?format=json&sql=SELECT%20*%20FROM%20t", target, null);
      exchange(base + "/stats", target, null);
      exchange(base + "/metrics", target, null);
    } finally {
      ProcessHandle process = ProcessHandle.of(report.pid()).orElse(null);
      if (process != null) {
        // Asked to end, the virtual machine writes the archive first.
        process.destroy();
        try {
          process.onExit().get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
          process.destroyForcibly();
        }
      }
    }
  }

  private static void exchange(String url, ProcessClient.Target target, String body)
      throws IOException {
    HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    connection.setRequestProperty("Authorization", "Bearer " + target.bearerToken());
    connection.setConnectTimeout((int) LIMIT.toMillis());
    connection.setReadTimeout((int) LIMIT.toMillis());
    if (body != null) {
      connection.setRequestMethod("POST");
      connection.setDoOutput(true);
      connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
    }
    if (connection.getResponseCode() != 200) {
      throw new IOException(
          "The training pipeline answered " + connection.getResponseCode() + " to " + url);
    }
    try (InputStream answer = connection.getInputStream()) {
      answer.readAllBytes();
    }
  }

  private static <T> T await(Future<T> future) throws IOException, InterruptedException {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("No answer within " + LIMIT.toSeconds() + " s", e);
    }
  }

  private static void removeTree(Path root) throws IOException {
    try (var paths = Files.walk(root)) {
      for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
