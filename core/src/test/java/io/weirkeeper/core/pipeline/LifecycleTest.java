package io.weirkeeper.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.pipeline.LifecycleInput.ProcessFate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LifecycleTest {
  private static final UUID TENANT = new UUID(0, 0);
  private static final UUID ID = UUID.fromString("01900000-0000-7000-8000-000000000001");
  private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
  private static final String HOST = "host-1";
  private static final ProcessReport PROCESS =
      new ProcessReport(new UUID(1, 1), "boot", 42, 4242, "127.0.0.1", 9999);
  private static final Launch RUN =
      new Launch(RuntimeStatus.RUNNING, BootstrapPolicy.AWAIT_APPROVAL, false, false);

  private final Lifecycle lifecycle = new Lifecycle("0.337.0");
  private final List<String> events = new ArrayList<>();
  private final List<Effect> effects = new ArrayList<>();
  private Instant now = T0;
  private PipelineRecord pipeline =
      PipelineRecord.create(TENANT, ID, definition("p", "CREATE TABLE t(x INT);"), "0.337.0", T0);

  private static Definition definition(String name, String code) {
    ObjectNode config = JsonNodeFactory.instance.objectNode().put("workers", 8);
    return new Definition(
        name, "", List.of(), config, code, "", "", JsonNodeFactory.instance.objectNode());
  }

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /**
   * Feeds an input and all that follows from it, as the shell does; returns the refusal, if any.
   */
  private ApiError feed(LifecycleInput input) {
    LifecycleInput next = input;
    while (next != null) {
      now = now.plusMillis(1);
      Decision decision = lifecycle.decide(pipeline, next, now);
      if (decision instanceof Decision.Rejected rejected) {
        return rejected.error();
      } else if (decision instanceof Decision.Changed changed) {
        pipeline = changed.next().withRevision(pipeline.revision() + 1);
        if (changed.recordEvent()) {
          events.add(tuple(pipeline));
        }
        effects.addAll(changed.effects());
        next = changed.then();
      } else if (decision instanceof Decision.Unchanged unchanged) {
        effects.addAll(unchanged.effects());
        next = null;
      } else {
        pipeline = null;
        next = null;
      }
    }
    return null;
  }

  private void reconcile() {
    feed(
        new LifecycleInput.Reconcile(
            new LifecycleInput.FreshDeployment(
                new UUID(7, now.toEpochMilli()), "ab".repeat(32), HOST)));
  }

  /** The tuple of lifecycle §10. */
  private static String tuple(PipelineRecord p) {
    return p.resources().status().json()
        + ","
        + p.resources().desired().json()
        + ","
        + (p.runtime().status() == null ? "-" : p.runtime().status().json())
        + ","
        + (p.runtime().desired() == null ? "-" : p.runtime().desired().json())
        + ","
        + (p.deploymentError() == null ? "F" : "T")
        + ","
        + p.program().status().json()
        + ","
        + p.storage().status().json();
  }

  private void compile() {
    long version = pipeline.versions().programVersion();
    feed(new LifecycleInput.CompileStarted(version));
    feed(new LifecycleInput.SqlCompiled(version, json("{}"), json("{}"), json("{}")));
  }

  private void run() {
    feed(new LifecycleInput.Start(RUN, true));
    reconcile();
    long number = pipeline.deployment().number();
    feed(new LifecycleInput.ProcessReported(number, PROCESS, now.plusSeconds(90)));
    feed(observed(number, RuntimeStatus.RUNNING));
  }

  private static LifecycleInput observed(long number, RuntimeStatus status) {
    return new LifecycleInput.ProcessObserved(number, status, json("{}"), status, null);
  }

  @Test
  void a_compilation_passes_through_every_status_that_clients_watch_for() {
    events.add(tuple(pipeline));
    compile();
    assertThat(events)
        .containsExactly(
            "Stopped,Stopped,-,-,F,Pending,Cleared",
            "Stopped,Stopped,-,-,F,CompilingSql,Cleared",
            "Stopped,Stopped,-,-,F,SqlCompiled,Cleared",
            "Stopped,Stopped,-,-,F,CompilingRust,Cleared",
            "Stopped,Stopped,-,-,F,Success,Cleared");
    assertThat(pipeline.versions().refreshVersion()).isEqualTo(3);
    assertThat(pipeline.program().rustCompilation().path("exit_code").asInt(-1)).isZero();
  }

  @Test
  void an_edit_of_the_program_raises_refresh_version_to_4_and_its_compilation_to_6() {
    compile();
    assertThat(feed(new LifecycleInput.Edit(definition("p", "CREATE TABLE u(x INT);"), false)))
        .isNull();
    assertThat(pipeline.versions()).isEqualTo(new Versions(2, 2, 4, "0.337.0"));
    assertThat(effects).contains(new Effect.Compile(2));
    compile();
    assertThat(pipeline.versions()).isEqualTo(new Versions(2, 2, 6, "0.337.0"));
  }

  @Test
  void a_result_for_an_older_program_is_ignored() {
    feed(new LifecycleInput.CompileStarted(1));
    feed(new LifecycleInput.Edit(definition("p", "CREATE TABLE u(x INT);"), false));
    PipelineRecord before = pipeline;
    feed(new LifecycleInput.SqlCompiled(1, json("{}"), json("{}"), json("{}")));
    feed(new LifecycleInput.CompileRejected(1, json("{}")));
    feed(new LifecycleInput.CompileBroken(1, "x"));
    assertThat(pipeline).isEqualTo(before);
  }

  @Test
  void start_pause_resume_stop_and_clear_write_the_sequence_of_the_specification() {
    compile();
    events.clear();
    run();
    long number = pipeline.deployment().number();
    feed(observed(number, RuntimeStatus.PAUSED));
    feed(observed(number, RuntimeStatus.RUNNING));
    feed(new LifecycleInput.Stop());
    reconcile();
    feed(new LifecycleInput.ProcessStopped(number));
    feed(new LifecycleInput.Clear(HOST));
    feed(new LifecycleInput.StorageRemoved(pipeline.storage().generation() - 1));
    assertThat(events)
        .containsExactly(
            "Stopped,Provisioned,-,-,F,Success,Cleared",
            "Stopped,Provisioned,-,-,F,Success,InUse",
            "Provisioning,Provisioned,-,-,F,Success,InUse",
            "Provisioned,Provisioned,Initializing,Running,F,Success,InUse",
            "Provisioned,Provisioned,Running,Running,F,Success,InUse",
            "Provisioned,Provisioned,Paused,Paused,F,Success,InUse",
            "Provisioned,Provisioned,Running,Running,F,Success,InUse",
            "Provisioned,Stopped,Running,Running,F,Success,InUse",
            "Stopping,Stopped,-,-,F,Success,InUse",
            "Stopped,Stopped,-,-,F,Success,InUse",
            "Stopped,Stopped,-,-,F,Success,Clearing",
            "Stopped,Stopped,-,-,F,Success,Cleared");
    assertThat(pipeline.versions().refreshVersion()).isLessThanOrEqualTo(15);
  }

  @Test
  void a_panic_lowers_the_desired_status_before_the_pipeline_is_stopping_and_keeps_its_error() {
    compile();
    run();
    events.clear();
    long number = pipeline.deployment().number();
    feed(
        new LifecycleInput.DeploymentFailed(
            number, ApiError.of(500, "RuntimeError.WorkerPanic", "division by zero")));
    feed(new LifecycleInput.ProcessStopped(number));
    feed(new LifecycleInput.DismissError());
    assertThat(events)
        .containsExactly(
            "Provisioned,Stopped,Running,Running,F,Success,InUse",
            "Stopping,Stopped,-,-,T,Success,InUse",
            "Stopped,Stopped,-,-,T,Success,InUse",
            "Stopped,Stopped,-,-,F,Success,InUse");
  }

  @Test
  void an_early_start_waits_for_the_compiler_and_then_runs() {
    assertThat(feed(new LifecycleInput.Start(RUN, true))).isNull();
    reconcile();
    assertThat(tuple(pipeline)).isEqualTo("Stopped,Provisioned,-,-,F,Pending,Cleared");
    assertThat(feed(new LifecycleInput.Edit(definition("p", "x"), false)).code())
        .isEqualTo("UpdateRestrictedToStopped");
    compile();
    assertThat(effects).endsWith(new Effect.Reconcile());
    reconcile();
    assertThat(tuple(pipeline)).isEqualTo("Provisioning,Provisioned,-,-,F,Success,InUse");
  }

  @Test
  void an_early_start_of_a_program_with_errors_ends_with_an_error_that_says_so() {
    feed(new LifecycleInput.Start(RUN, true));
    feed(new LifecycleInput.CompileStarted(1));
    feed(new LifecycleInput.CompileRejected(1, json("{\"exit_code\":1}")));
    reconcile();
    assertThat(tuple(pipeline)).isEqualTo("Stopped,Stopped,-,-,T,SqlError,Cleared");
    assertThat(pipeline.deploymentError().path("error_code").asText())
        .isEqualTo("StartFailedDueToFailedCompilation");
    assertThat(feed(new LifecycleInput.Start(RUN, false)).code())
        .isEqualTo("CannotStartWithUndismissedError");
    assertThat(feed(new LifecycleInput.Start(RUN, true)).code())
        .isEqualTo("CannotStartWithCompilationError");
  }

  @Test
  void a_second_start_with_the_same_parameters_changes_nothing_and_with_others_is_refused() {
    compile();
    run();
    PipelineRecord before = pipeline;
    assertThat(feed(new LifecycleInput.Start(RUN, true))).isNull();
    assertThat(pipeline).isEqualTo(before);
    Launch paused = new Launch(RuntimeStatus.PAUSED, BootstrapPolicy.AWAIT_APPROVAL, false, false);
    assertThat(feed(new LifecycleInput.Start(paused, true)).code())
        .isEqualTo("InitialImmutableUnlessStopped");
    Launch allow = new Launch(RuntimeStatus.RUNNING, BootstrapPolicy.ALLOW, false, false);
    assertThat(feed(new LifecycleInput.Start(allow, true)).code())
        .isEqualTo("BootstrapPolicyImmutableUnlessStopped");
    feed(new LifecycleInput.Stop());
    assertThat(feed(new LifecycleInput.Start(RUN, true)).code()).isEqualTo("IllegalPipelineAction");
  }

  @Test
  void a_running_pipeline_takes_a_description_but_no_program_and_cannot_be_cleared_or_deleted() {
    compile();
    run();
    Definition described =
        new Definition(
            "p",
            "text",
            List.of("a"),
            pipeline.definition().runtimeConfig(),
            pipeline.definition().programCode(),
            "",
            "",
            pipeline.definition().programConfig());
    Versions before = pipeline.versions();
    assertThat(feed(new LifecycleInput.Edit(described, false))).isNull();
    assertThat(pipeline.definition().description()).isEqualTo("text");
    assertThat(pipeline.versions()).isEqualTo(before);
    assertThat(feed(new LifecycleInput.Edit(definition("p", "other"), false)).code())
        .isEqualTo("UpdateRestrictedToStopped");
    assertThat(feed(new LifecycleInput.Clear(HOST)).code())
        .isEqualTo("StorageStatusImmutableUnlessStopped");
    assertThat(feed(new LifecycleInput.Delete()).code())
        .isEqualTo("DeleteRestrictedToFullyStopped");
  }

  @Test
  void settings_of_stored_state_are_named_with_back_ticks_when_storage_is_in_use() {
    compile();
    run();
    feed(new LifecycleInput.Stop());
    reconcile();
    feed(new LifecycleInput.ProcessStopped(pipeline.deployment().number()));
    ObjectNode config = JsonNodeFactory.instance.objectNode().put("workers", 4);
    Definition next =
        new Definition(
            "q",
            "",
            List.of(),
            config,
            pipeline.definition().programCode(),
            "",
            "",
            pipeline.definition().programConfig());
    ApiError error = feed(new LifecycleInput.Edit(next, false));
    assertThat(error.code()).isEqualTo("EditRestrictedToClearedStorage");
    assertThat(error.details().path("not_allowed"))
        .isEqualTo(json("[\"`name`\",\"`runtime_config.workers`\"]"));
    assertThat(feed(new LifecycleInput.Delete()).code())
        .isEqualTo("DeleteRestrictedToClearedStorage");
  }

  @Test
  void a_pipeline_whose_storage_is_being_cleared_does_not_start() {
    compile();
    run();
    feed(new LifecycleInput.Stop());
    reconcile();
    feed(new LifecycleInput.ProcessStopped(pipeline.deployment().number()));
    feed(new LifecycleInput.Clear(HOST));
    assertThat(feed(new LifecycleInput.Start(RUN, true)).code())
        .isEqualTo("CannotStartWhileClearingStorage");
  }

  @Test
  void an_error_is_not_dismissed_while_its_pipeline_is_still_stopping() {
    compile();
    run();
    long number = pipeline.deployment().number();
    feed(new LifecycleInput.DeploymentFailed(number, ApiError.of(500, "RunnerCheckError", "x")));
    assertThat(pipeline.deploymentError()).isNotNull();
    assertThat(feed(new LifecycleInput.DismissError()).code())
        .isEqualTo("DismissErrorRestrictedToFullyStopped");
    assertThat(pipeline.deploymentError()).isNotNull();
  }

  @Test
  void a_pause_is_noted_without_an_event_before_it_is_sent_and_only_for_the_present_process() {
    compile();
    run();
    long number = pipeline.deployment().number();
    Versions versions = pipeline.versions();
    int before = events.size();
    assertThat(Intent.of(pipeline).map(Intent::desired)).isEmpty();
    assertThat(feed(new LifecycleInput.Intend(number, RuntimeStatus.PAUSED))).isNull();
    assertThat(Intent.of(pipeline).map(Intent::desired)).contains(RuntimeStatus.PAUSED);
    assertThat(feed(new LifecycleInput.Intend(number, RuntimeStatus.RUNNING))).isNull();
    assertThat(Intent.of(pipeline).map(Intent::desired)).contains(RuntimeStatus.RUNNING);
    assertThat(pipeline.versions()).isEqualTo(versions);
    assertThat(events).hasSize(before);
    assertThat(feed(new LifecycleInput.Intend(number - 1, RuntimeStatus.PAUSED)).code())
        .isEqualTo("PipelineInteractionNotDeployed");
    feed(new LifecycleInput.Stop());
    assertThat(feed(new LifecycleInput.Intend(number, RuntimeStatus.PAUSED)).code())
        .isEqualTo("PipelineInteractionNotDeployed");
  }

  @Test
  void a_pause_that_was_noted_but_never_observed_holds_after_the_node_has_come_back() {
    compile();
    run();
    long number = pipeline.deployment().number();
    assertThat(pipeline.launch().initial()).isEqualTo(RuntimeStatus.RUNNING);
    feed(new LifecycleInput.Intend(number, RuntimeStatus.PAUSED));
    feed(new LifecycleInput.Parked(number));
    assertThat(pipeline.resources().desired()).isEqualTo(ResourcesDesiredStatus.PROVISIONED);
    assertThat(pipeline.launch().initial()).isEqualTo(RuntimeStatus.PAUSED);
  }

  // ---- suspending and dying -------------------------------------------------------------------

  private void runFaultTolerant() {
    Definition old = pipeline.definition();
    feed(
        new LifecycleInput.Edit(
            new Definition(
                old.name(),
                "",
                List.of(),
                json("{\"fault_tolerance\":{\"model\":\"exactly_once\"},\"storage\":{}}"),
                old.programCode(),
                "",
                "",
                old.programConfig()),
            false));
    compile();
    run();
  }

  private long intend(RuntimeStatus desired) {
    feed(new LifecycleInput.Intend(pipeline.deployment().number(), desired));
    return pipeline.revision();
  }

  private LifecycleInput died() {
    return new LifecycleInput.ProcessDied(
        pipeline.deployment().number(), ApiError.of(500, "RunnerCheckError", "x"));
  }

  private String error() {
    return pipeline.deploymentError() == null
        ? null
        : pipeline.deploymentError().path("message").asText();
  }

  @Test
  void a_refused_suspend_does_not_end_a_pipeline_that_dies_later() {
    runFaultTolerant();
    final long number = pipeline.deployment().number();
    intend(RuntimeStatus.PAUSED);
    long noted = intend(RuntimeStatus.SUSPENDED);
    int recorded = events.size();
    feed(new LifecycleInput.Withdraw(number, noted - 1));
    assertThat(Intent.of(pipeline).map(Intent::desired)).contains(RuntimeStatus.SUSPENDED);
    feed(new LifecycleInput.Withdraw(number, noted));
    assertThat(Intent.of(pipeline).map(Intent::desired))
        .as("what had been asked for before")
        .contains(RuntimeStatus.PAUSED);
    assertThat(events).hasSize(recorded);
    feed(died());
    assertThat(pipeline.resources().desired()).isEqualTo(ResourcesDesiredStatus.PROVISIONED);
    assertThat(pipeline.launch().initial()).isEqualTo(RuntimeStatus.PAUSED);
    assertThat(pipeline.resources().details().at("/restarts/count").asInt()).isEqualTo(1);
  }

  @Test
  void a_pipeline_that_is_to_suspend_stays_stopped_whoever_finds_its_process_dead() {
    for (boolean faultTolerant : List.of(true, false)) {
      for (String finder : List.of("owner", "next owner", "node that stops")) {
        pipeline =
            PipelineRecord.create(
                TENANT, ID, definition("p", "CREATE TABLE t(x INT);"), "0.337.0", T0);
        if (faultTolerant) {
          runFaultTolerant();
        } else {
          compile();
          run();
        }
        long number = pipeline.deployment().number();
        intend(RuntimeStatus.SUSPENDED);
        feed(
            switch (finder) {
              case "owner" -> died();
              case "next owner" -> new LifecycleInput.Loaded(ProcessFate.GONE);
              default -> new LifecycleInput.Parked(number);
            });
        feed(new LifecycleInput.ProcessStopped(number));
        assertThat(pipeline.resources().fullyStopped()).as(finder).isTrue();
        assertThat(error())
            .contains("before it had saved its state")
            .contains(faultTolerant ? "Nothing that was acknowledged is lost" : "is lost");
      }
    }
  }

  @Test
  void a_fault_tolerant_pipeline_that_dies_again_and_again_ends_with_an_error_that_says_so() {
    runFaultTolerant();
    for (int death = 1; death <= 5; death++) {
      feed(died());
      assertThat(pipeline.resources().desired()).isEqualTo(ResourcesDesiredStatus.PROVISIONED);
      now = now.plusSeconds(30);
      reconcile();
      long number = pipeline.deployment().number();
      feed(new LifecycleInput.ProcessReported(number, PROCESS, now.plusSeconds(90)));
      feed(observed(number, RuntimeStatus.RUNNING));
    }
    feed(died());
    assertThat(pipeline.resources().status()).isEqualTo(ResourcesStatus.STOPPING);
    assertThat(error()).contains("started again 5 times").contains("Nothing that was acknowledged");
  }

  @Test
  void a_process_that_had_saved_its_state_before_it_ended_leaves_no_error() {
    compile();
    run();
    long number = pipeline.deployment().number();
    intend(RuntimeStatus.SUSPENDED);
    feed(new LifecycleInput.Loaded(ProcessFate.SUSPENDED));
    feed(new LifecycleInput.ProcessStopped(number));
    assertThat(pipeline.resources().fullyStopped()).isTrue();
    assertThat(error()).isNull();
  }

  @Test
  void a_clear_raises_the_generation_before_anything_is_removed_and_a_late_one_clears_nothing() {
    compile();
    run();
    feed(new LifecycleInput.Stop());
    reconcile();
    feed(new LifecycleInput.ProcessStopped(pipeline.deployment().number()));
    effects.clear();
    assertThat(feed(new LifecycleInput.Clear("host-2")).code()).isEqualTo("StorageOnAnotherHost");
    assertThat(pipeline.storage().status()).isEqualTo(StorageStatus.IN_USE);
    feed(new LifecycleInput.Clear(HOST));
    assertThat(pipeline.storage().generation()).isEqualTo(2);
    assertThat(effects).containsExactly(new Effect.RemoveStorage(2));
    feed(new LifecycleInput.StorageRemoved(0));
    assertThat(pipeline.storage().status()).isEqualTo(StorageStatus.CLEARING);
    feed(new LifecycleInput.StorageRemoved(1));
    assertThat(pipeline.storage().status()).isEqualTo(StorageStatus.CLEARED);
    assertThat(pipeline.storage().host()).isNull();
  }

  @Test
  void storage_of_another_host_is_never_started_empty() {
    compile();
    run();
    feed(new LifecycleInput.Stop());
    reconcile();
    feed(new LifecycleInput.ProcessStopped(pipeline.deployment().number()));
    feed(new LifecycleInput.Start(RUN, true));
    feed(
        new LifecycleInput.Reconcile(
            new LifecycleInput.FreshDeployment(new UUID(7, 7), "ab".repeat(32), "host-2")));
    assertThat(tuple(pipeline)).isEqualTo("Stopped,Stopped,-,-,T,Success,InUse");
    assertThat(pipeline.deploymentError().path("message").asText()).contains(HOST, "host-2");
  }

  @Test
  void a_process_is_recorded_once_and_only_for_the_present_deployment() {
    compile();
    feed(new LifecycleInput.Start(RUN, true));
    reconcile();
    long number = pipeline.deployment().number();
    feed(new LifecycleInput.ProcessReported(number - 1, PROCESS, now));
    assertThat(pipeline.deployment().process()).isNull();
    feed(new LifecycleInput.ProcessReported(number, PROCESS, now));
    ProcessReport late = new ProcessReport(new UUID(2, 2), "boot", 43, 4343, "127.0.0.1", 9998);
    feed(new LifecycleInput.ProcessReported(number, late, now));
    assertThat(pipeline.deployment().process()).isEqualTo(PROCESS);
    assertThat(effects.stream().filter(new Effect.Grant(number)::equals)).hasSize(1);
  }

  @Test
  void a_new_owner_adopts_a_live_process_and_brings_a_lost_one_back_under_a_new_number() {
    compile();
    run();
    long number = pipeline.deployment().number();
    PipelineRecord before = pipeline;
    feed(new LifecycleInput.Loaded(ProcessFate.ALIVE));
    assertThat(pipeline).isEqualTo(before);
    feed(observed(number, RuntimeStatus.PAUSED));
    feed(new LifecycleInput.Loaded(ProcessFate.GONE));
    reconcile();
    assertThat(tuple(pipeline)).isEqualTo("Provisioning,Provisioned,-,-,F,Success,InUse");
    assertThat(pipeline.deployment().number()).isEqualTo(number + 1);
    assertThat(pipeline.launch().initial()).isEqualTo(RuntimeStatus.PAUSED);
  }

  @Test
  void a_process_that_can_be_neither_found_nor_proved_gone_is_unavailable_and_not_started_again() {
    compile();
    run();
    long number = pipeline.deployment().number();
    effects.clear();
    feed(new LifecycleInput.Loaded(ProcessFate.UNKNOWN));
    assertThat(pipeline.runtime().status()).isEqualTo(RuntimeStatus.UNAVAILABLE);
    assertThat(pipeline.deployment().number()).isEqualTo(number);
    assertThat(effects).containsExactly(new Effect.Observe(number));
  }

  @Test
  void an_early_start_survives_a_restart_during_compilation() {
    feed(new LifecycleInput.Start(RUN, true));
    feed(new LifecycleInput.CompileStarted(1));
    feed(new LifecycleInput.Loaded(ProcessFate.NONE));
    assertThat(tuple(pipeline)).isEqualTo("Stopped,Provisioned,-,-,F,Pending,Cleared");
    compile();
    reconcile();
    assertThat(pipeline.resources().status()).isEqualTo(ResourcesStatus.PROVISIONING);
  }

  @Test
  void a_condition_is_compared_with_the_record_when_the_request_is_decided() {
    LifecycleInput edit = new LifecycleInput.Edit(definition("p", "CREATE TABLE u(x INT);"), false);
    IfMatch seen = new IfMatch(List.of(new IfMatch.State(ID, pipeline.revision())), "seen");
    assertThat(feed(new LifecycleInput.Conditional(seen, edit))).isNull();
    ApiError late = feed(new LifecycleInput.Conditional(seen, new LifecycleInput.Delete()));
    assertThat(late.status()).isEqualTo(412);
    assertThat(late.body().path("error_code").asText()).isEqualTo("PreconditionFailed");
    assertThat(late.body().at("/details/revision").asLong()).isEqualTo(pipeline.revision());
    IfMatch namesake =
        new IfMatch(List.of(new IfMatch.State(new UUID(3, 3), pipeline.revision())), "namesake");
    assertThat(feed(new LifecycleInput.Conditional(namesake, new LifecycleInput.Delete())))
        .isNotNull();
  }

  @Test
  void a_process_that_suspended_itself_is_stopped_without_an_error() {
    compile();
    run();
    long number = pipeline.deployment().number();
    feed(observed(number, RuntimeStatus.SUSPENDED));
    assertThat(pipeline.resources().desired()).isEqualTo(ResourcesDesiredStatus.STOPPED);
    reconcile();
    feed(new LifecycleInput.ProcessStopped(number));
    assertThat(pipeline.resources().fullyStopped()).isTrue();
    assertThat(pipeline.deploymentError()).isNull();
  }

  @Test
  void an_unchanged_status_is_written_only_as_a_remain_update() {
    compile();
    run();
    long number = pipeline.deployment().number();
    LifecycleInput.ProcessObserved same =
        (LifecycleInput.ProcessObserved) observed(number, RuntimeStatus.RUNNING);
    long version = pipeline.versions().refreshVersion();
    int recorded = events.size();
    Instant since = pipeline.runtime().since();
    feed(same);
    assertThat(pipeline.versions().refreshVersion()).isEqualTo(version);
    feed(same.due());
    assertThat(pipeline.versions().refreshVersion()).isEqualTo(version + 1);
    assertThat(events).hasSize(recorded + 1);
    assertThat(pipeline.runtime().since()).isEqualTo(since);
  }

  @Test
  void what_an_older_server_was_compiling_is_compiled_for_this_one_and_the_compiled_stays() {
    pipeline = PipelineRecord.create(TENANT, ID, definition("p", "x"), "0.1.0", T0);
    feed(new LifecycleInput.CompileStarted(1));
    feed(new LifecycleInput.Loaded(ProcessFate.NONE));
    assertThat(pipeline.versions().platformVersion()).isEqualTo("0.337.0");
    assertThat(pipeline.versions().programVersion()).isEqualTo(2);
    assertThat(pipeline.program().status()).isEqualTo(ProgramStatus.PENDING);
    compile();
    assertThat(feed(new LifecycleInput.SetPlatformVersion("0.1.0"))).isNull();
    feed(new LifecycleInput.Loaded(ProcessFate.NONE));
    assertThat(pipeline.versions().platformVersion()).isEqualTo("0.1.0");
    assertThat(pipeline.program().status()).isEqualTo(ProgramStatus.SUCCESS);
    run();
    assertThat(pipeline.runtime().status()).isEqualTo(RuntimeStatus.RUNNING);
    assertThat(feed(new LifecycleInput.SetPlatformVersion("0.2.0")).status()).isEqualTo(400);
  }
}
