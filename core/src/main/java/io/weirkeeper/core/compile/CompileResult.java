package io.weirkeeper.core.compile;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.plan.PipelinePlan;
import java.util.List;
import java.util.Locale;

/**
 * The compiler's answer.
 *
 * @param requestId of the request
 * @param outcome what came of it
 * @param messages errors, or warnings on success
 * @param programInfo on success: {@code {schema, udf_stubs, input_connectors, output_connectors,
 *     dataflow}} (spec: pipeline-protocol §10), else null
 * @param plan on success what the engine runs, else null
 * @param systemError on {@link Outcome#SYSTEM_ERROR} the reason, else null
 */
public record CompileResult(
    @JsonProperty("request_id") String requestId,
    @JsonProperty("outcome") Outcome outcome,
    @JsonProperty("messages") List<CompilerMessage> messages,
    @JsonProperty("program_info") JsonNode programInfo,
    @JsonProperty("plan") PipelinePlan plan,
    @JsonProperty("system_error") String systemError) {

  /** How a compilation ended. */
  public enum Outcome {
    /** The program runs. */
    SUCCESS,
    /** The program has errors; {@code messages} says which. */
    SQL_ERROR,
    /** The compiler failed; the program may be right. */
    SYSTEM_ERROR;

    /** The name in JSON. */
    @JsonValue
    public String json() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
