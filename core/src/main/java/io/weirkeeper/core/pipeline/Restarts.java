package io.weirkeeper.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/**
 * When a fault tolerant pipeline whose process died is started again: after a pause that doubles
 * with each death, and only so often in a while. What happened stands in the resources details
 * under {@code restarts}, so that it survives the controller and people can read it; it is
 * forgotten with the next ordinary stop.
 *
 * @param count deaths within {@link #WINDOW} of each other, this one included
 * @param lastAt the last death
 * @param reason why, in plain words
 */
record Restarts(int count, Instant lastAt, String reason) {

  /** Restarts after deaths in a row; the next death ends the deployment with an error. */
  static final int BUDGET = 5;

  /** A process that has lived for so long is no longer counted with the deaths before it. */
  static final Duration WINDOW = Duration.ofMinutes(10);

  /** Pause before the first restart; doubles with each. */
  static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  /** Longest pause. */
  static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  /** Why a pipeline whose budget is used up is not started again, for people. */
  static final String USED_UP =
      "the pipeline process ended by itself or was killed from outside; its log has its last words."
          + " It was started again "
          + BUDGET
          + " times and died each time within "
          + WINDOW.toMinutes()
          + " min. Nothing that was acknowledged is lost: start the pipeline again when the cause is"
          + " gone";

  private static final String KEY = "restarts";

  /** What the resources details tell; empty when nothing died. */
  static Optional<Restarts> in(JsonNode details) {
    JsonNode told = details == null ? null : details.get(KEY);
    if (told == null || !told.isObject()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Restarts(
              told.path("count").asInt(),
              Instant.parse(told.path("last_at").asText()),
              told.path("reason").asText()));
    } catch (DateTimeParseException e) {
      return Optional.empty(); // Not written by this; then nothing is known.
    }
  }

  /** One more death; empty when the budget is used up. */
  static Optional<Restarts> afterDeath(JsonNode details, String reason, Instant now) {
    int before =
        in(details)
            .filter(earlier -> Duration.between(earlier.lastAt(), now).compareTo(WINDOW) < 0)
            .map(Restarts::count)
            .orElse(0);
    return before >= BUDGET ? Optional.empty() : Optional.of(new Restarts(before + 1, now, reason));
  }

  /** Time that is left until the restart; zero or less when it is due. */
  Duration pauseLeft(Instant now) {
    long pause = FIRST_PAUSE.toMillis() << Math.min(count - 1, 20);
    Duration whole = Duration.ofMillis(Math.min(pause, LONGEST_PAUSE.toMillis()));
    Duration left = whole.minus(Duration.between(lastAt, now));
    // A clock that was set back must not hold the pipeline up for longer than any pause.
    return left.compareTo(whole) > 0 ? whole : left;
  }

  /** Details with this in them. */
  ObjectNode with(ObjectNode details) {
    ObjectNode told = JsonNodeFactory.instance.objectNode();
    told.put("count", count);
    told.put("last_at", lastAt.toString());
    told.put("reason", reason);
    details.set(KEY, told);
    return details;
  }
}
