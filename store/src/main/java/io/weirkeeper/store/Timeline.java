package io.weirkeeper.store;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which history of which database cluster is spoken to (SAFETY rule 3). The caller keeps the
 * highest one seen on its own disk and gives it to {@link Database#open}.
 *
 * @param systemIdentifier fixed when the database cluster was initialised
 * @param number rises when a copy is promoted
 */
public record Timeline(String systemIdentifier, long number) {
  private static final Pattern TEXT = Pattern.compile("(\\d+)/(\\d+)");

  /** Whether this is the same database cluster, not older than {@code seen}. */
  public boolean continues(Timeline seen) {
    return systemIdentifier.equals(seen.systemIdentifier) && number >= seen.number;
  }

  /**
   * Reads {@link #toString}.
   *
   * @throws IllegalArgumentException for any other text
   */
  public static Timeline parse(String text) {
    Matcher matcher = TEXT.matcher(text.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "Expected '<system identifier>/<timeline>', found '" + text + "'");
    }
    return new Timeline(matcher.group(1), Long.parseLong(matcher.group(2)));
  }

  /** {@code <system identifier>/<timeline>}. */
  @Override
  public String toString() {
    return systemIdentifier + "/" + number;
  }
}
