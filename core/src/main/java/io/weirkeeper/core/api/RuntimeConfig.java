package io.weirkeeper.core.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.api.ConfigFields.FieldException;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Turns a {@code runtime_config} as it was sent into one that has every field (spec: api-semantics
 * §3.4). Normalising twice is the same as once.
 */
public final class RuntimeConfig {
  /** Fault tolerance that is off, in the form that is stored. */
  private static final String MODEL_NONE = "none";

  private static final String MODEL_EXACTLY_ONCE = "exactly_once";
  private static final long DEFAULT_CHECKPOINT_INTERVAL_SECS = 60;

  private static final Set<String> RESERVED_ENV =
      Set.of("HOSTNAME", "RUST_LOG", "TOKIO_WORKER_THREADS");
  private static final List<String> RESERVED_ENV_PREFIXES =
      List.of("FELDERA_", "KUBERNETES_", "TOKIO_");

  private static final Pattern TIMEZONE_OFFSET = Pattern.compile("[+-](0\\d|1\\d|2[0-3]):[0-5]\\d");

  private static final List<String> BOOLEAN_TWEAKS =
      List.of(
          "adaptive_joins",
          "disable_auto_transaction",
          "eager_evict",
          "enable_roaring",
          "fetch_distinct",
          "fetch_join",
          "now_http_driven",
          "optimize_input_during_commit",
          "stack_overflow_backtrace",
          "streaming_exchange");

  private RuntimeConfig() {}

  /** The configuration of a pipeline for which none was given. */
  public static ObjectNode defaults() {
    return normalise(JsonNodeFactory.instance.objectNode());
  }

  /**
   * Fills in, and checks, a configuration.
   *
   * @param value what was sent; not modified
   * @throws ApiException with {@code InvalidRuntimeConfig}
   */
  public static ObjectNode normalise(JsonNode value) {
    ObjectNode config;
    try {
      config = populate(value);
    } catch (FieldException e) {
      throw ApiErrors.invalidRuntimeConfig(value, "DeserializationFailed", e.getMessage())
          .exception();
    }
    checkEnv(value, config.get("env"));
    return config;
  }

  private static ObjectNode populate(JsonNode value) throws FieldException {
    ConfigFields fields = new ConfigFields("", value);
    fields.integer("workers", 8, ConfigFields.U16);
    fields.nullableInteger("max_rss_mb", ConfigFields.U64);
    fields.nullableInteger("datafusion_memory_mb", ConfigFields.U64);
    fields.integer("hosts", 1, ConfigFields.U64);
    fields.put("storage", storage(fields.given("storage")));
    fields.put("fault_tolerance", faultTolerance(fields.given("fault_tolerance")));
    fields.bool("cpu_profiler", true);
    fields.bool("tracing", false);
    fields.text("tracing_endpoint_jaeger", "127.0.0.1:6831");
    fields.integer("min_batch_size_records", 0, ConfigFields.U64);
    fields.integer("max_buffering_delay_usecs", 0, ConfigFields.U64);
    fields.put("resources", resources(fields.given("resources")));
    fields.nullableInteger("clock_resolution_usecs", 1_000_000, ConfigFields.U64);
    fields.nullableText("clock_timezone_offset");
    checkTimezoneOffset(fields.result().get("clock_timezone_offset"));
    fields.unsignedList("pin_cpus");
    fields.nullableInteger("provisioning_timeout_secs", ConfigFields.U64);
    fields.nullableInteger("max_parallel_connector_init", ConfigFields.U64);
    JsonNode initContainers = fields.given("init_containers");
    fields.put("init_containers", initContainers == null ? NullNode.getInstance() : initContainers);
    fields.bool("checkpoint_during_suspend", true);
    fields.nullableInteger("http_workers", ConfigFields.U64);
    fields.nullableInteger("io_workers", ConfigFields.U64);
    fields.textMap("env");
    fields.put("dev_tweaks", devTweaks(fields.given("dev_tweaks")));
    fields.nullableText("logging");
    fields.put(
        "pipeline_template_configmap", template(fields.given("pipeline_template_configmap")));
    return fields.result();
  }

  private static JsonNode storage(JsonNode given) throws FieldException {
    if (given != null && (given.isNull() || (given.isBoolean() && !given.booleanValue()))) {
      return NullNode.getInstance();
    }
    JsonNode options =
        given == null || given.isBoolean() ? JsonNodeFactory.instance.objectNode() : given;
    ConfigFields fields = new ConfigFields("storage", options);
    fields.put("backend", backend(fields.given("backend")));
    fields.nullableInteger("min_storage_bytes", ConfigFields.U64);
    fields.nullableInteger("min_step_storage_bytes", ConfigFields.U64);
    fields.oneOf("compression", "default", ordered("default", "none", "snappy"));
    fields.nullableInteger("cache_mib", ConfigFields.U64);
    return fields.result();
  }

  private static JsonNode backend(JsonNode given) throws FieldException {
    ConfigFields fields =
        new ConfigFields(
            "storage.backend", given == null ? JsonNodeFactory.instance.objectNode() : given);
    if (given == null) {
      fields.text("name", "default");
      return fields.result();
    }
    fields.requiredText("name");
    fields.oneOf("name", "default", ordered("default", "file", "object"));
    String name = fields.result().get("name").textValue();
    if (name.equals("default")) {
      return fields.result();
    }
    JsonNode config = fields.given("config");
    if (config == null) {
      throw new FieldException(
          fields.path("config") + ": missing, the backend '" + name + "' needs it");
    }
    fields.put("config", name.equals("file") ? fileConfig(config) : objectConfig(config));
    return fields.result();
  }

  private static JsonNode fileConfig(JsonNode given) throws FieldException {
    ConfigFields fields = new ConfigFields("storage.backend.config", given);
    fields.nullableBool("async_threads");
    fields.nullableInteger("ioop_delay", ConfigFields.U64);
    JsonNode sync = fields.given("sync");
    fields.put("sync", ConfigFields.absent(sync) ? NullNode.getInstance() : sync(sync));
    return fields.result();
  }

  private static JsonNode sync(JsonNode given) throws FieldException {
    ConfigFields fields = new ConfigFields("storage.backend.config.sync", given);
    fields.nullableText("endpoint");
    fields.requiredText("bucket");
    fields.nullableText("region");
    fields.nullableText("provider");
    fields.nullableText("access_key");
    fields.nullableText("secret_key");
    fields.nullableText("start_from_checkpoint");
    fields.bool("fail_if_no_checkpoint", false);
    fields.nullableInteger("transfers", ConfigFields.U32);
    fields.nullableInteger("checkers", ConfigFields.U32);
    fields.nullableBool("ignore_checksum");
    fields.nullableInteger("multi_thread_streams", ConfigFields.U32);
    fields.nullableText("multi_thread_cutoff");
    fields.nullableInteger("upload_concurrency", ConfigFields.U32);
    fields.bool("standby", false);
    fields.integer("pull_interval", 10, ConfigFields.U64);
    fields.nullableInteger("push_interval", ConfigFields.U64);
    fields.nullableTextList("flags");
    fields.integer("retention_min_count", 10, ConfigFields.U32);
    fields.integer("retention_min_age", 30, ConfigFields.U32);
    fields.nullableText("read_bucket");
    fields.bool("optimize_download_resources", true);
    return fields.result();
  }

  private static JsonNode objectConfig(JsonNode given) throws FieldException {
    ConfigFields fields = new ConfigFields("storage.backend.config", given);
    fields.requiredText("url");
    for (var entry : given.properties()) {
      fields.text(entry.getKey(), "");
    }
    return fields.result();
  }

  private static JsonNode faultTolerance(JsonNode given) throws FieldException {
    JsonNode options = given;
    if (ConfigFields.absent(given)) {
      options = JsonNodeFactory.instance.objectNode().put("model", MODEL_NONE);
    } else if (given.isTextual()) {
      // Two strings of an older form of the configuration; both meant that it is on.
      String legacy = given.textValue();
      if (!legacy.equals("initial_state") && !legacy.equals("latest_checkpoint")) {
        throw new FieldException("fault_tolerance", "an object", given);
      }
      options = JsonNodeFactory.instance.objectNode();
    }
    ConfigFields fields = new ConfigFields("fault_tolerance", options);
    JsonNode model = fields.given("model");
    if (model != null && model.isNull()) {
      fields.put("model", JsonNodeFactory.instance.textNode(MODEL_NONE));
    } else {
      fields.oneOf(
          "model", MODEL_EXACTLY_ONCE, ordered(MODEL_NONE, "at_least_once", MODEL_EXACTLY_ONCE));
    }
    fields.nullableInteger(
        "checkpoint_interval_secs", DEFAULT_CHECKPOINT_INTERVAL_SECS, ConfigFields.U64);
    return fields.result();
  }

  private static JsonNode resources(JsonNode given) throws FieldException {
    ConfigFields fields =
        new ConfigFields(
            "resources", given == null ? JsonNodeFactory.instance.objectNode() : given);
    fields.nullableNumber("cpu_cores_min");
    fields.nullableNumber("cpu_cores_max");
    fields.nullableInteger("memory_mb_min", ConfigFields.U64);
    fields.nullableInteger("memory_mb_max", ConfigFields.U64);
    fields.nullableInteger("storage_mb_max", ConfigFields.U64);
    fields.nullableText("storage_class");
    fields.nullableText("service_account_name");
    fields.nullableText("namespace");
    return fields.result();
  }

  /**
   * Tweaks are kept as they are, unknown ones included; those that the engine reads are checked.
   */
  private static JsonNode devTweaks(JsonNode given) throws FieldException {
    if (given == null) {
      return JsonNodeFactory.instance.objectNode();
    }
    ConfigFields fields = new ConfigFields("dev_tweaks", given);
    for (String tweak : BOOLEAN_TWEAKS) {
      fields.nullableBool(tweak);
    }
    JsonNode offset = given.get("now_offset");
    if (!ConfigFields.absent(offset)) {
      checkDateTime("dev_tweaks.now_offset", offset);
    }
    return given;
  }

  private static void checkDateTime(String path, JsonNode value) throws FieldException {
    if (!value.isTextual()) {
      throw new FieldException(path, "a date and time as in RFC 3339", value);
    }
    try {
      OffsetDateTime.parse(value.textValue());
    } catch (DateTimeParseException e) {
      throw new FieldException(path, "a date and time as in RFC 3339", value);
    }
  }

  private static JsonNode template(JsonNode given) throws FieldException {
    if (ConfigFields.absent(given)) {
      return NullNode.getInstance();
    }
    ConfigFields fields = new ConfigFields("pipeline_template_configmap", given);
    fields.requiredText("name");
    fields.text("key", "pipelineTemplate");
    return fields.result();
  }

  private static void checkTimezoneOffset(JsonNode offset) throws FieldException {
    if (offset.isTextual() && !TIMEZONE_OFFSET.matcher(offset.textValue()).matches()) {
      throw new FieldException(
          "clock_timezone_offset", "an offset such as \"+05:30\" or \"-08:00\"", offset);
    }
  }

  private static void checkEnv(JsonNode value, JsonNode env) {
    for (var entry : env.properties()) {
      String name = entry.getKey();
      if (name.isEmpty() || name.indexOf('=') >= 0) {
        throw ApiErrors.invalidRuntimeConfig(
                value,
                "InvalidPipelineEnv",
                "the name of an environment variable must not be empty or hold '=': '" + name + "'")
            .exception();
      }
      if (RESERVED_ENV.contains(name)
          || RESERVED_ENV_PREFIXES.stream().anyMatch(name::startsWith)) {
        throw ApiErrors.invalidRuntimeConfig(
                value,
                "InvalidPipelineEnv",
                "environment variable is reserved and cannot be overridden: " + name)
            .exception();
      }
    }
  }

  private static Set<String> ordered(String... names) {
    return new LinkedHashSet<>(List.of(names));
  }
}
