package io.weirkeeper.store;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.sqlclient.Row;
import io.weirkeeper.core.api.CompactJson;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.pipeline.BootstrapPolicy;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.Deployment;
import io.weirkeeper.core.pipeline.Launch;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.Program;
import io.weirkeeper.core.pipeline.ProgramStatus;
import io.weirkeeper.core.pipeline.Resources;
import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.Runtime;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.core.pipeline.Status;
import io.weirkeeper.core.pipeline.Storage;
import io.weirkeeper.core.pipeline.StorageStatus;
import io.weirkeeper.core.pipeline.Versions;
import io.weirkeeper.store.Column.Part;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The columns of {@code pipeline}, and a record to and from them. */
final class PipelineTable {
  private static final List<Column> COLUMNS = new ArrayList<>();

  static {
    column("tenant_id", "uuid", Part.IDENTITY, PipelineRecord::tenantId);
    column("id", "uuid", Part.IDENTITY, PipelineRecord::id);
    column("created_at", Part.IDENTITY, PipelineRecord::createdAt);
    column("shard", "integer", Part.LABELS, PipelineRecord::shard);
    column("name", "text", Part.LABELS, PipelineRecord::name);
    column("description", "text", Part.LABELS, r -> r.definition().description());
    column("tags", "text[]", Part.LABELS, r -> r.definition().tags().toArray(new String[0]));
    document("runtime_config", Part.RUNTIME_CONFIG, r -> r.definition().runtimeConfig());
    column("program_code", "text", Part.CODE, r -> r.definition().programCode());
    column("udf_rust", "text", Part.CODE, r -> r.definition().udfRust());
    column("udf_toml", "text", Part.CODE, r -> r.definition().udfToml());
    document("program_config", Part.PROGRAM_CONFIG, r -> r.definition().programConfig());
    column("version", "bigint", Part.VERSIONS, r -> r.versions().version());
    column("program_version", "bigint", Part.VERSIONS, r -> r.versions().programVersion());
    column("refresh_version", "bigint", Part.VERSIONS, r -> r.versions().refreshVersion());
    column("platform_version", "text", Part.VERSIONS, r -> r.versions().platformVersion());
    status("program_status", Part.PROGRAM_STATUS, r -> r.program().status());
    column("program_status_since", Part.PROGRAM_STATUS, r -> r.program().since());
    document("sql_compilation", Part.PROGRAM_OUTPUT, r -> r.program().sqlCompilation());
    document("rust_compilation", Part.PROGRAM_OUTPUT, r -> r.program().rustCompilation());
    column("system_error", "text", Part.PROGRAM_OUTPUT, r -> r.program().systemError());
    document("program_info", Part.PROGRAM_OUTPUT, r -> r.program().info());
    document("program_plan", Part.PROGRAM_OUTPUT, r -> r.program().plan());
    status("storage_status", Part.STORAGE, r -> r.storage().status());
    document("storage_status_details", Part.STORAGE, r -> r.storage().details());
    column("storage_host", "text", Part.STORAGE, r -> r.storage().host());
    column("storage_gen", "bigint", Part.STORAGE, r -> r.storage().generation());
    status("resources_status", Part.RESOURCES, r -> r.resources().status());
    column("resources_status_since", Part.RESOURCES, r -> r.resources().since());
    document("resources_status_details", Part.RESOURCES, r -> r.resources().details());
    status("resources_desired", Part.RESOURCES, r -> r.resources().desired());
    column("resources_desired_since", Part.RESOURCES, r -> r.resources().desiredSince());
    status("runtime_status", Part.RUNTIME, r -> r.runtime().status());
    column("runtime_status_since", Part.RUNTIME, r -> r.runtime().since());
    document("runtime_status_details", Part.RUNTIME, r -> r.runtime().details());
    status("runtime_desired", Part.RUNTIME, r -> r.runtime().desired());
    column("runtime_desired_since", Part.RUNTIME, r -> r.runtime().desiredSince());
    launch("launch_initial", "text", l -> l.initial().column());
    launch("launch_bootstrap_policy", "text", l -> l.bootstrapPolicy().column());
    launch("launch_silent_bootstrap", "boolean", Launch::silentBootstrap);
    launch("launch_concurrent_bootstrap", "boolean", Launch::concurrentBootstrap);
    column("deployment_number", "bigint", Part.DEPLOYMENT, r -> r.deployment().number());
    column("deployment_id", "uuid", Part.DEPLOYMENT, r -> r.deployment().id());
    column("deployment_secret", "text", Part.DEPLOYMENT, r -> r.deployment().secret());
    column("deployment_host", "text", Part.DEPLOYMENT, r -> r.deployment().host());
    document("deployment_config", Part.DEPLOYMENT_CONFIG, r -> r.deployment().config());
    process("process_instance", "uuid", ProcessReport::instance);
    process("process_boot_id", "text", ProcessReport::bootId);
    process("process_pid", "bigint", ProcessReport::pid);
    process("process_start_ticks", "bigint", ProcessReport::startTicks);
    process("process_address", "text", ProcessReport::address);
    process("process_port", "integer", ProcessReport::port);
    column("lease_until", Part.LEASE, r -> r.deployment().leaseUntil());
    document("deployment_error", Part.ERROR, PipelineRecord::deploymentError);
  }

  private PipelineTable() {}

  /** All columns but the revision, in the order of {@link #names} and {@link #selected}. */
  static List<Column> columns() {
    return COLUMNS;
  }

  /** Names for an insert, without the revision. */
  static String names() {
    return COLUMNS.stream().map(Column::name).collect(Collectors.joining(", "));
  }

  /** What {@link #read} needs: all columns of a table alias, the revision first. */
  static String selected(String alias) {
    return alias
        + ".revision, "
        + COLUMNS.stream().map(c -> c.selected(alias)).collect(Collectors.joining(", "));
  }

  /**
   * Reads a row.
   *
   * @param from index of the revision; the columns follow in order
   * @throws IllegalArgumentException when this build cannot read it
   */
  static PipelineRecord read(Row row, int from) {
    Cursor c = new Cursor(row, from);
    long revision = c.next(Long.class);
    var tenantId = c.next(UUID.class);
    var id = c.next(UUID.class);
    Instant createdAt = c.time();
    int shard = c.next(Integer.class);
    Definition definition =
        new Definition(
            c.text(),
            c.text(),
            Arrays.asList(c.next(String[].class)),
            c.sharedDocument(),
            c.text(),
            c.text(),
            c.text(),
            c.sharedDocument());
    Versions versions =
        new Versions(c.next(Long.class), c.next(Long.class), c.next(Long.class), c.text());
    Program program =
        new Program(
            c.status(ProgramStatus::ofColumn),
            c.time(),
            c.sharedDocument(),
            c.sharedDocument(),
            c.text(),
            c.largeDocument(),
            c.largeDocument());
    Storage storage =
        new Storage(c.status(StorageStatus::ofColumn), c.document(), c.text(), c.next(Long.class));
    Resources resources =
        new Resources(
            c.status(ResourcesStatus::ofColumn),
            c.time(),
            c.document(),
            c.status(ResourcesDesiredStatus::ofColumn),
            c.time());
    Runtime runtime =
        new Runtime(
            c.status(RuntimeStatus::ofColumn),
            c.time(),
            c.document(),
            c.status(RuntimeStatus::ofColumn),
            c.time());
    return new PipelineRecord(
        tenantId,
        id,
        shard,
        revision,
        createdAt,
        definition,
        versions,
        program,
        storage,
        resources,
        runtime,
        launch(c),
        deployment(c),
        c.document());
  }

  private static Launch launch(Cursor c) {
    RuntimeStatus initial = c.status(RuntimeStatus::ofColumn);
    BootstrapPolicy policy = c.status(BootstrapPolicy::ofColumn);
    Boolean silent = c.next(Boolean.class);
    Boolean concurrent = c.next(Boolean.class);
    return initial == null ? null : new Launch(initial, policy, silent, concurrent);
  }

  private static Deployment deployment(Cursor c) {
    long number = c.next(Long.class);
    var id = c.next(UUID.class);
    String secret = c.text();
    String host = c.text();
    JsonNode config = c.document();
    var instance = c.next(UUID.class);
    String bootId = c.text();
    Long pid = c.next(Long.class);
    Long startTicks = c.next(Long.class);
    String address = c.text();
    Integer port = c.next(Integer.class);
    ProcessReport process =
        instance == null
            ? null
            : new ProcessReport(instance, bootId, pid, startTicks, address, port);
    return new Deployment(number, id, secret, config, host, process, c.time());
  }

  /** A time as the client sends it, cut to what the database keeps. */
  static OffsetDateTime time(Instant time) {
    return time == null ? null : PipelineStore.stored(time).atOffset(ZoneOffset.UTC);
  }

  private static void column(
      String name, String type, Part part, Function<PipelineRecord, Object> value) {
    COLUMNS.add(new Column(name, type, part, value));
  }

  private static void column(String name, Part part, Function<PipelineRecord, Instant> value) {
    column(name, "timestamptz", part, record -> time(value.apply(record)));
  }

  private static void document(String name, Part part, Function<PipelineRecord, JsonNode> value) {
    column(name, "jsonb", part, record -> Documents.text(value.apply(record)));
  }

  private static void status(String name, Part part, Function<PipelineRecord, Status> value) {
    column(name, "text", part, record -> statusText(value.apply(record)));
  }

  private static void launch(String name, String type, Function<Launch, Object> value) {
    column(name, type, Part.LAUNCH, r -> r.launch() == null ? null : value.apply(r.launch()));
  }

  private static void process(String name, String type, Function<ProcessReport, Object> value) {
    column(
        name,
        type,
        Part.PROCESS,
        r -> r.deployment().process() == null ? null : value.apply(r.deployment().process()));
  }

  /** A status as the database has it. */
  static String statusText(Status status) {
    return status == null ? null : status.column();
  }

  /** Reads the values of a row one after the other. */
  static final class Cursor {
    private final Row row;
    private int next;

    Cursor(Row row, int from) {
      this.row = row;
      this.next = from;
    }

    <T> T next(Class<T> type) {
      return row.get(type, next++);
    }

    String text() {
      return row.getString(next++);
    }

    Instant time() {
      OffsetDateTime time = row.getOffsetDateTime(next++);
      return time == null ? null : time.toInstant();
    }

    JsonNode document() {
      return Documents.parse(row.getString(next++));
    }

    /** A document that many pipelines have alike. */
    JsonNode sharedDocument() {
      return CompactJson.shared(row.getString(next++));
    }

    /** An object that is seldom looked at, and not parsed before. */
    JsonNode largeDocument() {
      String text = row.getString(next++);
      return text == null ? null : CompactJson.ofText(text);
    }

    <S extends Status> S status(Function<String, S> of) {
      String column = row.getString(next++);
      return column == null ? null : of.apply(column);
    }
  }
}
