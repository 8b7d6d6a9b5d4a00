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
  private final Shown shown;

  /**
   * What readers see; states that look alike share it.
   *
   * @param state names it, in {@code ETag}s: twice the revision of the write that changed what is
   *     seen last; one more if it was read from the database, which may order the keys of the same
   *     objects in another way
   */
  private record Shown(long state, Object identity) {
    Shown(long revision, boolean loaded) {
      this(2 * revision + (loaded ? 1 : 0), new Object());
    }
  }

  /** Makes the bytes of a pipeline; must be pure. */
  @FunctionalInterface
  public interface Renderer {
    /** The JSON object of a pipeline under a selector, UTF-8. */
    Buffer render(PipelineRecord pipeline, Selector selector);
  }

  private Snapshot(PipelineRecord pipeline, Renderer renderer, Shown shown) {
    this.pipeline = Objects.requireNonNull(pipeline);
    this.renderer = Objects.requireNonNull(renderer);
    this.shown = shown;
  }

  /** The first snapshot of a pipeline that was just written. */
  public static Snapshot written(PipelineRecord pipeline, Renderer renderer) {
    return new Snapshot(pipeline, renderer, new Shown(pipeline.revision(), false));
  }

  /** The first snapshot of a pipeline that was read from the database. */
  public static Snapshot loaded(PipelineRecord pipeline, Renderer renderer) {
    return new Snapshot(pipeline, renderer, new Shown(pipeline.revision(), true));
  }

  /** The snapshot after a write, which may have changed nothing that is shown. */
  public Snapshot followedBy(PipelineRecord next) {
    return new Snapshot(
        next, renderer, looksLike(next) ? shown : new Shown(next.revision(), false));
  }

  /** Compares by identity where equal documents could be different bytes. */
  private boolean looksLike(PipelineRecord next) {
    return pipeline.definition() == next.definition()
        && pipeline.versions().equals(next.versions())
        && pipeline.program() == next.program()
        && pipeline.storage().status() == next.storage().status()
        && pipeline.storage().details() == next.storage().details()
        && pipeline.resources() == next.resources()
        && pipeline.runtime() == next.runtime()
        && Objects.equals(pipeline.launch(), next.launch())
        && Objects.equals(pipeline.deployment().id(), next.deployment().id())
        && pipeline.deploymentError() == next.deploymentError();
  }

  /**
   * Names what is shown: two snapshots of a pipeline with the same number are the same bytes, also
   * after a restart of the server, and it does not change with what nobody sees, such as a lease.
   */
  public long state() {
    return shown.state();
  }

  /** Whether a number names the present state, whichever way its bytes were ordered. */
  public boolean isState(long number) {
    return number / 2 == shown.state() / 2;
  }

  /** Whether another snapshot shows the same bytes. */
  boolean sameAs(Snapshot other) {
    return shown.identity() == other.shown.identity();
  }

  /** The key of its answers. */
  Object identity() {
    return shown.identity();
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
