package io.weirkeeper.verticles.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.verticles.pipeline.TestingProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpareProcessesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long HEAP_MEGABYTES = 64;

  @TempDir Path directory;

  private final Vertx vertx = Vertx.vertx();
  private final List<ProcessReport> started = new ArrayList<>();
  private ProcessHost host;

  private void keepSpares(String... spareOptions) {
    host =
        new ProcessHost(
            vertx,
            new HostSettings(
                "host-1",
                Path.of(System.getProperty("java.home"), "bin", "java"),
                List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1"),
                Stream.of(
                        TestingProcess.class,
                        ProcessReport.class,
                        ObjectMapper.class,
                        JsonFactory.class,
                        JsonProperty.class)
                    .map(type -> type.getProtectionDomain().getCodeSource().getLocation().getPath())
                    .collect(Collectors.joining(":")),
                TestingProcess.class.getName(),
                directory,
                "127.0.0.1",
                2,
                10,
                1,
                List.of(spareOptions),
                HEAP_MEGABYTES << 20,
                0,
                PATIENCE,
                Duration.ofSeconds(30),
                Duration.ofSeconds(5)));
    host.keepSpares();
  }

  @AfterEach
  void endProcesses() throws Exception {
    for (ProcessReport report : started) {
      await(host.kill(report));
    }
    await(host.close());
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static <T> T until(String what, Supplier<Optional<T>> probe) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Optional<T> found = probe.get();
      if (found.isPresent()) {
        return found.get();
      }
      assertThat(System.nanoTime()).as("still waiting for: %s", what).isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
  }

  private Path spareDirectory() {
    return directory.resolve("spare");
  }

  /** The spare process when it is warm. */
  private ProcessHandle spare() {
    return until(
        "a warm spare process",
        () -> spares().filter(process -> Files.exists(place(process).resolve("ready"))).findAny());
  }

  private Stream<ProcessHandle> spares() {
    return ProcessHandle.current().children().filter(p -> place(p).startsWith(spareDirectory()));
  }

  private static Path place(ProcessHandle process) {
    try {
      return Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), "cwd"));
    } catch (IOException e) {
      return Path.of("/gone");
    }
  }

  private ProcessReport start(ObjectNode runtimeConfig) throws Exception {
    UUID pipeline = UUID.randomUUID();
    Path working = host.workingDirectory(pipeline, 1);
    ProcessReport report =
        await(
            host.launch(
                new DeploymentSpec(
                    new UUID(0, 0),
                    pipeline,
                    "p",
                    1,
                    UUID.randomUUID(),
                    "ab".repeat(32),
                    "running",
                    runtimeConfig,
                    new PipelinePlan(PipelinePlan.FORMAT_VERSION, List.of(), List.of()),
                    working.toString(),
                    host.storageDirectory(pipeline, 1).toString(),
                    ProcessHost.reportFile(working).toString(),
                    host.bindAddress(),
                    30_000),
                PATIENCE));
    started.add(report);
    assertThat(place(ProcessHandle.of(report.pid()).orElseThrow())).isEqualTo(working);
    return report;
  }

  private static ObjectNode config() {
    return JsonNodeFactory.instance.objectNode();
  }

  @Test
  void a_start_takes_the_spare_process_with_its_directory_and_it_is_replaced() throws Exception {
    keepSpares();
    ProcessHandle spare = spare();
    assertThat(start(config()).pid()).isEqualTo(spare.pid());
    assertThat(spare().pid()).isNotEqualTo(spare.pid());
  }

  @Test
  void pipelines_with_variables_or_a_memory_limit_of_their_own_get_their_own_process()
      throws Exception {
    keepSpares();
    ProcessHandle spare = spare();
    ObjectNode variables = config();
    variables.putObject("env").put("A", "b");
    assertThat(start(variables).pid()).isNotEqualTo(spare.pid());
    ObjectNode limited = config();
    limited.putObject("resources").put("memory_mb_max", 1_000);
    assertThat(start(limited).pid()).isNotEqualTo(spare.pid());
    assertThat(spare.isAlive()).isTrue();
  }

  @Test
  void without_a_living_spare_process_the_start_is_cold() throws Exception {
    keepSpares();
    ProcessHandle spare = spare();
    spare.destroyForcibly();
    spare.onExit().get(5, TimeUnit.SECONDS);
    assertThat(start(config()).pid()).isNotEqualTo(spare.pid());
  }

  @Test
  void a_spare_process_that_dies_of_its_deployment_is_followed_by_a_cold_one() throws Exception {
    keepSpares("-Dtesting.spare.dies=true");
    ProcessHandle spare = spare();
    assertThat(start(config()).pid()).isNotEqualTo(spare.pid());
    assertThat(spare.isAlive()).isFalse();
  }

  @Test
  void none_is_left_at_the_end() throws Exception {
    keepSpares();
    ProcessHandle spare = spare();
    await(host.close());
    assertThat(spare.isAlive()).isFalse();
    assertThat(spareDirectory()).isEmptyDirectory();
  }
}
