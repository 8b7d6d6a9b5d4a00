package io.weirkeeper.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.UUID;

/**
 * A row of a pipeline's history: the statuses after a mutation, written in the same statement
 * (spec: api-semantics §4.15, lifecycle §10).
 *
 * @param eventId UUIDv7
 * @param recordedAt time of the mutation
 * @param resourcesStatus resources status
 * @param resourcesDetails details of it, or null
 * @param resourcesDesired desired resources status
 * @param runtimeStatus runtime status, or null
 * @param runtimeDetails details of it; not null when the runtime status is not
 * @param runtimeDesired desired runtime status, or null
 * @param deploymentError error body or null
 * @param programStatus program status
 * @param storageStatus storage status
 * @param storageDetails details of it, or null
 */
public record PipelineEvent(
    UUID eventId,
    Instant recordedAt,
    ResourcesStatus resourcesStatus,
    JsonNode resourcesDetails,
    ResourcesDesiredStatus resourcesDesired,
    RuntimeStatus runtimeStatus,
    JsonNode runtimeDetails,
    RuntimeStatus runtimeDesired,
    JsonNode deploymentError,
    ProgramStatus programStatus,
    StorageStatus storageStatus,
    JsonNode storageDetails) {

  /** The event that a pipeline's present statuses make. */
  public static PipelineEvent of(UUID eventId, Instant recordedAt, PipelineRecord pipeline) {
    return new PipelineEvent(
        eventId,
        recordedAt,
        pipeline.resources().status(),
        pipeline.resources().details(),
        pipeline.resources().desired(),
        pipeline.runtime().status(),
        pipeline.runtime().details(),
        pipeline.runtime().desired(),
        pipeline.deploymentError(),
        pipeline.program().status(),
        pipeline.storage().status(),
        pipeline.storage().details());
  }
}
