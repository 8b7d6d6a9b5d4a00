package io.weirkeeper.conf;

import java.util.List;

/**
 * Limits of pipeline processes.
 *
 * @param maxConcurrentStarts processes starting at once on this node, {@code
 *     --max-concurrent-starts}, default 2
 * @param spareProcesses processes that are kept warm for the next starts, {@code
 *     --spare-processes}, default 1, 0 for none
 * @param heap heap of a pipeline process that does not ask for another, {@code --engine-heap},
 *     default 2 GiB
 * @param keepPipelines leave processes running when the program stops, for the next start to adopt,
 *     {@code --keep-pipelines}, default false
 */
public record EngineSettings(
    int maxConcurrentStarts, int spareProcesses, DataSize heap, boolean keepPipelines) {
  private static final int DEFAULT_STARTS = 2;
  private static final int DEFAULT_SPARES = 1;
  private static final DataSize DEFAULT_HEAP = DataSize.ofMebibytes(2048);

  static final Key<Integer> MAX_CONCURRENT_STARTS =
      Key.number(
          "max-concurrent-starts",
          Integer.toString(DEFAULT_STARTS),
          1,
          64,
          "pipeline processes that may start at once");
  static final Key<Integer> SPARE_PROCESSES =
      Key.number(
          "spare-processes",
          Integer.toString(DEFAULT_SPARES),
          0,
          8,
          "pipeline processes kept warm for the next starts; each takes some 300 MB");
  static final Key<DataSize> HEAP =
      Key.size(
          "engine-heap",
          DEFAULT_HEAP,
          DataSize.ofMebibytes(64),
          DataSize.ofMebibytes(1_048_576),
          "heap of a pipeline process that does not ask for another");
  static final Key<Boolean> KEEP_PIPELINES =
      Key.toggle("keep-pipelines", "leave pipelines running at stop, for the next start to adopt");

  static final List<Key<?>> KEYS =
      List.of(KEEP_PIPELINES, MAX_CONCURRENT_STARTS, SPARE_PROCESSES, HEAP);

  static EngineSettings from(Values values) {
    return new EngineSettings(
        values.get(MAX_CONCURRENT_STARTS).orElse(DEFAULT_STARTS),
        values.get(SPARE_PROCESSES).orElse(DEFAULT_SPARES),
        values.get(HEAP).orElse(DEFAULT_HEAP),
        values.get(KEEP_PIPELINES).orElse(false));
  }
}
