package io.weirkeeper.core.api;

import static io.weirkeeper.core.api.Samples.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.auth.Principal;
import io.weirkeeper.core.pipeline.PipelineEvent;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.Resources;
import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.Runtime;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PipelineJsonTest {
  private static final Set<String> ALL =
      keys(
          """
          id name description tags created_at version platform_version runtime_config program_code
          udf_rust udf_toml program_config program_version program_status program_status_since
          program_error program_info deployment_error refresh_version storage_status
          storage_status_details deployment_id deployment_initial deployment_status
          deployment_status_since deployment_desired_status deployment_desired_status_since
          deployment_resources_status deployment_resources_status_details
          deployment_resources_status_since deployment_resources_desired_status
          deployment_resources_desired_status_since deployment_runtime_status
          deployment_runtime_status_details deployment_runtime_status_since
          deployment_runtime_desired_status deployment_runtime_desired_status_since
          bootstrap_policy silent_bootstrap concurrent_bootstrap
          """);

  static Stream<PipelineRecord> pipelines() {
    return Stream.of(Samples.created(), Samples.running(), Samples.failed());
  }

  @ParameterizedTest
  @MethodSource("pipelines")
  void selectorAllHasExactlyTheKeysOfTheSpec(PipelineRecord pipeline) {
    assertThat(keys(PipelineJson.all(pipeline))).isEqualTo(ALL);
  }

  @ParameterizedTest
  @MethodSource("pipelines")
  void selectorStatusLeavesOutTheLargeFieldsAndKeepsProgramConfig(PipelineRecord pipeline) {
    Set<String> expected = new TreeSet<>(ALL);
    expected.removeAll(
        keys(
            "runtime_config program_code udf_rust udf_toml program_error program_info"
                + " deployment_resources_status_details"));
    assertThat(keys(PipelineJson.status(pipeline))).isEqualTo(expected).contains("program_config");
  }

  @ParameterizedTest
  @MethodSource("pipelines")
  void answersOfEditsLeaveOutTheBootstrapFields(PipelineRecord pipeline) {
    Set<String> expected = new TreeSet<>(ALL);
    expected.removeAll(keys("bootstrap_policy silent_bootstrap concurrent_bootstrap"));
    assertThat(keys(PipelineJson.info(pipeline))).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("pipelines")
  void answersHaveTheShapesOfTheContract(PipelineRecord pipeline) {
    assertThat(Contract.problems("PipelineInfo", PipelineJson.info(pipeline))).isEmpty();
    assertThat(Contract.problems("PipelineSelectedInfo", PipelineJson.all(pipeline))).isEmpty();
    assertThat(Contract.problems("PipelineSelectedInfo", PipelineJson.status(pipeline))).isEmpty();
  }

  @Test
  void theContractCheckFindsAMissingField() {
    ObjectNode broken = PipelineJson.info(Samples.created());
    broken.remove("program_status");
    assertThat(Contract.problems("PipelineInfo", broken)).isNotEmpty();
  }

  @Test
  void internalPartsNeverShow() {
    String text = PipelineJson.all(Samples.running()).toString();
    assertThat(text)
        .doesNotContain("secret-of-the-process", "generated", "main_rust", "dataflow", "'plan'");
  }

  @Test
  void programInfoHasFourParts() {
    assertThat(keys((ObjectNode) PipelineJson.all(Samples.running()).get("program_info")))
        .containsExactlyInAnyOrder("schema", "udf_stubs", "input_connectors", "output_connectors");
    assertThat(PipelineJson.all(Samples.created()).get("program_info").isNull()).isTrue();
  }

  @Test
  void bootstrapPolicyIsNullUnlessStarted() {
    assertThat(PipelineJson.all(Samples.created()).get("bootstrap_policy").isNull()).isTrue();
    assertThat(PipelineJson.all(Samples.running()).get("bootstrap_policy").textValue())
        .isEqualTo("await_approval");
  }

  @ParameterizedTest
  @CsvSource({
    "STOPPED,STOPPED,,,Stopped,Stopped",
    "STOPPED,PROVISIONED,,,Stopped,Running",
    "PROVISIONING,PROVISIONED,,,Provisioning,Running",
    "PROVISIONED,PROVISIONED,INITIALIZING,PAUSED,Initializing,Paused",
    "PROVISIONED,PROVISIONED,,,Unavailable,Running",
    "PROVISIONED,STOPPED,RUNNING,RUNNING,Running,Stopped",
    "STOPPING,STOPPED,,,Stopping,Stopped"
  })
  void statusesCombine(
      ResourcesStatus status,
      ResourcesDesiredStatus desired,
      RuntimeStatus runtime,
      RuntimeStatus runtimeDesired,
      String combined,
      String combinedDesired) {
    PipelineRecord pipeline =
        Samples.running()
            .withResources(new Resources(status, Samples.T0, null, desired, Samples.T0))
            .withRuntime(new Runtime(runtime, Samples.T1, null, runtimeDesired, Samples.T1));
    assertThat(PipelineJson.deploymentStatus(pipeline)).isEqualTo(combined);
    assertThat(PipelineJson.deploymentDesiredStatus(pipeline)).isEqualTo(combinedDesired);
  }

  @Test
  void aStartedPipelineWithoutLaunchIsDesiredUnavailable() {
    assertThat(
            PipelineJson.deploymentDesiredStatus(
                Samples.running().withLaunch(null).withRuntime(Runtime.NONE)))
        .isEqualTo("Unavailable");
  }

  @Test
  void combinedTimesAreTheLaterOnes() {
    ObjectNode json = PipelineJson.all(Samples.running());
    assertThat(json.get("deployment_status_since").textValue())
        .isEqualTo("2026-11-22T10:00:20.123456Z");
    assertThat(json.get("deployment_desired_status_since").textValue())
        .isEqualTo("2026-11-22T10:00:10.123456Z");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "null | {}",
        "'\"starting\"' | {\"reason\":\"starting\"}",
        "true | {\"reason\":\"Boolean: true\"}",
        "3 | {\"reason\":\"Number: 3\"}",
        "[1] | {\"reason\":\"Array: [1]\"}",
        "{\"program_diff\":null,\"x\":1} | {\"approval_diff\":{\"program_diff\":null,\"x\":1}}",
        "{\"connector_stats\":{\"num_errors\":2}} | {\"connector_stats\":{\"num_errors\":2}}"
      })
  void runtimeDetailsAreAnObject(String stored, String shown) {
    assertThat(PipelineJson.runtimeDetails(RuntimeStatus.RUNNING, json(stored)))
        .isEqualTo(json(shown));
  }

  @Test
  void withoutARuntimeStatusThereAreNoDetails() {
    assertThat(PipelineJson.runtimeDetails(null, json("{}")).isNull()).isTrue();
    assertThat(PipelineJson.runtimeDetails(RuntimeStatus.RUNNING, null)).isEqualTo(json("{}"));
  }

  @ParameterizedTest
  @MethodSource("pipelines")
  void eventsHaveTheKeysOfTheSpec(PipelineRecord pipeline) {
    PipelineEvent event =
        PipelineEvent.of(
            UUID.fromString("01938d6a-0000-7000-8000-000000000003"), Samples.T0, pipeline);
    Set<String> status =
        keys(
            "event_id recorded_at deployment_resources_status deployment_resources_desired_status"
                + " deployment_runtime_status deployment_runtime_desired_status"
                + " deployment_has_error program_status storage_status");
    assertThat(keys(EventJson.status(event))).isEqualTo(status);
    Set<String> all = new TreeSet<>(status);
    all.addAll(
        keys(
            "deployment_resources_status_details deployment_runtime_status_details"
                + " deployment_error storage_status_details"));
    assertThat(keys(EventJson.all(event))).isEqualTo(all);
    assertThat(Contract.problems("PipelineMonitorEventSelectedInfo", EventJson.all(event)))
        .isEmpty();
    assertThat(EventJson.all(event).get("deployment_has_error").booleanValue())
        .isEqualTo(!EventJson.all(event).get("deployment_error").isNull());
  }

  @Test
  void theServerDescribesItselfAsTheContractSays() {
    assertThat(
            Contract.problems("Configuration", ServerJson.configuration("0.1.0", "abc", List.of())))
        .isEmpty();
    assertThat(
            Contract.problems(
                "SessionInfo",
                ServerJson.session(Principal.NO_PROVIDER, Principal.NO_PROVIDER.memberships())))
        .isEmpty();
    assertThat(Contract.problems("SessionInfo", ServerJson.session(null, List.of()))).isEmpty();
  }

  private static Set<String> keys(String names) {
    return new TreeSet<>(Arrays.asList(names.trim().split("\\s+")));
  }

  private static Set<String> keys(ObjectNode json) {
    List<String> names = new ArrayList<>();
    json.fieldNames().forEachRemaining(names::add);
    assertThat(names).doesNotHaveDuplicates();
    return new TreeSet<>(names);
  }
}
