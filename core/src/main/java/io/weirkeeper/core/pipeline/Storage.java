package io.weirkeeper.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * The stored state of a pipeline; it has a home and a generation (SAFETY rule 2).
 *
 * @param status whether there is any
 * @param details {@code {"checkpoints":[...]}} or null
 * @param host id of the host that holds it, null while cleared
 * @param generation rises with every clear; the directory is {@code <pipeline id>/<generation>}
 */
public record Storage(StorageStatus status, JsonNode details, String host, long generation) {

  /** The storage of a new pipeline. */
  public static Storage initial() {
    return new Storage(StorageStatus.CLEARED, null, null, 1);
  }

  /** The same with another status. */
  public Storage withStatus(StorageStatus next) {
    return new Storage(next, details, host, generation);
  }
}
