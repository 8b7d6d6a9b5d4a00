package io.weirkeeper.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * The compiled side of a pipeline.
 *
 * @param status how far compilation is
 * @param since when the status last changed its value
 * @param sqlCompilation {@code {exit_code, messages}} or null while unknown
 * @param rustCompilation {@code {exit_code, stdout, stderr}} or null while unknown
 * @param systemError text or null
 * @param info {@code {schema, udf_stubs, input_connectors, output_connectors, dataflow}} or null
 * @param plan JSON of {@link io.weirkeeper.core.plan.PipelinePlan}, never shown by the API; null
 *     until SQL compiled
 */
public record Program(
    ProgramStatus status,
    Instant since,
    JsonNode sqlCompilation,
    JsonNode rustCompilation,
    String systemError,
    JsonNode info,
    JsonNode plan) {

  /** A program that waits for its compilation. */
  public static Program pending(Instant since) {
    return new Program(ProgramStatus.PENDING, since, null, null, null, null, null);
  }

  /** The same with another status; {@code since} moves only when the value does. */
  public Program withStatus(ProgramStatus next, Instant now) {
    return new Program(
        next,
        next == status ? since : now,
        sqlCompilation,
        rustCompilation,
        systemError,
        info,
        plan);
  }
}
