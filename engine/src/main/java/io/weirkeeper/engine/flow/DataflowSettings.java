package io.weirkeeper.engine.flow;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How a dataflow runs.
 *
 * @param parallelism subtasks of each operator and splits of each table
 * @param maxBufferedRecords records that one endpoint may hold before {@code put} waits
 * @param maxStepRecords records of one step
 * @param networkMemoryBytes memory for buffers between operators, taken at start; more is taken for
 *     programs with many views
 * @param startTimeout how long {@link Dataflow#start} waits until every operator runs
 * @param temporaryDirectory where Flink may write temporary files
 * @param state where Flink keeps the state of its operators
 */
public record DataflowSettings(
    int parallelism,
    int maxBufferedRecords,
    int maxStepRecords,
    long networkMemoryBytes,
    Duration startTimeout,
    Path temporaryDirectory,
    StateSettings state) {

  /** Buffered records of an endpoint (spec: pipeline-protocol §4). */
  public static final int DEFAULT_MAX_BUFFERED_RECORDS = 100_000;

  /**
   * Records of a step. Larger steps cost less per record: at 10,000 the lock step costs about 5 %
   * of throughput.
   */
  public static final int DEFAULT_MAX_STEP_RECORDS = 20_000;

  /** Subtasks never exceed this number, however many workers are asked for. */
  public static final int MAX_PARALLELISM = 4;

  /** Checks the ranges. */
  public DataflowSettings {
    requirePositive("parallelism", parallelism);
    requirePositive("maxBufferedRecords", maxBufferedRecords);
    requirePositive("maxStepRecords", maxStepRecords);
    requirePositive("networkMemoryBytes", networkMemoryBytes);
  }

  private static void requirePositive(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, is " + value);
    }
  }

  /**
   * The defaults for a pipeline with this many workers: as many subtasks as workers, but no more
   * than processors or {@link #MAX_PARALLELISM}.
   */
  public static DataflowSettings forWorkers(int workers, Path temporaryDirectory) {
    return new DataflowSettings(
        parallelism(workers),
        DEFAULT_MAX_BUFFERED_RECORDS,
        DEFAULT_MAX_STEP_RECORDS,
        0x1000000,
        Duration.ofSeconds(60),
        temporaryDirectory,
        StateSettings.inMemory());
  }

  /** Subtasks of a pipeline with this many workers. */
  static int parallelism(int workers) {
    int processors = Runtime.getRuntime().availableProcessors();
    return Math.max(1, Math.min(Math.min(workers, processors), MAX_PARALLELISM));
  }

  /** These settings with as many subtasks as a saved state has. */
  public DataflowSettings withParallelism(int other) {
    return new DataflowSettings(
        other,
        maxBufferedRecords,
        maxStepRecords,
        networkMemoryBytes,
        startTimeout,
        temporaryDirectory,
        state);
  }

  /** These settings with other step and buffer limits. */
  public DataflowSettings withLimits(int newMaxBufferedRecords, int newMaxStepRecords) {
    return new DataflowSettings(
        parallelism,
        newMaxBufferedRecords,
        newMaxStepRecords,
        networkMemoryBytes,
        startTimeout,
        temporaryDirectory,
        state);
  }

  /** These settings with the state somewhere else. */
  public DataflowSettings withState(StateSettings other) {
    return new DataflowSettings(
        parallelism,
        maxBufferedRecords,
        maxStepRecords,
        networkMemoryBytes,
        startTimeout,
        temporaryDirectory,
        other);
  }
}
