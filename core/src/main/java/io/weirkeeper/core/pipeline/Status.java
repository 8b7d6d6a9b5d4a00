package io.weirkeeper.core.pipeline;

import java.util.Arrays;
import java.util.Locale;

/** A status value: PascalCase in JSON, snake_case in the database and in query parameters. */
public sealed interface Status
    permits ProgramStatus,
        ResourcesStatus,
        ResourcesDesiredStatus,
        RuntimeStatus,
        StorageStatus,
        BootstrapPolicy {

  /** The value in JSON, for example {@code CompilingSql}. */
  String json();

  /** The value in the database and in query parameters, for example {@code compiling_sql}. */
  String column();

  /** Turns PascalCase into snake_case. */
  static String snakeCase(String pascalCase) {
    return pascalCase.replaceAll("([a-z])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }

  /** Finds the constant with a database value. */
  static <S extends Status> S find(S[] values, String column) {
    return Arrays.stream(values)
        .filter(value -> value.column().equals(column))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Unknown status '"
                        + column
                        + "', expected one of "
                        + Arrays.stream(values).map(Status::column).toList()));
  }
}
