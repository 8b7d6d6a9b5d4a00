package io.weirkeeper.core.deploy;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.plan.PipelinePlan;
import java.util.UUID;

/**
 * One deployment of a pipeline, given to its process over standard input as a single JSON document.
 *
 * @param tenantId owner, for labels only
 * @param pipelineId the pipeline
 * @param pipelineName its name, for messages and metric labels
 * @param deploymentNumber rises with every deployment of the pipeline; names the deployment
 *     together with the id
 * @param deploymentId names the deployment in the API
 * @param secret shared secret, 32 bytes in hex; never logged, never sent (see {@link
 *     ProcessSecret})
 * @param initial {@code running} or {@code paused}
 * @param runtimeConfig normalised {@code runtime_config} of the pipeline
 * @param plan what to run
 * @param workingDirectory the deployment's own directory: logs, report, temporary files
 * @param storageDirectory the pipeline's storage of the present generation
 * @param reportFile where the process writes its {@link ProcessReport}, atomically
 * @param bindAddress address to listen on
 * @param grantTimeoutMillis without a grant for this long the process exits
 * @param bootstrapPolicy what to do when the program is not the one whose state is in the storage:
 *     {@code allow}, {@code reject} or {@code await_approval}
 * @param silentBootstrap whether outputs are not told what new views are filled with
 */
public record DeploymentSpec(
    @JsonProperty("tenant_id") UUID tenantId,
    @JsonProperty("pipeline_id") UUID pipelineId,
    @JsonProperty("pipeline_name") String pipelineName,
    @JsonProperty("deployment_number") long deploymentNumber,
    @JsonProperty("deployment_id") UUID deploymentId,
    @JsonProperty("secret") String secret,
    @JsonProperty("initial") String initial,
    @JsonProperty("runtime_config") JsonNode runtimeConfig,
    @JsonProperty("plan") PipelinePlan plan,
    @JsonProperty("working_directory") String workingDirectory,
    @JsonProperty("storage_directory") String storageDirectory,
    @JsonProperty("report_file") String reportFile,
    @JsonProperty("bind_address") String bindAddress,
    @JsonProperty("grant_timeout_millis") long grantTimeoutMillis,
    @JsonProperty("bootstrap_policy") String bootstrapPolicy,
    @JsonProperty("silent_bootstrap") boolean silentBootstrap) {

  /** A deployment that awaits approval of a changed program. */
  public DeploymentSpec(
      UUID tenantId,
      UUID pipelineId,
      String pipelineName,
      long deploymentNumber,
      UUID deploymentId,
      String secret,
      String initial,
      JsonNode runtimeConfig,
      PipelinePlan plan,
      String workingDirectory,
      String storageDirectory,
      String reportFile,
      String bindAddress,
      long grantTimeoutMillis) {
    this(
        tenantId,
        pipelineId,
        pipelineName,
        deploymentNumber,
        deploymentId,
        secret,
        initial,
        runtimeConfig,
        plan,
        workingDirectory,
        storageDirectory,
        reportFile,
        bindAddress,
        grantTimeoutMillis,
        "await_approval",
        false);
  }

  /** The same under another policy. */
  public DeploymentSpec withBootstrap(String policy, boolean silent) {
    return new DeploymentSpec(
        tenantId,
        pipelineId,
        pipelineName,
        deploymentNumber,
        deploymentId,
        secret,
        initial,
        runtimeConfig,
        plan,
        workingDirectory,
        storageDirectory,
        reportFile,
        bindAddress,
        grantTimeoutMillis,
        policy,
        silent);
  }

  /** Hides the secret. */
  @Override
  public String toString() {
    return "DeploymentSpec[pipeline="
        + pipelineId
        + ", deployment="
        + deploymentNumber
        + "/"
        + deploymentId
        + "]";
  }
}
