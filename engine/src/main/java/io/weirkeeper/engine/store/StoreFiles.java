package io.weirkeeper.engine.store;

import java.nio.file.Path;
import java.util.Set;

/**
 * Files of a store whose contents are to survive.
 *
 * @param scratch directory in which files are made before they are moved to where they are wanted,
 *     on the same file system; holds nothing else, because queries could read it; null if nothing
 *     is ever saved
 * @param saved directory with saved contents to begin with; null to begin empty
 * @param kept relations whose contents were saved and are to be taken over; null for all
 */
public record StoreFiles(Path scratch, Path saved, Set<String> kept) {

  /** Takes over all contents, if any. */
  public StoreFiles(Path scratch, Path saved) {
    this(scratch, saved, null);
  }

  /** Begins empty and saves nothing. */
  public static StoreFiles none() {
    return new StoreFiles(null, null);
  }
}
