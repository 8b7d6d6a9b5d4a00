package io.weirkeeper.core.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RestartsTest {

  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

  private static JsonNode details(Restarts restarts) {
    return restarts.with(JsonNodeFactory.instance.objectNode());
  }

  @Test
  void thePauseDoublesWithEachDeathUntilTheBudgetIsUsedUp() {
    JsonNode details = null;
    Instant now = NOW;
    for (int death = 1; death <= Restarts.BUDGET; death++) {
      Restarts restarts = Restarts.afterDeath(details, "killed", now).orElseThrow();
      assertEquals(Duration.ofSeconds(1L << (death - 1)), restarts.pauseLeft(now));
      details = details(restarts);
      assertEquals(Optional.of(restarts), Restarts.in(details));
      now = now.plusSeconds(60);
    }
    assertEquals(Optional.empty(), Restarts.afterDeath(details, "killed", now));
  }

  @Test
  void deathsOfLongAgoAreForgotten() {
    JsonNode details = details(new Restarts(Restarts.BUDGET, NOW, "killed"));
    Restarts restarts =
        Restarts.afterDeath(details, "killed", NOW.plus(Restarts.WINDOW)).orElseThrow();
    assertEquals(1, restarts.count());
  }

  @Test
  void aClockThatWasSetBackHoldsNothingUpForLong() {
    Restarts restarts = new Restarts(3, NOW, "killed");
    assertEquals(Duration.ofSeconds(4), restarts.pauseLeft(NOW.minusSeconds(3_600)));
    assertTrue(restarts.pauseLeft(NOW.plusSeconds(5)).isNegative());
  }
}
