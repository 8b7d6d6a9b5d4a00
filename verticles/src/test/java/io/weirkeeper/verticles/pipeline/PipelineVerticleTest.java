package io.weirkeeper.verticles.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.weirkeeper.cluster.Ownership;
import io.weirkeeper.core.api.PipelineJson;
import io.weirkeeper.core.auth.TenantQuotas;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.pipeline.BootstrapPolicy;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.Launch;
import io.weirkeeper.core.pipeline.Lifecycle;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ProgramStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.core.pipeline.ShardMap;
import io.weirkeeper.core.pipeline.StorageStatus;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.store.Guard;
import io.weirkeeper.store.PipelineStore;
import io.weirkeeper.verticles.actor.PipelineSettings;
import io.weirkeeper.verticles.bus.Addresses;
import io.weirkeeper.verticles.bus.Answer;
import io.weirkeeper.verticles.bus.CompileJob;
import io.weirkeeper.verticles.bus.LocalCodec;
import io.weirkeeper.verticles.bus.PipelineRequest;
import io.weirkeeper.verticles.process.HostSettings;
import io.weirkeeper.verticles.process.ProcessClient;
import io.weirkeeper.verticles.process.ProcessHost;
import io.weirkeeper.verticles.snapshot.Snapshot;
import io.weirkeeper.verticles.snapshot.SnapshotTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineVerticleTest {
  private static final UUID TENANT = new UUID(0, 0);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Launch RUN =
      new Launch(RuntimeStatus.RUNNING, BootstrapPolicy.AWAIT_APPROVAL, false, false);

  private static final Duration GRACE = Duration.ofSeconds(2);

  /** The defaults, but with a lease that is renewed while a test watches. */
  private static final PipelineSettings SETTINGS =
      new PipelineSettings(
          Duration.ofSeconds(90),
          Duration.ofMillis(500),
          Duration.ofMillis(20),
          Duration.ofMillis(200),
          GRACE,
          Duration.ofSeconds(10),
          Duration.ofSeconds(600),
          Duration.ofSeconds(20),
          Duration.ofMinutes(1),
          Duration.ofSeconds(30),
          Duration.ofMinutes(1),
          Duration.ofSeconds(130),
          Duration.ofSeconds(10),
          Duration.ofMillis(100),
          256);

  @TempDir Path directory;

  private final TestingPipelineStore store = new TestingPipelineStore();
  private final List<ProcessReport> started = new ArrayList<>();
  private Vertx vertx;
  private SnapshotTable snapshots;
  private ShardsVerticle shards;
  private ProcessHost host;
  private TenantQuotas quotas = TenantQuotas.UNLIMITED;

  @BeforeEach
  void startNode() throws Exception {
    startNode(0);
  }

  private void startNode(long minFreeMemory) throws Exception {
    vertx = Vertx.vertx();
    LocalCodec.register(vertx);
    snapshots = new SnapshotTable();
    host =
        new ProcessHost(
            vertx,
            new HostSettings(
                "host-1",
                Path.of(System.getProperty("java.home"), "bin", "java"),
                List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1"),
                classPath(
                    TestingProcess.class,
                    ProcessReport.class,
                    ObjectMapper.class,
                    JsonFactory.class,
                    JsonProperty.class),
                TestingProcess.class.getName(),
                directory,
                "127.0.0.1",
                2,
                10,
                64L << 20,
                minFreeMemory,
                Duration.ofSeconds(20),
                Duration.ofSeconds(30),
                Duration.ofSeconds(5)));
    UUID incarnation = UUID.randomUUID();
    Ownership ownership =
        new Ownership() {
          @Override
          public Optional<Guard> guard(int shard) {
            return Optional.of(new Guard(shard, 1, incarnation));
          }

          @Override
          public Set<Integer> shards() {
            return IntStream.range(0, ShardMap.SHARDS).boxed().collect(Collectors.toSet());
          }

          @Override
          public long validUntilNanos() {
            return Long.MAX_VALUE;
          }
        };
    shards =
        new ShardsVerticle(
            new PipelineServices(
                SETTINGS,
                new Lifecycle("0.337.0"),
                "0.337.0",
                store,
                () -> ownership,
                snapshots,
                (pipeline, selector) -> Buffer.buffer(PipelineJson.all(pipeline).toString()),
                host,
                new ProcessClient(vertx, Duration.ofSeconds(3)),
                PipelineStore.CLOCK,
                PipelineObserver.NONE,
                PipelineStore.EVENT_RETENTION,
                quotas),
            () -> {});
    vertx
        .eventBus()
        .<CompileJob>localConsumer(
            Addresses.COMPILER,
            message -> {
              message.body().started().run();
              ObjectNode info = JsonNodeFactory.instance.objectNode();
              info.putObject("schema");
              message.reply(
                  new CompileResult(
                      message.body().request().requestId(),
                      CompileResult.Outcome.SUCCESS,
                      List.of(),
                      info,
                      new PipelinePlan(PipelinePlan.FORMAT_VERSION, List.of(), List.of()),
                      null),
                  LocalCodec.reply());
            });
    await(vertx.deployVerticle(shards));
    shards
        .listener()
        .gained(
            IntStream.range(0, ShardMap.SHARDS)
                .mapToObj(shard -> new Guard(shard, 1, incarnation))
                .toList());
    await(shards.loaded());
  }

  /**
   * Where these classes come from; the test runner's own class path may be hidden in a class
   * loader.
   */
  private static String classPath(Class<?>... classes) {
    return Stream.of(classes)
        .map(type -> type.getProtectionDomain().getCodeSource().getLocation().getPath())
        .collect(Collectors.joining(":"));
  }

  @AfterEach
  void endProcesses() throws Exception {
    for (ProcessReport report : started) {
      await(host.kill(report));
    }
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private Answer ask(PipelineRequest request) throws Exception {
    return (Answer)
        await(vertx.eventBus().request(Addresses.PIPELINES, request, LocalCodec.within(PATIENCE)))
            .body();
  }

  private PipelineRecord until(String what, Predicate<PipelineRecord> condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      PipelineRecord now = snapshots.find(TENANT, "p").map(Snapshot::pipeline).orElse(null);
      if (now != null && condition.test(now)) {
        ProcessReport report = now.deployment().process();
        if (report != null && !started.contains(report)) {
          started.add(report);
        }
        return now;
      }
      assertThat(System.nanoTime())
          .as("still waiting for: %s, have %s", what, now)
          .isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
  }

  private static Definition named(String name) {
    Definition like = definition(null);
    return new Definition(
        name,
        "",
        List.of(),
        like.runtimeConfig(),
        "",
        "",
        "",
        JsonNodeFactory.instance.objectNode());
  }

  private static Definition definition(String environment) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.putObject("env");
    if (environment != null) {
      ((ObjectNode) config.path("env")).put(environment, "1");
    }
    return new Definition(
        "p", "", List.of(), config, "", "", "", JsonNodeFactory.instance.objectNode());
  }

  private PipelineRecord run(String environment) throws Exception {
    assertThat(ask(new PipelineRequest.Create(TENANT, definition(environment))).status())
        .isEqualTo(201);
    assertThat(ask(new PipelineRequest.Start(TENANT, "p", RUN, true)).status()).isEqualTo(202);
    return until("running", PipelineVerticleTest::isRunning);
  }

  private static boolean isRunning(PipelineRecord p) {
    return p.runtime().status() == RuntimeStatus.RUNNING;
  }

  @Test
  void a_pipeline_lives_from_create_to_delete() throws Exception {
    run(null);
    assertThat(ask(new PipelineRequest.Pause(TENANT, "p")).status()).isEqualTo(202);
    assertThat(snapshots.find(TENANT, "p").orElseThrow().pipeline().runtime().status())
        .isEqualTo(RuntimeStatus.PAUSED);
    assertThat(ask(new PipelineRequest.Resume(TENANT, "p")).status()).isEqualTo(202);
    assertThat(snapshots.find(TENANT, "p").orElseThrow().pipeline().runtime().status())
        .isEqualTo(RuntimeStatus.RUNNING);
    ProcessReport report = started.get(0);
    assertThat(ask(new PipelineRequest.Stop(TENANT, "p")).status()).isEqualTo(202);
    PipelineRecord stopped = until("stopped", p -> p.resources().fullyStopped());
    assertThat(await(host.exists(report))).isFalse();
    assertThat(stopped.storage().details().path("checkpoints").isArray()).isTrue();
    assertThat(ask(new PipelineRequest.Delete(TENANT, "p")).status()).isEqualTo(400);
    assertThat(ask(new PipelineRequest.Clear(TENANT, "p")).status()).isEqualTo(202);
    until("cleared", p -> p.storage().status() == StorageStatus.CLEARED);
    assertThat(ask(new PipelineRequest.Delete(TENANT, "p")).status()).isEqualTo(200);
    assertThat(snapshots.find(TENANT, "p")).isEmpty();
    assertThat(ask(new PipelineRequest.Start(TENANT, "p", RUN, true)).status()).isEqualTo(404);
    assertThat(ask(new PipelineRequest.Create(TENANT, definition(null))).status()).isEqualTo(201);
  }

  @Test
  void a_quota_holds_when_everything_is_asked_for_at_once() throws Exception {
    await(vertx.close());
    quotas = new TenantQuotas(2, 1, 0, 0);
    startNode(0);
    assertThat(
            together(
                Stream.of("p", "q", "r", "s", "t")
                    .<PipelineRequest>map(name -> new PipelineRequest.Create(TENANT, named(name)))
                    .toList()))
        .containsExactly(
            "201",
            "201",
            "409 PipelineQuotaExceeded",
            "409 PipelineQuotaExceeded",
            "409 PipelineQuotaExceeded");
    PipelineRequest p = new PipelineRequest.Start(TENANT, "p", RUN, true);
    PipelineRequest q = new PipelineRequest.Start(TENANT, "q", RUN, true);
    assertThat(together(List.of(p, q))).containsExactly("202", "409 RunningQuotaExceeded");
    until("running", PipelineVerticleTest::isRunning);
    assertThat(together(List.of(q))).containsExactly("409 RunningQuotaExceeded");
    // Another tenant has quotas of its own, and a taken name is told as such.
    UUID other = new UUID(0, 9);
    assertThat(
            together(
                List.of(
                    new PipelineRequest.Create(other, named("x")),
                    new PipelineRequest.Create(TENANT, named("p")))))
        .containsExactly("201", "409 DuplicateName");
    assertThat(ask(new PipelineRequest.Delete(TENANT, "q")).status()).isEqualTo(200);
    assertThat(together(List.of(new PipelineRequest.Create(TENANT, named("u")))))
        .containsExactly("201");
    ask(new PipelineRequest.Stop(TENANT, "p"));
    until("stopped", each -> each.resources().fullyStopped());
    assertThat(together(List.of(new PipelineRequest.Start(TENANT, "u", RUN, true))))
        .containsExactly("202");
    ask(new PipelineRequest.Stop(TENANT, "u"));
  }

  /** Asks all at once; statuses and error codes in their order. */
  private List<String> together(List<PipelineRequest> requests) throws Exception {
    List<Future<Answer>> answers =
        requests.stream()
            .map(
                request ->
                    vertx
                        .eventBus()
                        .request(Addresses.PIPELINES, request, LocalCodec.within(PATIENCE))
                        .map(message -> (Answer) message.body()))
            .toList();
    List<String> told = new ArrayList<>();
    for (Future<Answer> each : answers) {
      Answer answer = await(each);
      String code = answer.body() == null ? "" : answer.body().path("error_code").asText("");
      told.add((answer.status() + " " + code).strip());
    }
    return told;
  }

  @Test
  void a_killed_process_leaves_an_error_in_plain_words() throws Exception {
    PipelineRecord running = run(null);
    ProcessHandle.of(running.deployment().process().pid()).orElseThrow().destroyForcibly();
    PipelineRecord failed = until("stopped", p -> p.resources().fullyStopped());
    assertThat(failed.deploymentError().path("error_code").asText()).isEqualTo("RunnerCheckError");
    assertThat(ask(new PipelineRequest.DismissError(TENANT, "p")).status()).isEqualTo(200);
    assertThat(ask(new PipelineRequest.Start(TENANT, "p", RUN, true)).status()).isEqualTo(202);
    PipelineRecord again = until("running again", PipelineVerticleTest::isRunning);
    assertThat(again.deployment().number()).isEqualTo(running.deployment().number() + 1);
  }

  @Test
  void a_process_that_ends_before_it_reports_leaves_its_last_words() throws Exception {
    assertThat(ask(new PipelineRequest.Create(TENANT, definition("TEST_EXIT"))).status())
        .isEqualTo(201);
    ask(new PipelineRequest.Start(TENANT, "p", RUN, true));
    PipelineRecord failed =
        until("failed", p -> p.resources().fullyStopped() && p.deploymentError() != null);
    assertThat(failed.deploymentError().path("message").asText())
        .contains("exit code 7", "told to exit");
  }

  @Test
  void a_start_is_refused_when_memory_is_short() throws Exception {
    await(vertx.close());
    startNode(Long.MAX_VALUE);
    ask(new PipelineRequest.Create(TENANT, definition(null)));
    ask(new PipelineRequest.Start(TENANT, "p", RUN, true));
    PipelineRecord failed =
        until("failed", p -> p.resources().fullyStopped() && p.deploymentError() != null);
    assertThat(failed.deploymentError().path("message").asText()).contains("memory");
  }

  @Test
  void a_stop_during_the_start_calls_it_off() throws Exception {
    ask(new PipelineRequest.Create(TENANT, definition(null)));
    ask(new PipelineRequest.Start(TENANT, "p", RUN, true));
    until("provisioning", p -> p.resources().status() == ResourcesStatus.PROVISIONING);
    ask(new PipelineRequest.Stop(TENANT, "p"));
    PipelineRecord stopped = until("stopped", p -> p.resources().fullyStopped());
    assertThat(stopped.deploymentError()).isNull();
  }

  @Test
  void a_write_with_an_unknown_outcome_is_answered_503_and_memory_follows_the_row()
      throws Exception {
    ask(new PipelineRequest.Create(TENANT, definition(null)));
    until("compiled", p -> p.program().status() == ProgramStatus.SUCCESS);
    for (TestingPipelineStore.Fault fault :
        List.of(
            TestingPipelineStore.Fault.UNKNOWN_AFTER_COMMIT,
            TestingPipelineStore.Fault.UNKNOWN_WITHOUT_COMMIT)) {
      store.inject(fault);
      Answer answer = patchDescription(fault.name());
      assertThat(answer.status()).isEqualTo(503);
      boolean landed = fault == TestingPipelineStore.Fault.UNKNOWN_AFTER_COMMIT;
      until(
          "memory equals the row after " + fault,
          p ->
              store.row("p").orElseThrow().revision() == p.revision()
                  && p.definition().description().equals(fault.name()) == landed);
    }
    store.inject(TestingPipelineStore.Fault.REFUSED);
    assertThat(patchDescription("refused").status()).isEqualTo(503);
    assertThat(patchDescription("landed").status()).isEqualTo(200);
  }

  private Answer patchDescription(String text) throws Exception {
    return ask(
        new PipelineRequest.Patch(TENANT, "p", null, text, null, null, null, null, null, null));
  }

  @Test
  void a_create_with_an_unknown_outcome_is_sent_again_and_lands_once() throws Exception {
    store.inject(
        TestingPipelineStore.Fault.UNKNOWN_AFTER_COMMIT,
        TestingPipelineStore.Fault.UNKNOWN_WITHOUT_COMMIT);
    assertThat(ask(new PipelineRequest.Create(TENANT, definition(null))).status()).isEqualTo(201);
    assertThat(ask(new PipelineRequest.Create(TENANT, definition(null))).status()).isEqualTo(409);
  }

  @Test
  void facts_survive_faults_of_the_database() throws Exception {
    ask(new PipelineRequest.Create(TENANT, definition(null)));
    until("compiled", p -> p.program().status() == ProgramStatus.SUCCESS);
    ask(new PipelineRequest.Start(TENANT, "p", RUN, true));
    until("provisioning", p -> p.resources().status() == ResourcesStatus.PROVISIONING);
    store.inject(
        TestingPipelineStore.Fault.UNKNOWN_WITHOUT_COMMIT,
        TestingPipelineStore.Fault.REFUSED,
        TestingPipelineStore.Fault.UNKNOWN_AFTER_COMMIT);
    until("running in spite of lost writes", PipelineVerticleTest::isRunning);
  }

  @Test
  void the_next_controller_adopts_the_process_of_the_last_one() throws Exception {
    PipelineRecord running = run(null);
    shards.leaveRunning();
    await(vertx.close());
    startNode();
    PipelineRecord adopted = until("adopted", PipelineVerticleTest::isRunning);
    assertThat(adopted.deployment().process()).isEqualTo(running.deployment().process());
    until(
        "the lease is renewed",
        p -> p.deployment().leaseUntil().isAfter(running.deployment().leaseUntil()));
    assertThat(ask(new PipelineRequest.Pause(TENANT, "p")).status()).isEqualTo(202);
  }

  @Test
  void a_parked_pipeline_is_brought_back_by_the_next_controller() throws Exception {
    PipelineRecord running = run(null);
    await(shards.park());
    assertThat(await(host.exists(running.deployment().process()))).isFalse();
    PipelineRecord row = store.row("p").orElseThrow();
    assertThat(row.resources().status()).isEqualTo(ResourcesStatus.STOPPED);
    assertThat(row.deploymentError()).isNull();
    await(vertx.close());
    startNode();
    PipelineRecord back = until("running again", PipelineVerticleTest::isRunning);
    assertThat(back.deployment().number()).isEqualTo(running.deployment().number() + 1);
  }

  @Test
  void the_history_of_a_run_has_no_gaps() throws Exception {
    PipelineRecord running = run(null);
    List<String> statuses =
        store.history(running.id()).stream()
            .map(
                e ->
                    e.resourcesStatus().json()
                        + "/"
                        + e.programStatus().json()
                        + "/"
                        + (e.runtimeStatus() == null ? "-" : e.runtimeStatus().json()))
            .distinct()
            .toList();
    assertThat(statuses)
        .containsExactly(
            "Stopped/Pending/-",
            "Stopped/CompilingSql/-",
            "Stopped/SqlCompiled/-",
            "Stopped/CompilingRust/-",
            "Stopped/Success/-",
            "Provisioning/Success/-",
            "Provisioned/Success/Initializing",
            "Provisioned/Success/Running");
  }

  @Test
  void a_process_that_never_reports_ends_the_start_after_its_limit() throws Exception {
    Definition silent = definition("TEST_SILENT");
    ((ObjectNode) silent.runtimeConfig()).put("provisioning_timeout_secs", 1);
    ask(new PipelineRequest.Create(TENANT, silent));
    ask(new PipelineRequest.Start(TENANT, "p", RUN, true));
    PipelineRecord failed =
        until("failed", p -> p.resources().fullyStopped() && p.deploymentError() != null);
    assertThat(failed.deploymentError().path("error_code").asText())
        .isEqualTo("AutomatonProvisioningTimeout");
    until("its process is gone", p -> processesOf(p) == 0);
  }

  private static long processesOf(PipelineRecord pipeline) {
    String name = "-Dweirkeeper.pipeline=" + pipeline.id();
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().commandLine().orElse("").contains(name))
        .count();
  }

  @Test
  void a_process_that_never_answers_is_unavailable_and_can_be_stopped() throws Exception {
    ask(new PipelineRequest.Create(TENANT, definition("TEST_MUTE")));
    ask(new PipelineRequest.Start(TENANT, "p", RUN, true));
    PipelineRecord mute =
        until("unavailable", p -> p.runtime().status() == RuntimeStatus.UNAVAILABLE);
    assertThat(mute.runtime().details().path("reason").asText()).contains("cannot be reached");
    assertThat(ask(new PipelineRequest.Pause(TENANT, "p")).status()).isEqualTo(503);
    assertThat(ask(new PipelineRequest.Stop(TENANT, "p")).status()).isEqualTo(202);
    assertThat(until("stopped", p -> p.resources().fullyStopped()).deploymentError()).isNull();
  }

  @Test
  void a_stop_that_does_not_finish_says_why_and_is_tried_again() throws Exception {
    ask(new PipelineRequest.Create(TENANT, definition("TEST_GARBLED")));
    ask(new PipelineRequest.Start(TENANT, "p", RUN, true));
    PipelineRecord stopping =
        until(
            "the reason is told",
            p ->
                p.resources().status() == ResourcesStatus.STOPPING
                    && p.resources().details() != null);
    assertThat(stopping.resources().details().asText())
        .startsWith("Unable to stop (will retry) due to: ");
    Files.delete(ProcessHost.reportFile(host.workingDirectory(stopping.id(), 1)));
    PipelineRecord stopped = until("stopped", p -> p.resources().fullyStopped());
    assertThat(stopped.deploymentError().path("error_code").asText())
        .isEqualTo("RunnerProvisionError");
  }

  @Test
  void storage_that_cannot_be_removed_is_tried_again_until_it_can() throws Exception {
    PipelineRecord running = run(null);
    ask(new PipelineRequest.Stop(TENANT, "p"));
    until("stopped", p -> p.resources().fullyStopped());
    Path stranger = host.storageDirectory(running.id(), 1).resolveSibling("not a generation");
    Files.createDirectory(stranger);
    assertThat(ask(new PipelineRequest.Clear(TENANT, "p")).status()).isEqualTo(202);
    PipelineRecord clearing = until("clearing", p -> p.storage().status() != StorageStatus.IN_USE);
    assertThat(clearing.storage().status()).isEqualTo(StorageStatus.CLEARING);
    assertThat(ask(new PipelineRequest.Start(TENANT, "p", RUN, true)).status()).isEqualTo(400);
    Files.delete(stranger);
    until("cleared", p -> p.storage().status() == StorageStatus.CLEARED);
  }

  @Test
  void a_result_that_cannot_be_stored_is_an_error_and_blocks_nothing() throws Exception {
    store.inject(
        TestingPipelineStore.Fault.NONE,
        TestingPipelineStore.Fault.NONE,
        TestingPipelineStore.Fault.UNSTORABLE);
    ask(new PipelineRequest.Create(TENANT, definition(null)));
    PipelineRecord broken =
        until("broken", p -> p.program().status() == ProgramStatus.SYSTEM_ERROR);
    assertThat(broken.program().systemError()).contains("cannot be stored");
    assertThat(ask(new PipelineRequest.Delete(TENANT, "p")).status()).isEqualTo(200);
  }

  @Test
  void a_renamed_pipeline_goes_with_the_shard_of_its_new_name() throws Exception {
    ask(new PipelineRequest.Create(TENANT, definition(null)));
    ask(new PipelineRequest.Patch(TENANT, "p", "q", null, null, null, null, null, null, null));
    UUID owner = UUID.randomUUID();
    shards.listener().lost(List.of(new Guard(ShardMap.shardOf(TENANT, "p"), 1, owner)));
    assertThat(ask(new PipelineRequest.DismissError(TENANT, "q")).status()).isEqualTo(200);
    assertThat(snapshots.find(TENANT, "q")).isPresent();
    shards.listener().lost(List.of(new Guard(ShardMap.shardOf(TENANT, "q"), 1, owner)));
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (snapshots.find(TENANT, "q").isPresent()) {
      assertThat(System.nanoTime()).as("the snapshot is withdrawn").isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
  }

  @Test
  void a_rename_moves_the_name_and_refuses_a_taken_one() throws Exception {
    ask(new PipelineRequest.Create(TENANT, definition(null)));
    Answer renamed =
        ask(new PipelineRequest.Patch(TENANT, "p", "q", null, null, null, null, null, null, null));
    assertThat(renamed.status()).isEqualTo(200);
    assertThat(snapshots.find(TENANT, "p")).isEmpty();
    assertThat(snapshots.find(TENANT, "q")).isPresent();
    assertThat(ask(new PipelineRequest.Create(TENANT, definition(null))).status()).isEqualTo(201);
    Answer taken =
        ask(new PipelineRequest.Patch(TENANT, "p", "q", null, null, null, null, null, null, null));
    assertThat(new ObjectMapper().valueToTree(taken.body()).path("error_code").asText())
        .isEqualTo("DuplicateName");
  }
}
