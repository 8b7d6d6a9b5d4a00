package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;

/**
 * One place where the changes of a view go, already encoded. An instance serves one endpoint. All
 * methods but {@link #open} and {@link #close} are called on the output's own thread.
 */
interface OutputTransport extends AutoCloseable {

  /**
   * Connects.
   *
   * @param position made by {@link #position} of an earlier instance; what was written after it is
   *     written again until {@link #caughtUp}. Null: begins anew
   * @throws ConnectorException if the pipeline must not start with this
   */
  void open(JsonNode position);

  /** Writes one message of the encoder. */
  void write(byte[] message) throws IOException;

  /** What an earlier instance wrote after the position has been written again; drops any rest. */
  void caughtUp() throws IOException;

  /** Makes durable what was written, and tells how far that is. */
  JsonNode position() throws IOException;

  /** Frees what it holds; a write that is under way fails. */
  @Override
  void close();
}
