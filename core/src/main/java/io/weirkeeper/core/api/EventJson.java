package io.weirkeeper.core.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.pipeline.PipelineEvent;

/** The JSON object of an event of a pipeline (spec: api-semantics §4.15). */
public final class EventJson {
  private EventJson() {}

  /** The statuses only: {@code selector=status}. */
  public static ObjectNode status(PipelineEvent event) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("event_id", event.eventId().toString());
    json.put("recorded_at", PipelineJson.time(event.recordedAt()));
    json.put("deployment_resources_status", event.resourcesStatus().json());
    json.put("deployment_resources_desired_status", event.resourcesDesired().json());
    json.put("deployment_runtime_status", PipelineJson.orNull(event.runtimeStatus()));
    json.put("deployment_runtime_desired_status", PipelineJson.orNull(event.runtimeDesired()));
    json.put("deployment_has_error", hasError(event));
    json.put("program_status", event.programStatus().json());
    json.put("storage_status", event.storageStatus().json());
    return json;
  }

  /** The statuses and their details: {@code selector=all}. */
  public static ObjectNode all(PipelineEvent event) {
    ObjectNode json = status(event);
    json.set("deployment_resources_status_details", PipelineJson.orNull(event.resourcesDetails()));
    json.set(
        "deployment_runtime_status_details",
        PipelineJson.runtimeDetails(event.runtimeStatus(), event.runtimeDetails()));
    json.set("deployment_error", PipelineJson.orNull(event.deploymentError()));
    json.set("storage_status_details", PipelineJson.orNull(event.storageDetails()));
    return json;
  }

  private static boolean hasError(PipelineEvent event) {
    return event.deploymentError() != null && !event.deploymentError().isNull();
  }
}
