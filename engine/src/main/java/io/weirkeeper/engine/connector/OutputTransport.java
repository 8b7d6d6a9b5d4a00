package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;

/**
 * One place where the changes of a view go, already encoded. An instance serves one endpoint. All
 * methods but {@link #close} are called on the step thread, so a step is complete only when its
 * output is written, and a slow place slows the pipeline down.
 */
interface OutputTransport extends AutoCloseable {

  /**
   * Connects.
   *
   * @param position made by {@link #position} of an earlier instance; what was written after it is
   *     dropped. Null: begins anew
   * @throws ConnectorException if the pipeline must not start with this
   */
  void open(JsonNode position);

  /** Writes one message of the encoder. */
  void write(byte[] message) throws IOException;

  /** Makes durable what was written, and tells how far that is. */
  JsonNode position() throws IOException;

  /** Frees what it holds. */
  @Override
  void close();
}
