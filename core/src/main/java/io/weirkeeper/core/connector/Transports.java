package io.weirkeeper.core.connector;

import java.util.Set;

/** The transports that the API names (spec: connectors §1.2), and those that run. */
public final class Transports {
  private Transports() {}

  /** Inputs that a program can declare. */
  public static final Set<String> INPUTS =
      Set.of(
          "file_input",
          "url_input",
          "datagen",
          "kafka_input",
          "s3_input",
          "nats_input",
          "pub_sub_input",
          "delta_table_input",
          "iceberg_input",
          "postgres_input",
          "postgres_cdc_input",
          "nexmark",
          "empty_input");

  /** Outputs that a program can declare. */
  public static final Set<String> OUTPUTS =
      Set.of(
          "file_output",
          "kafka_output",
          "delta_table_output",
          "dynamodb_output",
          "redis_output",
          "postgres_output",
          "null_output");

  /** Made by the process itself, never declared. */
  public static final Set<String> TRANSIENT =
      Set.of("http_input", "http_output", "clock_input", "ad_hoc_input", "clock", "adhoc_input");

  /** Transports without a format section: the format belongs to them. */
  public static final Set<String> INTEGRATED =
      Set.of(
          "delta_table_input",
          "delta_table_output",
          "iceberg_input",
          "postgres_input",
          "postgres_output",
          "postgres_cdc_input",
          "datagen",
          "nexmark",
          "dynamodb_output");

  /** Transports that do nothing with bytes, so that a format is taken and not needed. */
  public static final Set<String> FORMAT_OPTIONAL = Set.of("empty_input", "null_output");

  /** What a pipeline process can run. */
  public static final Set<String> BUILT =
      Set.of("datagen", "file_input", "url_input", "empty_input", "file_output", "null_output");
}
