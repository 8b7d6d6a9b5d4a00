package io.weirkeeper.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * What the user wrote: everything of a pipeline that an edit can change.
 *
 * @param name unique within the tenant
 * @param description free text
 * @param tags free labels
 * @param runtimeConfig normalised {@code runtime_config}, fully populated (spec: api-semantics
 *     §3.4); not modified
 * @param programCode the SQL program
 * @param udfRust Rust source of user-defined functions
 * @param udfToml dependencies of {@code udfRust}
 * @param programConfig normalised {@code program_config} (spec: api-semantics §3.5); not modified
 */
public record Definition(
    String name,
    String description,
    List<String> tags,
    JsonNode runtimeConfig,
    String programCode,
    String udfRust,
    String udfToml,
    JsonNode programConfig) {

  /** Copies the tags. */
  public Definition {
    tags = List.copyOf(tags);
  }
}
