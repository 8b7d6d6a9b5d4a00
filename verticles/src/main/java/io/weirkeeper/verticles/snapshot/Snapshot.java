package io.weirkeeper.verticles.snapshot;

import io.vertx.core.buffer.Buffer;
import io.weirkeeper.core.pipeline.PipelineRecord;
import java.util.Objects;

/**
 * The published state of one pipeline. The answers are made on first use and kept: a pipeline that
 * nobody reads costs no bytes.
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
  private volatile Buffer all;
  private volatile Buffer status;

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

  /**
   * The answer for a selector; the buffer must not be modified. Racing first readers may both make
   * it.
   */
  public Buffer answer(Selector selector) {
    return switch (selector) {
      case ALL -> {
        Buffer ready = all;
        if (ready == null) {
          ready = renderer.render(pipeline, selector);
          all = ready;
        }
        yield ready;
      }
      case STATUS -> {
        Buffer ready = status;
        if (ready == null) {
          ready = renderer.render(pipeline, selector);
          status = ready;
        }
        yield ready;
      }
    };
  }
}
