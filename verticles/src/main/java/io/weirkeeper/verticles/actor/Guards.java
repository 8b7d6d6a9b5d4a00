package io.weirkeeper.verticles.actor;

import io.weirkeeper.store.Guard;
import java.util.Optional;

/** Which shards this node may write now. */
@FunctionalInterface
public interface Guards {
  /** The right to write a shard, or empty when it is not this node's. */
  Optional<Guard> guard(int shard);
}
