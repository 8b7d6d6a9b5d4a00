package io.weirkeeper.engine.format;

/** How values are written in JSON (spec: connectors §4.2). */
public enum JsonFlavor {
  /** As pipeline-protocol §4.1 has it. */
  DEFAULT,
  /**
   * As {@code DataFrame.to_json(orient="records", date_format="epoch")} writes them: {@code
   * TIMESTAMP} and {@code DATE} as milliseconds since 1970-01-01, and whole numbers with a fraction
   * of zero where a column of them has missing values. What the default flavor takes is taken too.
   */
  PANDAS
}
