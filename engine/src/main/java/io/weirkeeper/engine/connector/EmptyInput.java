package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;

/** An input without rows, that ends as soon as it runs (spec: connectors §2.15). */
final class EmptyInput implements InputTransport {
  @Override
  public void open(JsonNode position) {
    // There is only one place to be.
  }

  @Override
  public void run(InputPort port) throws InterruptedException {
    port.awaitActive();
  }

  @Override
  public void close() {
    // Holds nothing.
  }
}
