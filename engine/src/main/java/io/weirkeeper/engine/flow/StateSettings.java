package io.weirkeeper.engine.flow;

import java.nio.file.Path;
import java.util.UUID;

/**
 * Where Flink keeps the state of its operators (docs/adr/0013).
 *
 * @param directory files of the process that runs, made when needed, on the file system of the
 *     saved states; null to keep the state on the heap
 * @param memoryBytes what RocksDB may use for its caches and write buffers together
 */
public record StateSettings(Path directory, long memoryBytes) {

  /** RocksDB's memory when the pipeline's configuration names none. */
  public static final long DEFAULT_MEMORY_BYTES = 256L << 20;

  /** On the heap: fast, and saved whole each time. */
  public static StateSettings inMemory() {
    return new StateSettings(null, 0);
  }

  /** In RocksDB: saved by what has changed, and taken over without being read. */
  public static StateSettings onDisk(Path directory, long memoryBytes) {
    return new StateSettings(directory, memoryBytes);
  }

  /** With a directory of its own for one of several jobs. */
  StateSettings ofJob() {
    return onDisk() ? onDisk(directory.resolve(UUID.randomUUID().toString()), memoryBytes) : this;
  }

  /** Whether the state is in files. */
  public boolean onDisk() {
    return directory != null;
  }
}
