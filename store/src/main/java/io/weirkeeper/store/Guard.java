package io.weirkeeper.store;

import java.util.Objects;
import java.util.UUID;

/**
 * The right to write pipelines of one shard: a write lands only while the shard row still bears
 * this epoch and this owner. The epoch alone would not do: a database that fails over to a lagging
 * copy can issue an epoch twice (SAFETY rule 3).
 *
 * @param shard 0 to {@link io.weirkeeper.core.pipeline.ShardMap#SHARDS} - 1
 * @param epoch as returned by the claim
 * @param owner the claiming node incarnation
 */
public record Guard(int shard, long epoch, UUID owner) {

  /** Refuses a missing owner. */
  public Guard {
    Objects.requireNonNull(owner, "owner");
  }
}
