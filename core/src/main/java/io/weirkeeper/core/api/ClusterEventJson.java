package io.weirkeeper.core.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.monitor.ClusterEvent;
import io.weirkeeper.core.monitor.ClusterMonitor;

/** The JSON of the cluster's health (spec: api-semantics §6). */
public final class ClusterEventJson {
  private ClusterEventJson() {}

  /** The statuses only: {@code selector=status}, and each item of the list. */
  public static ObjectNode status(ClusterEvent event) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("id", event.id().toString());
    json.put("recorded_at", PipelineJson.time(event.recordedAt()));
    json.put("all_healthy", event.allHealthy());
    json.put("api_status", event.api().status().json());
    json.put("compiler_status", event.compiler().status().json());
    json.put("runner_status", event.runner().status().json());
    return json;
  }

  /** With what the parts said: {@code selector=all}. */
  public static ObjectNode all(ClusterEvent event) {
    ObjectNode json = status(event);
    json.put("api_self_info", event.api().selfInfo());
    json.put("api_resources_info", event.api().resourcesInfo());
    json.put("compiler_self_info", event.compiler().selfInfo());
    json.put("compiler_resources_info", event.compiler().resourcesInfo());
    json.put("runner_self_info", event.runner().selfInfo());
    json.put("runner_resources_info", event.runner().resourcesInfo());
    return json;
  }

  /** The answer of {@code cluster_healthz}; there must have been a check. */
  public static ObjectNode health(ClusterMonitor monitor) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put(
        "all_healthy",
        monitor.api().healthy() && monitor.compiler().healthy() && monitor.runner().healthy());
    json.set("api", part(monitor.api()));
    json.set("compiler", part(monitor.compiler()));
    json.set("runner", part(monitor.runner()));
    return json;
  }

  private static ObjectNode part(ClusterMonitor.Watched part) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("healthy", part.healthy());
    json.put("message", part.text());
    json.put("unchanged_since", PipelineJson.time(part.unchangedSince()));
    json.put("checked_at", PipelineJson.time(part.checkedAt()));
    return json;
  }
}
