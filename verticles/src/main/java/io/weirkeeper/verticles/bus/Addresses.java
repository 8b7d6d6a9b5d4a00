package io.weirkeeper.verticles.bus;

/** Local event-bus addresses. */
public final class Addresses {
  /** Takes every {@link PipelineRequest}; the shards verticle finds the pipeline's own verticle. */
  public static final String PIPELINES = "weirkeeper.pipelines";

  /** Takes {@link CompileJob}s. */
  public static final String COMPILER = "weirkeeper.compiler";

  /** Takes the request ids of {@link CompileJob}s of which nobody wants the result any more. */
  public static final String COMPILER_WITHDRAWALS = "weirkeeper.compiler.withdrawals";

  private Addresses() {}
}
