package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;

/**
 * One way of getting rows. An instance serves one endpoint: {@link #open} once, then {@link #run}
 * once on a thread of its own, then {@link #close}.
 *
 * <p>Positions: each batch that {@code run} puts carries the position after it. A transport opened
 * at a position gives exactly the rows that followed that position when it was made, in the same
 * order; where one batch ends and the next begins may differ. That holds as long as the source has
 * not been altered.
 */
interface InputTransport extends AutoCloseable {

  /**
   * Checks what can be checked before the pipeline runs, for example that a file is there.
   *
   * @param position where to begin, made by an earlier instance with the same configuration; null
   *     for the beginning
   * @throws ConnectorException if the pipeline must not start with this
   */
  void open(JsonNode position);

  /**
   * Reads to the end of the input and returns, or until it is interrupted. Waits at {@link
   * InputPort#awaitActive} before each piece that it takes from outside.
   *
   * @throws IOException if it can't go on; that becomes the endpoint's fatal error, and the
   *     pipeline runs on without it
   */
  void run(InputPort port) throws IOException, InterruptedException;

  /** Frees what it holds, from any thread; a {@code run} under way is interrupted before. */
  @Override
  void close();
}
