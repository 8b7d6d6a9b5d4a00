package io.weirkeeper.core.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;

/** Tells whether two JSON documents mean the same. */
public final class SameJson {
  private SameJson() {}

  /**
   * Whether two documents are equal, regardless of the order of keys and of how a number is
   * written: a database may give {@code 1e2} back as {@code 100}. Null equals null only.
   */
  public static boolean same(JsonNode a, JsonNode b) {
    if (a == null || b == null) {
      return a == null && b == null;
    }
    return a.equals(SameJson::compare, b);
  }

  private static int compare(JsonNode a, JsonNode b) {
    if (a.isNumber() && b.isNumber()) {
      return decimal(a).compareTo(decimal(b));
    }
    return a.equals(b) ? 0 : 1;
  }

  private static BigDecimal decimal(JsonNode number) {
    return number.decimalValue();
  }
}
