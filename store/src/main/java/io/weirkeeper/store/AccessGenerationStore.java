package io.weirkeeper.store;

import io.vertx.core.Future;

/**
 * A number that rises whenever a right is taken away or changed, in the statement that does it. A
 * node that remembers whom it admitted forgets all of them when the number is another: one row of
 * which the writers queue up, so no change can be missed, however they commit.
 */
public interface AccessGenerationStore {
  /** The number as of now. */
  Future<Long> current();
}
