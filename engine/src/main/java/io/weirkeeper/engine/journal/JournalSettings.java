package io.weirkeeper.engine.journal;

import java.time.Duration;

/**
 * Bounds of a journal.
 *
 * @param segmentBytes size from which on a new segment begins
 * @param maxPendingBytes bytes that may wait for the disk before whoever brings more waits
 * @param minFreeBytes free space of the file system below which nothing new is accepted, so that
 *     what was accepted, and the next checkpoint, still find room
 * @param freeSpaceInterval how often the free space is looked at
 * @param retryInterval time between two attempts to write what could not be written
 */
public record JournalSettings(
    long segmentBytes,
    long maxPendingBytes,
    long minFreeBytes,
    Duration freeSpaceInterval,
    Duration retryInterval) {

  /** 64 MiB a segment, 32 MiB pending, 64 MiB free, looked at every second; a retry each 500 ms. */
  public static JournalSettings defaults() {
    return new JournalSettings(
        64L << 20, 32L << 20, 64L << 20, Duration.ofSeconds(1), Duration.ofMillis(500));
  }

  /** These settings with segments of another size. */
  public JournalSettings withSegmentBytes(long bytes) {
    return new JournalSettings(
        bytes, maxPendingBytes, minFreeBytes, freeSpaceInterval, retryInterval);
  }

  /** These settings with another bound of the free space. */
  public JournalSettings withMinFreeBytes(long bytes) {
    return new JournalSettings(
        segmentBytes, maxPendingBytes, bytes, freeSpaceInterval, retryInterval);
  }
}
