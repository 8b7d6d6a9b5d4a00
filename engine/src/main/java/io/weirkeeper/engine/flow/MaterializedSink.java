package io.weirkeeper.engine.flow;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Keeps the contents of the materialized relations; sees every step whole. */
public interface MaterializedSink {

  /**
   * Takes the changes of one step to all materialized relations together; called on the step
   * thread, once a step, also for steps that change nothing. When it returns, queries see the step.
   *
   * @throws RuntimeException if the contents can no longer be kept; that ends the pipeline
   */
  void publish(long step, List<RelationChanges> changes);

  /**
   * Empties relations that are about to be filled anew; called on the step thread, between steps.
   *
   * @param relations exact names of materialized relations
   */
  default void clear(Collection<String> relations) {}

  /**
   * Begins to save the contents after the last published step to files in a directory; called on
   * the step thread, between steps, so that what takes long goes on elsewhere.
   *
   * @return completes when the files are written
   */
  default CompletableFuture<?> save(Path directory) {
    return CompletableFuture.completedFuture(null);
  }
}
