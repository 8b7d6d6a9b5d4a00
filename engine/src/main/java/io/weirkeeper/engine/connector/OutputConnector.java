package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.connector.ConnectorConfig;
import io.weirkeeper.engine.flow.OutputListener;
import io.weirkeeper.engine.flow.StepOutput;
import io.weirkeeper.engine.flow.ViewRow;
import io.weirkeeper.engine.flow.WeightedRow;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One declared output. Changes are encoded and written on the step thread, so that a step is
 * complete only once its output is written: no token is complete before, and between two steps the
 * position is exact.
 *
 * <p>What can't be written is tried again until it can: the pipeline waits, the endpoint is
 * unhealthy and says why. An output that drops changes would be wrong from then on.
 */
public final class OutputConnector implements OutputListener {
  private static final Logger LOG = LoggerFactory.getLogger(OutputConnector.class);

  /** Time between two attempts to write. */
  static final Duration RETRY = Duration.ofSeconds(1);

  private final String name;
  private final String relation;
  private final ConnectorConfig.OutputBuffer bufferSettings;
  private final Encoder encoder;
  private final OutputTransport transport;
  private final RecentErrors encodeErrors = new RecentErrors();
  private final RecentErrors transportErrors = new RecentErrors();
  private final Runnable whenBuffered;

  // Step thread only.
  private final Map<ViewRow, Long> buffer = new TreeMap<>();

  private volatile boolean closed;
  private volatile long bufferedRecords;
  private volatile long transmittedRecords;
  private volatile long transmittedBytes;
  private volatile ConnectorHealth health = ConnectorHealth.HEALTHY;

  /**
   * @param whenBuffered called on the step thread when the first change enters an empty buffer
   */
  OutputConnector(
      String name,
      String relation,
      ConnectorConfig config,
      Encoder encoder,
      OutputTransport transport,
      java.util.function.Consumer<OutputConnector> whenBuffered) {
    this.name = name;
    this.relation = relation;
    this.bufferSettings = config.outputBuffer();
    this.encoder = encoder;
    this.transport = transport;
    this.whenBuffered = () -> whenBuffered.accept(this);
  }

  /** {@code <view>.<connector>}. */
  public String name() {
    return name;
  }

  /** Name of the view. */
  public String relation() {
    return relation;
  }

  /** Changes that could not be encoded. */
  public RecentErrors encodeErrors() {
    return encodeErrors;
  }

  /** Failed attempts to write. */
  public RecentErrors transportErrors() {
    return transportErrors;
  }

  /** Whether it can do its work. */
  public ConnectorHealth health() {
    return health;
  }

  /** Updates written. */
  public long transmittedRecords() {
    return transmittedRecords;
  }

  /** Bytes written. */
  public long transmittedBytes() {
    return transmittedBytes;
  }

  /** Updates in the output buffer. */
  public long bufferedRecords() {
    return bufferedRecords;
  }

  @Override
  public void changed(StepOutput output) {
    if (!bufferSettings.enabled()) {
      send(output.changes());
      return;
    }
    boolean first = buffer.isEmpty();
    for (WeightedRow change : output.changes()) {
      buffer.merge(change.row(), change.weight(), OutputConnector::sum);
    }
    bufferedRecords = buffer.size();
    if (buffer.size() > bufferSettings.maxRecords()) {
      flush();
    } else if (first && !buffer.isEmpty()) {
      whenBuffered.run();
    }
  }

  /** Null removes the row: its changes have cancelled each other out. */
  private static Long sum(Long one, Long other) {
    long sum = one + other;
    return sum == 0 ? null : sum;
  }

  /** Time after which a buffer is written. */
  long bufferMillis() {
    return bufferSettings.maxMillis();
  }

  /** Writes what is buffered; on the step thread. */
  void flush() {
    if (buffer.isEmpty()) {
      return;
    }
    List<WeightedRow> changes = new ArrayList<>(buffer.size());
    buffer.forEach((row, weight) -> changes.add(new WeightedRow(row, weight)));
    changes.sort(Comparator.comparing(change -> change.weight() > 0));
    buffer.clear();
    bufferedRecords = 0;
    send(changes);
  }

  /** What has been written so far, durable; on the step thread. */
  JsonNode position() throws IOException {
    flush();
    return transport.position();
  }

  private void send(List<WeightedRow> changes) {
    encoder.encode(
        changes,
        new Encoder.Target() {
          @Override
          public void message(byte[] bytes, long updates) {
            write(bytes);
            transmittedRecords += updates;
            transmittedBytes += bytes.length;
          }

          @Override
          public void left(String why, long updates) {
            encodeErrors.add("encode", why);
          }
        });
  }

  /** Writes a message, however often it has to be tried. */
  void write(byte[] message) {
    while (!closed && !Thread.currentThread().isInterrupted()) {
      try {
        transport.write(message);
        if (health != ConnectorHealth.HEALTHY) {
          LOG.info("Output connector {} writes again", name);
          health = ConnectorHealth.HEALTHY;
        }
        return;
      } catch (IOException e) {
        LOG.warn("Output connector {} can't write: {}; the pipeline waits", name, e.toString());
        transportErrors.add("transport", e.toString());
        health = ConnectorHealth.unhealthy("The pipeline waits for this output: " + e);
        LockSupport.parkNanos(RETRY.toNanos());
      }
    }
  }

  void close() {
    closed = true;
    transport.close();
  }
}
