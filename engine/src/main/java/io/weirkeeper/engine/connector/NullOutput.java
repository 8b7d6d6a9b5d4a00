package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;

/** Discards everything (spec: connectors §3.8). */
final class NullOutput implements OutputTransport {
  @Override
  public void open(JsonNode position) {
    // Nothing to go back to.
  }

  @Override
  public void write(byte[] message) {
    // Discarded.
  }

  @Override
  public void caughtUp() {
    // Nothing is left from before.
  }

  @Override
  public JsonNode position() {
    return NullNode.getInstance();
  }

  @Override
  public void close() {
    // Holds nothing.
  }
}
