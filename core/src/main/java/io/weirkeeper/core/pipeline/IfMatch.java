package io.weirkeeper.core.pipeline;

import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * The state in which a pipeline must be for a request to be carried out: one that the client has
 * seen, named by an {@code ETag}.
 *
 * @param seen states that the client named; the pipeline must be in one of them
 * @param given the header as it came, for the error
 */
public record IfMatch(List<State> seen, String given) {

  /**
   * A state of a pipeline.
   *
   * @param pipelineId its id: a pipeline that was made anew under an old name is another one
   * @param revision its revision, or what a client was shown in its place
   */
  public record State(UUID pipelineId, long revision) {
    /** Refuses a missing id. */
    public State {
      Objects.requireNonNull(pipelineId, "pipelineId");
    }
  }

  /** Copies the states. */
  public IfMatch {
    seen = List.copyOf(seen);
    Objects.requireNonNull(given, "given");
  }

  /** Whether a pipeline is in one of the states. */
  public boolean admits(PipelineRecord pipeline) {
    return seen.contains(new State(pipeline.id(), pipeline.revision()));
  }
}
