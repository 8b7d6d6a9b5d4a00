package io.weirkeeper.verticles.actor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.pipeline.LifecycleInput;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.verticles.process.ProcessClient.ProcessAnswer;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What an answer to GET /status means (spec: lifecycle §2.1). Pure. */
final class StatusReading {
  private StatusReading() {}

  /**
   * Reads an answer.
   *
   * @param number deployment that was asked
   * @param grace how long after it was provisioned a process without a usable answer counts as
   *     initializing
   */
  static LifecycleInput answered(
      PipelineRecord pipeline, long number, ProcessAnswer answer, Duration grace, Instant now) {
    JsonNode body = answer.body();
    if (answer.status() == 200) {
      return usable(number, body)
          .orElseGet(
              () ->
                  unusable(
                      pipeline,
                      number,
                      "the pipeline process answered its status in a form that is not understood",
                      grace,
                      now));
    }
    if (answer.status() == 503) {
      return unavailable(number, body);
    }
    JsonNode details = body.path("details");
    return new LifecycleInput.DeploymentFailed(
        number,
        new ApiError(
            answer.status(),
            body.path("error_code").asText("RunnerCheckError"),
            body.path("message").asText("The pipeline process answered " + answer.status()),
            details.isMissingNode() ? null : details));
  }

  /** Reads that there was no answer. */
  static LifecycleInput unanswered(
      PipelineRecord pipeline, long number, Throwable cause, Duration grace, Instant now) {
    return unusable(
        pipeline,
        number,
        "the pipeline process cannot be reached: " + cause.getMessage(),
        grace,
        now);
  }

  private static Optional<LifecycleInput> usable(long number, JsonNode body) {
    if (!body.isObject()) {
      return runtimeStatus(body)
          .map(status -> new LifecycleInput.ProcessObserved(number, status, null, null, null));
    }
    Optional<RuntimeStatus> status = runtimeStatus(body.path("runtime_status"));
    Optional<RuntimeStatus> desired = runtimeStatus(body.path("runtime_desired_status"));
    if (status.isEmpty() || desired.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new LifecycleInput.ProcessObserved(
            number,
            status.get(),
            // Whatever it is: the API wraps what is no object (api-semantics §3.2).
            orNull(body.path("runtime_status_details")),
            desired.get(),
            objectOrNull(body.path("storage_status_details"))));
  }

  private static LifecycleInput unavailable(long number, JsonNode body) {
    String code = body.path("error_code").asText();
    if (code.equals(RuntimeStatus.INITIALIZING.json())
        || code.equals(RuntimeStatus.SUSPENDED.json())) {
      RuntimeStatus status =
          code.equals(RuntimeStatus.SUSPENDED.json())
              ? RuntimeStatus.SUSPENDED
              : RuntimeStatus.INITIALIZING;
      return new LifecycleInput.ProcessObserved(number, status, null, null, null);
    }
    return new LifecycleInput.ProcessObserved(
        number,
        RuntimeStatus.UNAVAILABLE,
        reason(body.path("message").asText(body.toString())),
        RuntimeStatus.UNAVAILABLE,
        null);
  }

  private static LifecycleInput unusable(
      PipelineRecord pipeline, long number, String text, Duration grace, Instant now) {
    boolean young = now.isBefore(pipeline.resources().since().plus(grace));
    return new LifecycleInput.ProcessObserved(
        number,
        young ? RuntimeStatus.INITIALIZING : RuntimeStatus.UNAVAILABLE,
        reason(text),
        null,
        null);
  }

  private static Optional<RuntimeStatus> runtimeStatus(JsonNode json) {
    for (RuntimeStatus status : RuntimeStatus.values()) {
      if (status.json().equals(json.asText())) {
        return Optional.of(status);
      }
    }
    return Optional.empty();
  }

  private static JsonNode orNull(JsonNode node) {
    return node.isMissingNode() || node.isNull() ? null : node;
  }

  private static JsonNode objectOrNull(JsonNode node) {
    return node.isObject() ? node : null;
  }

  private static JsonNode reason(String text) {
    return JsonNodeFactory.instance.objectNode().put("reason", text);
  }
}
