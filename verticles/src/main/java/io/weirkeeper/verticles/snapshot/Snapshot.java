package io.weirkeeper.verticles.snapshot;

import io.vertx.core.buffer.Buffer;
import io.weirkeeper.core.pipeline.PipelineRecord;
import java.util.Objects;

/**
 * The published state of one pipeline. It holds no bytes: {@link SnapshotTable} makes the answers
 * on first use and keeps those that are read.
 */
public final class Snapshot {
  /** Which part of a pipeline a reader asks for (spec: api-semantics §3.2). */
  public enum Selector {
    /** All fields. */
    ALL,
    /** All but the large ones. */
    STATUS
  }

  private final PipelineRecord pipeline;
  private final Renderer renderer;

  /** Makes the bytes of a pipeline; must be pure. */
  @FunctionalInterface
  public interface Renderer {
    /** The JSON object of a pipeline under a selector, UTF-8. */
    Buffer render(PipelineRecord pipeline, Selector selector);
  }

  /** A snapshot of a committed record. */
  public Snapshot(PipelineRecord pipeline, Renderer renderer) {
    this.pipeline = Objects.requireNonNull(pipeline);
    this.renderer = Objects.requireNonNull(renderer);
  }

  /** The committed record. */
  public PipelineRecord pipeline() {
    return pipeline;
  }

  /** Makes the answer for a selector. */
  Buffer render(Selector selector) {
    return renderer.render(pipeline, selector);
  }
}
