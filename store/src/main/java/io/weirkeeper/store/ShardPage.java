package io.weirkeeper.store;

import io.weirkeeper.core.pipeline.PipelineRecord;
import java.util.List;

/**
 * A part of what {@link PipelineStore#loadShards} reads.
 *
 * @param pipelines readable rows
 * @param unreadable the others
 */
public record ShardPage(List<PipelineRecord> pipelines, List<UnreadableRow> unreadable) {

  /** Copies the lists. */
  public ShardPage {
    pipelines = List.copyOf(pipelines);
    unreadable = List.copyOf(unreadable);
  }
}
