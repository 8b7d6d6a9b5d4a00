package io.weirkeeper.engine.flow;

import io.weirkeeper.engine.function.StepFailures;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.flink.table.data.RowData;

/**
 * Where the step thread and the Flink job of one dataflow meet: queues into the source readers,
 * reports from the sink writers. Sources and sinks travel serialised and find it by its id.
 */
final class StepExchange implements AutoCloseable {

  /** Id that planning without running uses; no exchange has it. */
  static final String NOWHERE = "";

  private static final Map<String, StepExchange> OPEN = new ConcurrentHashMap<>();

  private final String id;
  private final List<ViewPort> views = new ArrayList<>();
  private final Map<Integer, Feed> feeds = new ConcurrentHashMap<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition progress = lock.newCondition();
  private int unregisteredViews;
  private int unregisteredSubtasks;
  private int expectedReaders = Integer.MAX_VALUE;
  private int readers;
  private final BitSet unsaved = new BitSet();
  private final Map<Integer, Integer> ordinals = new HashMap<>();
  private int sourceParallelism;
  private long expectedStep = StepSource.FRESH;
  private long awaitedStep = Long.MIN_VALUE;
  private int missing;
  private DataflowException failure;

  StepExchange(String id, int viewCount) {
    this.id = id;
    for (int i = 0; i < viewCount; i++) {
      views.add(new ViewPort());
    }
    unregisteredViews = viewCount;
    if (OPEN.putIfAbsent(id, this) != null) {
      throw new IllegalStateException("the dataflow " + id + " runs already in this process");
    }
  }

  /**
   * The exchange with this id.
   *
   * @throws IllegalStateException if the dataflow is closed
   */
  static StepExchange find(String id) {
    StepExchange exchange = OPEN.get(id);
    if (exchange == null) {
      throw new IllegalStateException("the dataflow " + id + " is closed");
    }
    return exchange;
  }

  @Override
  public void close() {
    OPEN.remove(id);
    StepFailures.close(id);
  }

  /** A part of a step for one split: rows, then, if it is the last part, the end of the step. */
  private record Batch(RowData[] rows, long step) {}

  /** Queue into one source reader. At most one step is in it. */
  static final class Split {
    private final Queue<Batch> batches = new ConcurrentLinkedQueue<>();
    private CompletableFuture<Void> arrival;
    private Batch current;
    private int position;

    void put(List<RowData> rows, long step) {
      batches.add(new Batch(rows.toArray(new RowData[0]), step));
      CompletableFuture<Void> waiting;
      synchronized (this) {
        waiting = arrival;
        arrival = null;
      }
      if (waiting != null) {
        waiting.complete(null);
      }
    }

    // Flink asks repeatedly and waits on any answer, so an open future must stay the same one.
    synchronized CompletableFuture<Void> available() {
      if (current != null || !batches.isEmpty()) {
        return CompletableFuture.completedFuture(null);
      }
      if (arrival == null) {
        arrival = new CompletableFuture<>();
      }
      return arrival;
    }

    /** Moves to the next row or step end; false if there is none now. */
    boolean advance() {
      if (current == null) {
        current = batches.poll();
        position = 0;
      }
      return current != null;
    }

    /** The next row of the current batch, or null at its end. */
    RowData nextRow() {
      return position < current.rows().length ? current.rows()[position++] : null;
    }

    /** Ends the current batch and returns the step that ends with it. */
    long endBatch() {
      long step = current.step();
      current = null;
      return step;
    }
  }

  /** The splits of one source operator. */
  static final class Feed {
    final String table;
    final Split[] splits;

    Feed(String table, int parallelism) {
      this.table = table;
      this.splits = new Split[parallelism];
      for (int i = 0; i < parallelism; i++) {
        splits[i] = new Split();
      }
    }
  }

  /** Declares the source operators that the job has, by their instance number. */
  void expectSources(Map<Integer, String> tableByInstance, int parallelism) {
    lock.lock();
    try {
      tableByInstance.forEach(
          (instance, table) -> feeds.put(instance, new Feed(table, parallelism)));
      tableByInstance.keySet().forEach(instance -> ordinals.put(instance, ordinals.size()));
      sourceParallelism = parallelism;
      expectedReaders = tableByInstance.size() * parallelism;
    } finally {
      lock.unlock();
    }
  }

  /** The source operators of the job. */
  List<Feed> feeds() {
    return List.copyOf(feeds.values());
  }

  /**
   * Declares that the job goes on from a saved state.
   *
   * @param step the step after which it was saved: every reader must say the same
   * @param finishedViews views whose sinks had seen all that there ever will be; they don't come
   *     again
   */
  void expectRestored(long step, Collection<Integer> finishedViews) {
    lock.lock();
    try {
      expectedStep = step;
      for (int view : finishedViews) {
        views.get(view).slots = new Slot[0];
        unregisteredViews--;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Begins to wait for the readers' part of a saved state; between two steps only. */
  void beginSave() {
    lock.lock();
    try {
      unsaved.set(0, ordinals.size() * sourceParallelism);
    } finally {
      lock.unlock();
    }
  }

  void readerSaved(int instance, int split) {
    lock.lock();
    try {
      unsaved.clear(ordinals.get(instance) * sourceParallelism + split);
      if (unsaved.isEmpty()) {
        progress.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until every reader has saved where it is: rows that are put from then on are not part of
   * the saved state.
   *
   * @param saving fails when the state can't be saved, which ends the wait
   * @return whether all readers have
   * @throws DataflowException if the job died
   */
  boolean awaitReadersSaved(CompletableFuture<?> saving, Duration patience)
      throws InterruptedException {
    long nanos = patience.toNanos();
    var unused = saving.whenComplete((path, error) -> signal());
    lock.lock();
    try {
      while (!unsaved.isEmpty()) {
        throwFailure();
        if (saving.isCompletedExceptionally() || nanos <= 0) {
          return false;
        }
        nanos = progress.awaitNanos(nanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void signal() {
    lock.lock();
    try {
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  Split attachReader(int instance, int split, long step) {
    lock.lock();
    try {
      if (step != expectedStep && failure == null) {
        failure =
            new DataflowException(
                "the saved state is inconsistent: table \"%s\" was saved after step %d, the checkpoint"
                        .formatted(feeds.get(instance).table, step)
                    + " says step "
                    + expectedStep,
                null);
      }
      readers++;
      progress.signalAll();
      return feeds.get(instance).splits[split];
    } finally {
      lock.unlock();
    }
  }

  /** What comes out of one view. */
  static final class ViewPort {
    /**
     * Whether the rows of the running step are needed; set between steps only. True before the
     * first step, because constants come as soon as the job runs.
     */
    volatile boolean wanted = true;

    private Slot[] slots;
  }

  /** What one sink subtask has reported. */
  private static final class Slot {
    private boolean registered;
    private long reached = Long.MIN_VALUE;
    private final ArrayDeque<RowWeights> full = new ArrayDeque<>();
  }

  ViewPort view(int index) {
    return views.get(index);
  }

  void registerSink(int view, int subtask, int parallelism) {
    lock.lock();
    try {
      ViewPort port = views.get(view);
      if (port.slots == null) {
        port.slots = new Slot[parallelism];
        Arrays.setAll(port.slots, i -> new Slot());
        unregisteredViews--;
        unregisteredSubtasks += parallelism;
      }
      if (!port.slots[subtask].registered) {
        port.slots[subtask].registered = true;
        unregisteredSubtasks--;
      }
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** A sink subtask has seen all rows up to the end of a step. */
  void sinkReached(int view, int subtask, long step, RowWeights rows) {
    lock.lock();
    try {
      Slot slot = views.get(view).slots[subtask];
      if (!rows.untouched()) {
        slot.full.add(rows);
      }
      boolean before = slot.reached < awaitedStep;
      slot.reached = Math.max(slot.reached, step);
      if (before && slot.reached >= awaitedStep && --missing == 0) {
        progress.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Lets every waiting call fail with this, now and later; the first reason stays. */
  void fail(DataflowException reason) {
    lock.lock();
    try {
      if (failure == null) {
        failure = reason;
      }
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until every sink subtask and source reader is there.
   *
   * @throws TimeoutException if that takes too long
   */
  void awaitOperators(Duration patience) throws InterruptedException, TimeoutException {
    long nanos = patience.toNanos();
    lock.lock();
    try {
      while (unregisteredViews > 0 || unregisteredSubtasks > 0 || readers < expectedReaders) {
        throwFailure();
        if (nanos <= 0) {
          throw new TimeoutException(
              "%d of %d source readers, and all but %d sinks, came up"
                  .formatted(readers, expectedReaders, unregisteredViews + unregisteredSubtasks));
        }
        nanos = progress.awaitNanos(nanos);
      }
      throwFailure();
    } finally {
      lock.unlock();
    }
  }

  /** To be called before any row of the step is put: {@link #awaitStep} counts from here. */
  void beginStep(long step) {
    lock.lock();
    try {
      awaitedStep = step;
      missing = 0;
      for (ViewPort port : views) {
        for (Slot slot : port.slots) {
          missing += slot.reached < step ? 1 : 0;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until every sink subtask has seen the end of the step.
   *
   * @throws DataflowException if the job died, or the step ends with results that are errors
   */
  void awaitStep() throws InterruptedException {
    lock.lock();
    try {
      while (missing > 0) {
        throwFailure();
        // The timeout only guards against a lost signal; it does not end the wait.
        progress.await(1, TimeUnit.SECONDS);
      }
      throwFailure();
      StepFailures.of(id)
          .check()
          .ifPresent(
              message -> {
                throw new DataflowException(message, null);
              });
    } finally {
      lock.unlock();
    }
  }

  /** Takes the rows that a view's sinks have reported; call it between steps. */
  RowWeights takeOutput(int view) {
    lock.lock();
    try {
      RowWeights all = new RowWeights();
      for (Slot slot : views.get(view).slots) {
        for (RowWeights part = slot.full.poll(); part != null; part = slot.full.poll()) {
          all = all.merge(part);
        }
      }
      return all;
    } finally {
      lock.unlock();
    }
  }

  private void throwFailure() {
    if (failure != null) {
      throw new DataflowException(failure.getMessage(), failure.relation().orElse(null), failure);
    }
  }
}
