package io.weirkeeper.core.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.pipeline.Launch;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.Program;
import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.core.pipeline.Status;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The JSON object of a pipeline, in the forms that have a fixed set of keys (spec: api-semantics
 * §3.2, §3.3). Documents of the record are shared, not copied: don't modify the result below its
 * first level.
 */
public final class PipelineJson {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** Parts of {@code program_info} that the API shows. */
  private static final String[] SHOWN_PROGRAM_INFO = {
    "schema", "udf_stubs", "input_connectors", "output_connectors"
  };

  private PipelineJson() {}

  /** All fields: a GET with {@code selector=all}. */
  public static ObjectNode all(PipelineRecord pipeline) {
    ObjectNode json = render(pipeline, true);
    addBootstrap(json, pipeline.launch());
    return json;
  }

  /** All but the large fields: a GET with {@code selector=status}. */
  public static ObjectNode status(PipelineRecord pipeline) {
    ObjectNode json = render(pipeline, false);
    addBootstrap(json, pipeline.launch());
    return json;
  }

  /** The answer of POST, PUT, PATCH and update_runtime. */
  public static ObjectNode info(PipelineRecord pipeline) {
    return render(pipeline, true);
  }

  /** The combined status. */
  public static String deploymentStatus(PipelineRecord pipeline) {
    ResourcesStatus resources = pipeline.resources().status();
    if (resources != ResourcesStatus.PROVISIONED) {
      return resources.json();
    }
    RuntimeStatus runtime = pipeline.runtime().status();
    return (runtime == null ? RuntimeStatus.UNAVAILABLE : runtime).json();
  }

  /** The combined desired status. */
  public static String deploymentDesiredStatus(PipelineRecord pipeline) {
    if (pipeline.resources().desired() == ResourcesDesiredStatus.STOPPED) {
      return ResourcesDesiredStatus.STOPPED.json();
    }
    RuntimeStatus desired = pipeline.runtime().desired();
    if (desired == null && pipeline.launch() != null) {
      desired = pipeline.launch().initial();
    }
    return (desired == null ? RuntimeStatus.UNAVAILABLE : desired).json();
  }

  /**
   * The details of a runtime status: an object, or a JSON null when there is no status.
   *
   * @param status the runtime status, or null
   * @param details as stored, any JSON or null
   */
  static JsonNode runtimeDetails(RuntimeStatus status, JsonNode details) {
    if (status == null) {
      return NullNode.getInstance();
    }
    if (details == null || details.isNull()) {
      return JSON.objectNode();
    }
    return switch (details.getNodeType()) {
      case OBJECT ->
          details.has("program_diff")
              ? JSON.objectNode().<ObjectNode>set("approval_diff", details)
              : details;
      case STRING -> reason(details.textValue());
      case BOOLEAN -> reason("Boolean: " + details);
      case NUMBER -> reason("Number: " + details);
      default -> reason("Array: " + details);
    };
  }

  /** A time as RFC 3339 in UTC, to the microsecond, which is what the database keeps. */
  static String time(Instant instant) {
    return instant.truncatedTo(ChronoUnit.MICROS).toString();
  }

  static JsonNode orNull(JsonNode value) {
    return value == null ? NullNode.getInstance() : value;
  }

  static String orNull(Status status) {
    return status == null ? null : status.json();
  }

  private static ObjectNode reason(String text) {
    return JSON.objectNode().put("reason", text);
  }

  private static ObjectNode render(PipelineRecord pipeline, boolean large) {
    final var definition = pipeline.definition();
    final var versions = pipeline.versions();
    final var program = pipeline.program();
    final var resources = pipeline.resources();
    final var runtime = pipeline.runtime();
    ObjectNode json = JSON.objectNode();
    json.put("id", pipeline.id().toString());
    json.put("name", definition.name());
    json.put("description", definition.description());
    ArrayNode tags = json.putArray("tags");
    definition.tags().forEach(tags::add);
    json.put("created_at", time(pipeline.createdAt()));
    json.put("version", versions.version());
    json.put("platform_version", versions.platformVersion());
    if (large) {
      json.set("runtime_config", definition.runtimeConfig());
      json.put("program_code", definition.programCode());
      json.put("udf_rust", definition.udfRust());
      json.put("udf_toml", definition.udfToml());
    }
    json.set("program_config", definition.programConfig());
    json.put("program_version", versions.programVersion());
    json.put("program_status", program.status().json());
    json.put("program_status_since", time(program.since()));
    if (large) {
      json.set("program_error", programError(program));
      json.set("program_info", programInfo(program.info()));
    }
    json.set("deployment_error", orNull(pipeline.deploymentError()));
    json.put("refresh_version", versions.refreshVersion());
    json.put("storage_status", pipeline.storage().status().json());
    json.set("storage_status_details", orNull(pipeline.storage().details()));
    json.put(
        "deployment_id",
        pipeline.deployment().id() == null ? null : pipeline.deployment().id().toString());
    json.put(
        "deployment_initial",
        pipeline.launch() == null ? null : orNull(pipeline.launch().initial()));
    json.put("deployment_status", deploymentStatus(pipeline));
    json.put("deployment_status_since", time(later(resources.since(), runtime.since())));
    json.put("deployment_desired_status", deploymentDesiredStatus(pipeline));
    json.put(
        "deployment_desired_status_since",
        time(later(resources.desiredSince(), runtime.desiredSince())));
    json.put("deployment_resources_status", resources.status().json());
    if (large) {
      json.set("deployment_resources_status_details", orNull(resources.details()));
    }
    json.put("deployment_resources_status_since", time(resources.since()));
    json.put("deployment_resources_desired_status", resources.desired().json());
    json.put("deployment_resources_desired_status_since", time(resources.desiredSince()));
    json.put("deployment_runtime_status", orNull(runtime.status()));
    json.set(
        "deployment_runtime_status_details", runtimeDetails(runtime.status(), runtime.details()));
    json.put(
        "deployment_runtime_status_since", runtime.since() == null ? null : time(runtime.since()));
    json.put("deployment_runtime_desired_status", orNull(runtime.desired()));
    json.put(
        "deployment_runtime_desired_status_since",
        runtime.desiredSince() == null ? null : time(runtime.desiredSince()));
    return json;
  }

  private static void addBootstrap(ObjectNode json, Launch launch) {
    // Unlike a status, a policy is written in JSON as in a query: the contract has one type for it.
    json.put("bootstrap_policy", launch == null ? null : launch.bootstrapPolicy().column());
    json.put("silent_bootstrap", launch != null && launch.silentBootstrap());
    json.put("concurrent_bootstrap", launch != null && launch.concurrentBootstrap());
  }

  private static ObjectNode programError(Program program) {
    ObjectNode error = JSON.objectNode();
    error.set("sql_compilation", orNull(program.sqlCompilation()));
    error.set("rust_compilation", orNull(program.rustCompilation()));
    error.put("system_error", program.systemError());
    return error;
  }

  private static JsonNode programInfo(JsonNode info) {
    if (info == null || info.isNull()) {
      return NullNode.getInstance();
    }
    ObjectNode shown = JSON.objectNode();
    for (String part : SHOWN_PROGRAM_INFO) {
      shown.set(part, orNull(info.get(part)));
    }
    return shown;
  }

  private static Instant later(Instant a, Instant b) {
    return b != null && b.isAfter(a) ? b : a;
  }
}
