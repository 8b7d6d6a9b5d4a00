package io.weirkeeper.verticles.bus;

/** Local event-bus addresses. */
public final class Addresses {
  /** Takes every {@link PipelineRequest}; the shards verticle finds the pipeline's own verticle. */
  public static final String PIPELINES = "weirkeeper.pipelines";

  /** Takes {@link CompileJob}s. */
  public static final String COMPILER = "weirkeeper.compiler";

  private Addresses() {}
}
