package io.weirkeeper.conf;

import java.time.Duration;
import java.util.List;

/**
 * Limits of compilation.
 *
 * @param timeout of one SQL compilation, {@code --sql-compilation-timeout}, default 300 s
 * @param memory heap of the compiler process, {@code --compiler-memory}, default 512 MiB
 */
public record CompilerSettings(Duration timeout, DataSize memory) {
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(300);
  private static final DataSize DEFAULT_MEMORY = DataSize.ofMebibytes(512);

  static final Key<Duration> TIMEOUT =
      Key.duration(
          "sql-compilation-timeout",
          DEFAULT_TIMEOUT,
          Duration.ofSeconds(1),
          Duration.ofHours(24),
          "longest compilation of a program");
  static final Key<DataSize> MEMORY =
      Key.size(
          "compiler-memory",
          DEFAULT_MEMORY,
          DataSize.ofMebibytes(128),
          DataSize.ofMebibytes(65_536),
          "heap of the compiler process");

  static final List<Key<?>> KEYS = List.of(TIMEOUT, MEMORY);

  static CompilerSettings from(Values values) {
    return new CompilerSettings(
        values.get(TIMEOUT).orElse(DEFAULT_TIMEOUT), values.get(MEMORY).orElse(DEFAULT_MEMORY));
  }
}
