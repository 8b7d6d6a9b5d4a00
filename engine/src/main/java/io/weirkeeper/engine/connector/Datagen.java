package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.connector.DatagenConfig;
import io.weirkeeper.engine.flow.Change;
import io.weirkeeper.engine.format.RowFormat;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Makes rows by itself (spec: connectors §2.1). A row is a function of the seed, the part of the
 * plan and its number. Workers make rows side by side and queue them in the order of their numbers,
 * so the position is {@code {"seed": s, "plan": part, "row": next row}} however many there are.
 */
final class Datagen implements InputTransport {

  /** What a value counts as in the byte counters. */
  static final int BYTES_A_FIELD = 8;

  /** Rows queued at once at most, unless they belong to one transaction. */
  private static final int MAX_BATCH = 10_000;

  private static final SecureRandom SEEDS = new SecureRandom();

  private final DatagenConfig config;
  private final List<RowGenerator> generators = new ArrayList<>();
  private final int columns;
  private long seed;

  // Who makes what next, and whose rows are next to be queued; guarded by this.
  private int plan;
  private long row;
  private long turns;
  private long queuedTurns;
  private long nextDueNanos;
  private Throwable failure;

  // Belongs to the worker whose turn it is to queue.
  private List<Change> transaction = new ArrayList<>();

  /** Rows to be made by one worker. */
  private record Turn(long number, int plan, long from, long to, long dueNanos) {}

  /**
   * @throws ConnectorException if the settings of a field don't fit its column
   */
  Datagen(DatagenConfig config, RowFormat rows) {
    this.config = config;
    this.columns = rows.relation().columns().size();
    for (int i = 0; i < config.plan().size(); i++) {
      generators.add(
          new RowGenerator(
              "transport.config.plan[" + i + "].fields",
              rows.relation(),
              config.plan().get(i).fields()));
    }
  }

  @Override
  public void open(JsonNode position) {
    if (position == null) {
      seed = config.seed().isPresent() ? config.seed().getAsLong() : SEEDS.nextLong();
    } else {
      seed = position.path("seed").asLong();
      plan = position.path("plan").asInt();
      row = position.path("row").asLong();
    }
  }

  private JsonNode position(int atPlan, long atRow) {
    ObjectNode position = JsonNodeFactory.instance.objectNode();
    return position.put("seed", seed).put("plan", atPlan).put("row", atRow);
  }

  @Override
  public void run(InputPort port) throws InterruptedException {
    if (config.workers() == 1) {
      work(port);
    } else {
      List<Thread> workers = new ArrayList<>();
      for (int i = 0; i < config.workers(); i++) {
        Thread worker = new Thread(() -> workAside(port, workers), "datagen-" + i);
        worker.setDaemon(true);
        workers.add(worker);
      }
      workers.forEach(Thread::start);
      try {
        for (Thread worker : workers) {
          worker.join();
        }
      } catch (InterruptedException e) {
        workers.forEach(Thread::interrupt);
        throw e;
      }
      throwFailure();
    }
    flush(port, position(plan, row));
  }

  private synchronized void throwFailure() throws InterruptedException {
    if (failure instanceof InterruptedException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
    if (failure != null) {
      throw (RuntimeException) failure;
    }
  }

  private void workAside(InputPort port, List<Thread> workers) {
    try {
      work(port);
    } catch (InterruptedException | RuntimeException | Error e) {
      synchronized (this) {
        if (failure != null) {
          return; // The first failure interrupts the others.
        }
        failure = e;
      }
      workers.forEach(Thread::interrupt);
    }
  }

  private void work(InputPort port) throws InterruptedException {
    RowRandom random = new RowRandom();
    for (Turn turn = nextTurn(); turn != null; turn = nextTurn()) {
      long wait = turn.dueNanos() - System.nanoTime();
      if (wait > 0) {
        TimeUnit.NANOSECONDS.sleep(wait);
      }
      make(turn, port, random);
    }
  }

  private void make(Turn turn, InputPort port, RowRandom random) throws InterruptedException {
    RowGenerator generator = generators.get(turn.plan());
    int batch = Math.min(MAX_BATCH, port.maxBatchRecords());
    for (long from = turn.from(); from < turn.to(); from += batch) {
      long to = Math.min(turn.to(), from + batch);
      port.awaitActive();
      List<Change> changes = new ArrayList<>((int) (to - from));
      for (long n = from; n < to; n++) {
        random.begin(seed, turn.plan(), n);
        changes.add(Change.insert(generator.row(n, random)));
      }
      awaitTurnToQueue(turn);
      queue(port, changes, position(turn.plan(), to));
    }
    synchronized (this) {
      queuedTurns++;
      notifyAll();
    }
  }

  private synchronized void awaitTurnToQueue(Turn turn) throws InterruptedException {
    while (queuedTurns != turn.number()) {
      wait();
    }
  }

  /** A transaction is one batch: a batch takes effect in one step. */
  private void queue(InputPort port, List<Change> changes, JsonNode after)
      throws InterruptedException {
    if (config.transactionSize() == 0) {
      port.put(changes, bytes(changes), after);
      return;
    }
    transaction.addAll(changes);
    if (transaction.size() >= config.transactionSize()) {
      flush(port, after);
    }
  }

  private void flush(InputPort port, JsonNode after) throws InterruptedException {
    if (!transaction.isEmpty()) {
      List<Change> whole = transaction;
      transaction = new ArrayList<>();
      port.put(whole, bytes(whole), after);
    }
  }

  private long bytes(List<Change> changes) {
    return (long) BYTES_A_FIELD * columns * changes.size();
  }

  /** The next rows to make, or null at the end. */
  private synchronized Turn nextTurn() {
    while (plan < config.plan().size()) {
      DatagenConfig.Plan part = config.plan().get(plan);
      long limit = part.limit().orElse(Long.MAX_VALUE);
      if (row < limit) {
        long from = row;
        // Turns begin at multiples of the chunk, also after a start in the middle of one.
        long chunk = part.chunk() - from % part.chunk();
        row = limit - from <= chunk ? limit : from + chunk;
        return new Turn(turns++, plan, from, row, dueNanos(part, row - from));
      }
      if (plan == config.plan().size() - 1) {
        return null; // The position stays at the end of the last part.
      }
      plan++;
      row = 0;
    }
    return null;
  }

  private long dueNanos(DatagenConfig.Plan part, long rows) {
    long now = System.nanoTime();
    if (part.rate().isEmpty()) {
      return now;
    }
    long duration = (long) (rows * 1e9 / part.rate().getAsLong());
    if (turns == 1 || now - nextDueNanos > duration) {
      // The first one, or late by more than a turn: what was missed is not made up for.
      nextDueNanos = now;
    }
    long due = nextDueNanos;
    nextDueNanos += duration;
    return due;
  }

  @Override
  public void close() {
    // Its threads are interrupted, and it holds nothing else.
  }
}
