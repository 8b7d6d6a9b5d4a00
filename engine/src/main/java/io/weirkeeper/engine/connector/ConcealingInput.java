package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.engine.flow.Change;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * An input transport whose messages don't tell the secrets in its configuration: they end in logs,
 * statistics and support bundles.
 */
final class ConcealingInput implements InputTransport {
  private final InputTransport transport;
  private final UnaryOperator<String> conceal;

  ConcealingInput(InputTransport transport, UnaryOperator<String> conceal) {
    this.transport = transport;
    this.conceal = conceal;
  }

  @Override
  public void open(JsonNode position) {
    transport.open(position);
  }

  @Override
  public void run(InputPort port) throws IOException, InterruptedException {
    try {
      transport.run(new Port(port));
    } catch (IOException e) {
      if (e.getMessage() == null || conceal.apply(e.getMessage()).equals(e.getMessage())) {
        throw e;
      }
      // Without its causes, which would repeat the message.
      throw new IOException(conceal.apply(e.getMessage()));
    }
  }

  @Override
  public void close() {
    transport.close();
  }

  private final class Port implements InputPort {
    private final InputPort port;

    Port(InputPort port) {
      this.port = port;
    }

    @Override
    public void awaitActive() throws InterruptedException {
      port.awaitActive();
    }

    @Override
    public boolean awaitActive(Duration patience) throws InterruptedException {
      return port.awaitActive(patience);
    }

    @Override
    public int maxBatchRecords() {
      return port.maxBatchRecords();
    }

    @Override
    public void put(List<Change> changes, long bytes, JsonNode after) throws InterruptedException {
      port.put(changes, bytes, after);
    }

    @Override
    public boolean offer(List<Change> changes, long bytes, JsonNode after, Duration patience)
        throws InterruptedException {
      return port.offer(changes, bytes, after, patience);
    }

    @Override
    public void parseError(String message) {
      port.parseError(conceal.apply(message));
    }

    @Override
    public void transportError(String message) {
      port.transportError(conceal.apply(message));
    }

    @Override
    public void healthy() {
      port.healthy();
    }
  }
}
