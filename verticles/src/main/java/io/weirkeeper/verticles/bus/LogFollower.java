package io.weirkeeper.verticles.bus;

import java.util.function.Consumer;

/**
 * A subscription to a pipeline's log: first the backlog, then live lines.
 *
 * <p>{@link #start} may be called once, from any context.
 */
public interface LogFollower {
  /**
   * Begins delivery on the calling Vert.x context.
   *
   * @param line takes one line without its line end
   * @param end runs once when the log ends (the pipeline was deleted or this follower was too slow)
   */
  void start(Consumer<String> line, Runnable end);

  /** Stops the delivery of live lines until {@link #resume}; they are buffered up to a limit. */
  void pause();

  /** Goes on after {@link #pause}. */
  void resume();

  /** Ends the subscription; idempotent. */
  void close();
}
