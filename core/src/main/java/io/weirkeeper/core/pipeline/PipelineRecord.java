package io.weirkeeper.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * Everything that is stored of one pipeline: one row, immutable. JSON documents inside are never
 * modified.
 *
 * @param tenantId owner of the pipeline
 * @param id UUIDv7, ascending in order of creation
 * @param shard where (tenant, name) hashes to, see {@link ShardMap}
 * @param revision rises with every write of the row, whatever it changes; also the {@code ETag}
 * @param createdAt time of creation
 * @param definition what the user wrote
 * @param versions counters
 * @param program the compiled side
 * @param storage stored state
 * @param resources resources status
 * @param runtime runtime status
 * @param launch how it was started, or null
 * @param deployment present deployment
 * @param deploymentError error body {@code {message, error_code, details}} of the last deployment,
 *     or null
 */
public record PipelineRecord(
    UUID tenantId,
    UUID id,
    int shard,
    long revision,
    Instant createdAt,
    Definition definition,
    Versions versions,
    Program program,
    Storage storage,
    Resources resources,
    Runtime runtime,
    Launch launch,
    Deployment deployment,
    JsonNode deploymentError) {

  /** Refuses missing parts. */
  public PipelineRecord {
    Objects.requireNonNull(tenantId, "tenantId");
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(definition, "definition");
    Objects.requireNonNull(versions, "versions");
    Objects.requireNonNull(program, "program");
    Objects.requireNonNull(storage, "storage");
    Objects.requireNonNull(resources, "resources");
    Objects.requireNonNull(runtime, "runtime");
    Objects.requireNonNull(deployment, "deployment");
  }

  /**
   * A pipeline that was just created: revision 1, waiting for its compilation, stopped, without
   * state.
   */
  public static PipelineRecord create(
      UUID tenantId, UUID id, Definition definition, String platformVersion, Instant now) {
    return new PipelineRecord(
        tenantId,
        id,
        ShardMap.shardOf(tenantId, definition.name()),
        1,
        now,
        definition,
        Versions.initial(platformVersion),
        Program.pending(now),
        Storage.initial(),
        Resources.initial(now),
        Runtime.NONE,
        null,
        Deployment.none(),
        null);
  }

  /** The pipeline's name. */
  public String name() {
    return definition.name();
  }

  /** With another revision. */
  public PipelineRecord withRevision(long next) {
    return new PipelineRecord(
        tenantId,
        id,
        shard,
        next,
        createdAt,
        definition,
        versions,
        program,
        storage,
        resources,
        runtime,
        launch,
        deployment,
        deploymentError);
  }

  /** With another definition; a new name also moves the pipeline to that name's shard. */
  public PipelineRecord withDefinition(Definition next) {
    return new PipelineRecord(
        tenantId,
        id,
        ShardMap.shardOf(tenantId, next.name()),
        revision,
        createdAt,
        next,
        versions,
        program,
        storage,
        resources,
        runtime,
        launch,
        deployment,
        deploymentError);
  }

  /** With other versions. */
  public PipelineRecord withVersions(Versions next) {
    return new PipelineRecord(
        tenantId,
        id,
        shard,
        revision,
        createdAt,
        definition,
        next,
        program,
        storage,
        resources,
        runtime,
        launch,
        deployment,
        deploymentError);
  }

  /** With another program. */
  public PipelineRecord withProgram(Program next) {
    return new PipelineRecord(
        tenantId,
        id,
        shard,
        revision,
        createdAt,
        definition,
        versions,
        next,
        storage,
        resources,
        runtime,
        launch,
        deployment,
        deploymentError);
  }

  /** With another storage. */
  public PipelineRecord withStorage(Storage next) {
    return new PipelineRecord(
        tenantId,
        id,
        shard,
        revision,
        createdAt,
        definition,
        versions,
        program,
        next,
        resources,
        runtime,
        launch,
        deployment,
        deploymentError);
  }

  /** With other resources. */
  public PipelineRecord withResources(Resources next) {
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
        next,
        runtime,
        launch,
        deployment,
        deploymentError);
  }

  /** With another runtime. */
  public PipelineRecord withRuntime(Runtime next) {
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
        next,
        launch,
        deployment,
        deploymentError);
  }

  /** With another launch, or null. */
  public PipelineRecord withLaunch(Launch next) {
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
        next,
        deployment,
        deploymentError);
  }

  /** With another deployment. */
  public PipelineRecord withDeployment(Deployment next) {
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
        launch,
        next,
        deploymentError);
  }

  /** With another deployment error, or null. */
  public PipelineRecord withDeploymentError(JsonNode next) {
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
        launch,
        deployment,
        next);
  }

  /** With a refresh version raised by one. */
  public PipelineRecord refreshed() {
    return withVersions(versions.refreshed());
  }
}
