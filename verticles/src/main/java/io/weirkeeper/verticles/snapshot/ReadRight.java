package io.weirkeeper.verticles.snapshot;

/**
 * Whether this node may answer from its snapshots at this moment: it must have heard of its
 * ownership a moment ago (SAFETY rule 7), and what it says is unknown must be loaded (SAFETY rule
 * 11). Asked at every read, on event loops.
 */
@FunctionalInterface
public interface ReadRight {

  /** Whether it may answer for all pipelines, as a list does. */
  boolean all();

  /**
   * Whether it may answer for the pipelines of a shard, also while others are being loaded.
   *
   * @param shard as {@code ShardMap} gives it
   */
  default boolean of(int shard) {
    return all();
  }
}
