package io.weirkeeper.verticles.bus;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.IfMatch;
import io.weirkeeper.core.pipeline.Launch;
import java.util.List;
import java.util.UUID;

/**
 * A request of a user about one pipeline. The reply is an {@link Answer}, except where a record
 * says otherwise.
 */
public sealed interface PipelineRequest {
  /** The tenant on whose behalf the request is made. */
  UUID tenantId();

  /** The pipeline's name as given in the path. */
  String name();

  /** POST /v0/pipelines; the definition is validated and normalised. */
  record Create(UUID tenantId, Definition definition) implements PipelineRequest {
    @Override
    public String name() {
      return definition.name();
    }
  }

  /** PUT: creates or replaces; the definition is validated and normalised. */
  record Replace(UUID tenantId, String name, Definition definition) implements PipelineRequest {}

  /**
   * PATCH: null fields stay as they are; given ones are validated and normalised, except that the
   * length of the description is checked by the owner, which knows whether it changes.
   */
  record Patch(
      UUID tenantId,
      String name,
      String newName,
      String description,
      List<String> tags,
      JsonNode runtimeConfig,
      String programCode,
      String udfRust,
      String udfToml,
      JsonNode programConfig)
      implements PipelineRequest {}

  /**
   * A change that is wanted only in a state that the client has seen.
   *
   * @param ifMatch that state, or null when the pipeline must merely exist
   * @param request a {@link Replace}, {@link Patch} or {@link Delete}
   */
  record Conditional(IfMatch ifMatch, PipelineRequest request) implements PipelineRequest {
    @Override
    public UUID tenantId() {
      return request.tenantId();
    }

    @Override
    public String name() {
      return request.name();
    }
  }

  /** POST testing: gives the stored program another platform version. */
  record SetPlatformVersion(UUID tenantId, String name, String platformVersion)
      implements PipelineRequest {}

  /** DELETE. */
  record Delete(UUID tenantId, String name) implements PipelineRequest {}

  /** POST start. */
  record Start(UUID tenantId, String name, Launch launch, boolean dismissError)
      implements PipelineRequest {}

  /** POST stop with force=true. */
  record Stop(UUID tenantId, String name) implements PipelineRequest {}

  /** POST stop with force=false: answered by the process, if there is one. */
  record Suspend(UUID tenantId, String name) implements PipelineRequest {}

  /** POST pause: answered by the process. */
  record Pause(UUID tenantId, String name) implements PipelineRequest {}

  /** POST resume: answered by the process. */
  record Resume(UUID tenantId, String name) implements PipelineRequest {}

  /** POST clear. */
  record Clear(UUID tenantId, String name) implements PipelineRequest {}

  /** POST dismiss_error. */
  record DismissError(UUID tenantId, String name) implements PipelineRequest {}

  /** POST update_runtime. */
  record UpdateRuntime(UUID tenantId, String name) implements PipelineRequest {}

  /**
   * Where to forward a data-plane request to; the reply is a {@link ProcessRoute} or an {@link
   * Answer}.
   */
  record Route(UUID tenantId, String name) implements PipelineRequest {}

  /**
   * GET events; the reply is an {@link Answer} with a list, or one event when {@code event} is
   * given.
   *
   * @param event an event id, {@code latest}, or null for the list
   * @param all whether the selector is {@code all}
   */
  record Events(UUID tenantId, String name, String event, boolean all) implements PipelineRequest {}

  /** What the log holds now, for support bundles; the reply is {@link LogLines} or an answer. */
  record LogBacklog(UUID tenantId, String name) implements PipelineRequest {}

  /** GET logs; the reply is a {@link LogFollower} or an {@link Answer}. */
  record Logs(UUID tenantId, String name) implements PipelineRequest {}
}
