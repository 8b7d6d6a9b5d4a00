package io.weirkeeper.core.monitor;

import java.util.Locale;

/** Health of a part of the server. */
public enum PartStatus {
  /** It answered. */
  HEALTHY("Healthy"),
  /** It failed, and had not at the check before. */
  INITIAL_UNHEALTHY("InitialUnhealthy"),
  /** It failed again. */
  UNHEALTHY("Unhealthy");

  private final String json;

  PartStatus(String json) {
    this.json = json;
  }

  /** The name in JSON. */
  public String json() {
    return json;
  }

  /** The name in the database. */
  public String column() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads a name of the database.
   *
   * @throws IllegalArgumentException for an unknown one
   */
  public static PartStatus ofColumn(String column) {
    return valueOf(column.toUpperCase(Locale.ROOT));
  }
}
