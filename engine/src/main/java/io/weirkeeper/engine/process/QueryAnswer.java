package io.weirkeeper.engine.process;

import java.io.IOException;
import java.util.concurrent.TimeoutException;

/**
 * Where the rows of an ad-hoc query go. Written by the query's thread; one block is under way at a
 * time, so that the client's pace is the query's pace.
 */
interface QueryAnswer {

  /** What to do, once, when the client has gone before the end; at once if it has already. */
  void whenGone(Runnable action);

  /** Whether the client has gone. */
  boolean isGone();

  /**
   * Hands over whole rows and waits until they have left.
   *
   * @throws IOException if the client has gone
   * @throws TimeoutException if it does not read
   */
  void write(byte[] rows) throws IOException, InterruptedException, TimeoutException;

  /** Ends a complete answer. */
  void end();

  /**
   * Ends an answer that can't be completed.
   *
   * @param pending rows that came before the error and are not written yet
   */
  void fail(ApiError error, byte[] pending);

  /** Cuts the client off. */
  void abort();
}
