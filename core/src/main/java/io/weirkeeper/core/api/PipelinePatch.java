package io.weirkeeper.core.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * What a PATCH changes; null leaves a field as it is (spec: api-semantics §3.1). Checked and
 * normalised, except for the length of the description, which counts only when it changes.
 *
 * @param name new name
 * @param description new description
 * @param tags new tags; an empty list clears them
 * @param runtimeConfig replaces the whole configuration
 * @param programCode new program
 * @param udfRust new functions
 * @param udfToml new dependencies of the functions
 * @param programConfig replaces the whole configuration
 */
public record PipelinePatch(
    String name,
    String description,
    List<String> tags,
    JsonNode runtimeConfig,
    String programCode,
    String udfRust,
    String udfToml,
    JsonNode programConfig) {

  /** Copies the tags. */
  public PipelinePatch {
    tags = tags == null ? null : List.copyOf(tags);
  }
}
