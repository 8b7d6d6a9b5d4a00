package io.weirkeeper.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * Resources status of a pipeline, observed and desired (spec: lifecycle §1).
 *
 * @param status observed
 * @param since when the observed status last changed its value
 * @param details free JSON from the host, or null
 * @param desired what the user wants
 * @param desiredSince when the desired status last changed its value
 */
public record Resources(
    ResourcesStatus status,
    Instant since,
    JsonNode details,
    ResourcesDesiredStatus desired,
    Instant desiredSince) {

  /** The resources of a new pipeline. */
  public static Resources initial(Instant now) {
    return new Resources(ResourcesStatus.STOPPED, now, null, ResourcesDesiredStatus.STOPPED, now);
  }

  /** Another observed status; {@code since} moves only when the value does. */
  public Resources withStatus(ResourcesStatus next, JsonNode nextDetails, Instant now) {
    return new Resources(next, next == status ? since : now, nextDetails, desired, desiredSince);
  }

  /** Another desired status; its time moves only when the value does. */
  public Resources withDesired(ResourcesDesiredStatus next, Instant now) {
    return new Resources(status, since, details, next, next == desired ? desiredSince : now);
  }

  /** Other details. */
  public Resources withDetails(JsonNode nextDetails) {
    return new Resources(status, since, nextDetails, desired, desiredSince);
  }

  /** Whether both the observed and the desired status are Stopped. */
  public boolean fullyStopped() {
    return status == ResourcesStatus.STOPPED && desired == ResourcesDesiredStatus.STOPPED;
  }
}
