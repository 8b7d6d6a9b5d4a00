package io.weirkeeper.engine.flow;

/**
 * How much of an input waits, and how much a step takes of it (spec: connectors §1.4).
 *
 * @param maxQueuedRecords records that may wait for a step before whoever puts more waits
 * @param maxQueuedBytes bytes that may wait; looked at for batches with positions only
 * @param maxBatchRecords records that one step takes, unless a single batch has more
 */
public record InputLimits(long maxQueuedRecords, long maxQueuedBytes, long maxBatchRecords) {

  /** Checks the ranges. */
  public InputLimits {
    requirePositive("maxQueuedRecords", maxQueuedRecords);
    requirePositive("maxQueuedBytes", maxQueuedBytes);
    requirePositive("maxBatchRecords", maxBatchRecords);
  }

  private static void requirePositive(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, is " + value);
    }
  }

  /** A bound on records only. */
  public static InputLimits ofRecords(int maxQueuedRecords) {
    return new InputLimits(maxQueuedRecords, Long.MAX_VALUE, Long.MAX_VALUE);
  }
}
