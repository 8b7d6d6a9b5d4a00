package io.weirkeeper.engine.store;

import java.nio.file.Path;

/**
 * Files of a store whose contents are to survive.
 *
 * @param scratch directory in which files are made before they are moved to where they are wanted,
 *     on the same file system; holds nothing else, because queries could read it; null if nothing
 *     is ever saved
 * @param saved directory with saved contents to begin with; null to begin empty
 */
public record StoreFiles(Path scratch, Path saved) {

  /** Begins empty and saves nothing. */
  public static StoreFiles none() {
    return new StoreFiles(null, null);
  }
}
