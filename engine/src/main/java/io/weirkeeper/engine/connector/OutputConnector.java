package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.connector.ConnectorConfig;
import io.weirkeeper.engine.flow.OutputListener;
import io.weirkeeper.engine.flow.StepController;
import io.weirkeeper.engine.flow.StepCounters;
import io.weirkeeper.engine.flow.StepOutput;
import io.weirkeeper.engine.flow.ViewRow;
import io.weirkeeper.engine.flow.WeightedRow;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One declared output. Changes are queued by the step thread, and encoded and written by a thread
 * of the output's own, so that a slow place slows no step until {@code max_queued_records} wait;
 * then the pipeline waits. A step is complete only once all outputs have written it.
 *
 * <p>What can't be written is tried again until it can: the endpoint is unhealthy and says why. An
 * output that drops changes would be wrong from then on.
 */
public final class OutputConnector implements OutputListener {
  private static final Logger LOG = LoggerFactory.getLogger(OutputConnector.class);

  /** Time between two attempts to write. */
  static final Duration RETRY = Duration.ofSeconds(1);

  private static final long NOTHING = Long.MAX_VALUE;

  private final String name;
  private final String relation;
  private final ConnectorConfig.OutputBuffer bufferSettings;
  private final long maxQueuedRecords;
  private final Encoder encoder;
  private final OutputTransport transport;
  private final StepController steps;
  private final RecentErrors encodeErrors = new RecentErrors();
  private final RecentErrors transportErrors = new RecentErrors();
  private final Thread writer;

  // Guarded by this.
  private final ArrayDeque<Work> queue = new ArrayDeque<>();
  private long queuedRecords;
  private int queuedBatches;
  private long stalledNanos;
  private long stalledSince;
  private boolean closed;

  // The writer's own.
  private final Map<ViewRow, Long> buffer = new TreeMap<>();
  private long bufferedSince = NOTHING;
  private long bufferDueNanos;
  private StepCounters afterLast;

  private volatile long owesSince = NOTHING;
  private volatile long writtenInputRecords;
  private volatile long writtenSteps;
  private volatile long bufferedRecords;
  private volatile long transmittedRecords;
  private volatile long transmittedBytes;
  private volatile String fatalError;
  private volatile ConnectorHealth health = ConnectorHealth.HEALTHY;

  /** What the writer does, in order. */
  private sealed interface Work {}

  /**
   * Changes of a step.
   *
   * @param updates how many, copies counted
   * @param after the counters of the pipeline with that step
   */
  private record Batch(StepOutput output, long updates, StepCounters after) implements Work {}

  /** Asks for the position after everything before it. */
  private record Mark(CompletableFuture<JsonNode> position) implements Work {}

  /** All that was written before a restart has been written again. */
  private record CaughtUp() implements Work {}

  /**
   * An output; {@link #start} lets it write.
   *
   * @param steps are told when something has been delivered
   */
  OutputConnector(
      String name,
      String relation,
      ConnectorConfig config,
      Encoder encoder,
      OutputTransport transport,
      StepController steps) {
    this.name = name;
    this.relation = relation;
    this.bufferSettings = config.outputBuffer();
    this.maxQueuedRecords = config.maxQueuedRecords();
    this.encoder = encoder;
    this.transport = transport;
    this.steps = steps;
    this.writer = new Thread(this::run, "output " + name);
    this.writer.setDaemon(true);
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

  /** Why it has stopped for good, if it has. */
  public Optional<String> fatalError() {
    return Optional.ofNullable(fatalError);
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

  /** Updates that wait to be written, or are being written. */
  public synchronized long queuedRecords() {
    return queuedRecords;
  }

  /** Steps whose updates wait to be written, or are being written. */
  public synchronized int queuedBatches() {
    return queuedBatches;
  }

  /** Input records of the pipeline whose effect on this view is written, as far as is known. */
  public long writtenInputRecords() {
    return Math.max(writtenInputRecords, steps.counters().completedRecords());
  }

  /** Steps of the pipeline whose effect on this view is written, as far as is known. */
  public long writtenSteps() {
    return Math.max(writtenSteps, steps.counters().completedSteps());
  }

  /** How long the pipeline has waited for this output. */
  public synchronized Duration stalled() {
    long since = stalledSince;
    return Duration.ofNanos(stalledNanos + (since == 0 ? 0 : System.nanoTime() - since));
  }

  @Override
  public void changed(StepOutput output) {
    long updates = 0;
    for (WeightedRow change : output.changes()) {
      updates += Math.abs(change.weight());
    }
    Batch batch = new Batch(output, updates, steps.counters());
    synchronized (this) {
      try {
        awaitRoom();
      } catch (InterruptedException e) {
        // Only the end of the pipeline interrupts its steps: what is lost here was never complete.
        Thread.currentThread().interrupt();
        return;
      }
      queue.add(batch);
      queuedRecords += updates;
      queuedBatches++;
      owesSince = Math.min(owesSince, output.step());
      notifyAll();
    }
  }

  private void awaitRoom() throws InterruptedException {
    if (queuedRecords < maxQueuedRecords) {
      return;
    }
    stalledSince = System.nanoTime();
    try {
      while (queuedRecords >= maxQueuedRecords && !closed) {
        wait();
      }
    } finally {
      stalledNanos += System.nanoTime() - stalledSince;
      stalledSince = 0;
    }
  }

  @Override
  public long owesSince() {
    return owesSince;
  }

  /**
   * Where it stands when everything queued before is written and durable; what is in the buffer is
   * written too. Fails if it could not be made durable.
   */
  CompletableFuture<JsonNode> position() {
    CompletableFuture<JsonNode> position = new CompletableFuture<>();
    enqueue(new Mark(position));
    return position;
  }

  /** The steps before a restart have been run again: what follows is new. */
  void caughtUp() {
    enqueue(new CaughtUp());
  }

  private synchronized void enqueue(Work work) {
    queue.add(work);
    notifyAll();
  }

  void start() {
    writer.start();
  }

  // ---- the writer

  private void run() {
    try {
      while (true) {
        Optional<Work> next = awaitWork();
        if (next.isEmpty()) {
          flush();
        } else {
          work(next.get());
        }
        done(next);
      }
    } catch (InterruptedException e) {
      LOG.debug("Output connector {} ends", name, e);
    } catch (RuntimeException | Error e) {
      LOG.error("Output connector {} failed", name, e);
      fatalError = e.toString();
      health = ConnectorHealth.unhealthy("It has stopped, and the pipeline waits for it: " + e);
    }
  }

  /** The next thing to do, which stays in the queue; nothing when the buffer is due. */
  private synchronized Optional<Work> awaitWork() throws InterruptedException {
    while (true) {
      if (closed) {
        throw new InterruptedException();
      }
      boolean timed = !buffer.isEmpty() && bufferSettings.maxMillis() != Long.MAX_VALUE;
      long left = timed ? bufferDueNanos - System.nanoTime() : Long.MAX_VALUE;
      if (left <= 0) {
        return Optional.empty();
      }
      if (!queue.isEmpty()) {
        return Optional.of(queue.element());
      }
      if (timed) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      } else {
        wait();
      }
    }
  }

  private void work(Work next) throws InterruptedException {
    if (next instanceof Batch batch) {
      write(batch);
    } else if (next instanceof Mark mark) {
      flush();
      try {
        mark.position().complete(transport.position());
      } catch (IOException e) {
        mark.position().completeExceptionally(e);
      }
    } else {
      retrying(transport::caughtUp);
    }
  }

  private void done(Optional<Work> worked) {
    synchronized (this) {
      if (worked.isPresent()) {
        queue.remove();
      }
      if (worked.orElse(null) instanceof Batch batch) {
        queuedRecords -= batch.updates();
        queuedBatches--;
        afterLast = batch.after();
      }
      if (buffer.isEmpty() && afterLast != null) {
        writtenInputRecords = afterLast.processedRecords();
        writtenSteps = afterLast.initiatedSteps();
      }
      long first = bufferedSince;
      for (Work work : queue) {
        if (work instanceof Batch batch) {
          first = Math.min(first, batch.output().step());
          break;
        }
      }
      owesSince = first;
      notifyAll();
    }
    steps.delivered();
  }

  private void write(Batch batch) throws InterruptedException {
    if (!bufferSettings.enabled()) {
      send(batch.output().changes());
      return;
    }
    boolean first = buffer.isEmpty();
    for (WeightedRow change : batch.output().changes()) {
      buffer.merge(change.row(), change.weight(), OutputConnector::sum);
    }
    bufferedRecords = buffer.size();
    if (buffer.size() > bufferSettings.maxRecords()) {
      flush();
    } else if (buffer.isEmpty()) {
      bufferedSince = NOTHING;
    } else if (first) {
      bufferedSince = batch.output().step();
      if (bufferSettings.maxMillis() != Long.MAX_VALUE) {
        bufferDueNanos =
            System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(bufferSettings.maxMillis());
      }
    }
  }

  /** Null removes the row: its changes have cancelled each other out. */
  private static Long sum(Long one, Long other) {
    long sum = one + other;
    return sum == 0 ? null : sum;
  }

  private void flush() throws InterruptedException {
    if (buffer.isEmpty()) {
      return;
    }
    List<WeightedRow> changes = new ArrayList<>(buffer.size());
    buffer.forEach((row, weight) -> changes.add(new WeightedRow(row, weight)));
    changes.sort(Comparator.comparing(change -> change.weight() > 0));
    send(changes);
    buffer.clear();
    bufferedRecords = 0;
    bufferedSince = NOTHING;
  }

  private void send(List<WeightedRow> changes) throws InterruptedException {
    encoder.encode(
        changes,
        new Encoder.Target() {
          @Override
          public void message(byte[] bytes, long updates) throws InterruptedException {
            retrying(() -> transport.write(bytes));
            transmittedRecords += updates;
            transmittedBytes += bytes.length;
          }

          @Override
          public void left(String why, long updates) {
            encodeErrors.add("encode", why);
          }
        });
  }

  /** Something that the place may refuse for a while. */
  @FunctionalInterface
  private interface Attempt {
    void run() throws IOException;
  }

  /** Does it, however often it has to be tried. */
  private void retrying(Attempt attempt) throws InterruptedException {
    while (true) {
      try {
        attempt.run();
        if (health != ConnectorHealth.HEALTHY) {
          LOG.info("Output connector {} writes again", name);
          health = ConnectorHealth.HEALTHY;
        }
        return;
      } catch (IOException e) {
        synchronized (this) {
          if (closed) {
            throw new InterruptedException();
          }
        }
        LOG.warn("Output connector {} can't write, and tries again: {}", name, e.toString());
        transportErrors.add("transport", e.toString());
        health = ConnectorHealth.unhealthy("Its changes wait, and are tried again: " + e);
        TimeUnit.NANOSECONDS.sleep(RETRY.toNanos());
      }
    }
  }

  /** Ends the thread and frees the place; returns at once. What is queued is not written. */
  void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    writer.interrupt();
    transport.close();
  }

  void join(long millis) throws InterruptedException {
    writer.join(millis);
  }
}
