package io.weirkeeper.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * Runtime status of a pipeline (spec: lifecycle §2). All fields are null unless the resources are
 * Provisioned.
 *
 * @param status observed
 * @param since when the observed status last changed its value
 * @param details object as reported, or null
 * @param desired what the process was last told to be
 * @param desiredSince when the desired status last changed its value
 */
public record Runtime(
    RuntimeStatus status,
    Instant since,
    JsonNode details,
    RuntimeStatus desired,
    Instant desiredSince) {

  /** No runtime: the pipeline is not provisioned. */
  public static final Runtime NONE = new Runtime(null, null, null, null, null);

  /** Another observation; each time moves only with its value. */
  public Runtime observed(
      RuntimeStatus next, JsonNode nextDetails, RuntimeStatus nextDesired, Instant now) {
    return new Runtime(
        next,
        next == status ? since : now,
        nextDetails,
        nextDesired,
        nextDesired == desired ? desiredSince : now);
  }
}
