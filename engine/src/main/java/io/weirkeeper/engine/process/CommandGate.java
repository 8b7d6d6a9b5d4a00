package io.weirkeeper.engine.process;

import io.weirkeeper.core.deploy.ProcessSecret;

/**
 * Refuses commands of the past (SAFETY rule 5): each carries the epoch of the shard and the
 * revision of the row under which it was sent, and none may be lower than the highest pair seen.
 */
final class CommandGate {
  private long epoch = Long.MIN_VALUE;
  private long revision = Long.MIN_VALUE;

  /**
   * Lets a command pass or not.
   *
   * @param epochHeader value of {@link ProcessSecret#EPOCH_HEADER}, or null
   * @param revisionHeader value of {@link ProcessSecret#REVISION_HEADER}, or null
   * @throws ApiError 400 when one is missing or no number, 409 StaleCommand when the pair is lower
   */
  synchronized void pass(String epochHeader, String revisionHeader) {
    long e = number(ProcessSecret.EPOCH_HEADER, epochHeader);
    long r = number(ProcessSecret.REVISION_HEADER, revisionHeader);
    if (e < epoch || (e == epoch && r < revision)) {
      throw new ApiError(
          409,
          "StaleCommand",
          "The command was sent under epoch "
              + e
              + ", revision "
              + r
              + ", but one under epoch "
              + epoch
              + ", revision "
              + revision
              + " has been seen: the sender no longer owns this pipeline or its state has moved on");
    }
    epoch = e;
    revision = r;
  }

  private static long number(String header, String value) {
    try {
      return Long.parseLong(value == null ? "" : value.strip());
    } catch (NumberFormatException e) {
      throw ApiError.invalidParam("header " + header, "a whole number", value);
    }
  }
}
