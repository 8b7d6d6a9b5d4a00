package io.weirkeeper.engine.store;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How the store runs.
 *
 * @param memoryLimitMegabytes memory that DuckDB may use ({@code datafusion_memory_mb} of the
 *     pipeline's configuration)
 * @param threads threads of a query
 * @param maxConcurrentQueries queries that run at once; one more waits up to {@code queueTimeout}
 * @param queueTimeout how long a query waits for its turn
 * @param queryTimeout how long a query may run
 * @param spillDirectory where DuckDB may write what does not fit in memory; null: nowhere
 */
public record StoreSettings(
    long memoryLimitMegabytes,
    int threads,
    int maxConcurrentQueries,
    Duration queueTimeout,
    Duration queryTimeout,
    Path spillDirectory) {

  /** Memory limit when the configuration names none. */
  public static final long DEFAULT_MEMORY_LIMIT_MEGABYTES = 1024;

  /** 1 GB, two threads, four queries at once, ten minutes a query, no spilling. */
  public static StoreSettings defaults() {
    return new StoreSettings(
        DEFAULT_MEMORY_LIMIT_MEGABYTES, 2, 4, Duration.ofSeconds(10), Duration.ofMinutes(10), null);
  }
}
