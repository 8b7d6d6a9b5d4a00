package io.weirkeeper.engine.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.engine.flow.Dataflow;
import io.weirkeeper.engine.flow.DataflowException;
import io.weirkeeper.engine.flow.SavedState;
import io.weirkeeper.engine.journal.Journal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes checkpoints of a running dataflow: when asked, at an interval, and when the journal has
 * grown. One at a time; requests that come while one is made share the next.
 */
public final class Checkpointer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Checkpointer.class);

  /** Bytes of the journal that cause a checkpoint, after which most of them can go. */
  public static final long MAX_JOURNAL_BYTES = 1L << 30;

  /** How often the journal's size is looked at. */
  private static final Duration JOURNAL_WATCH = Duration.ofSeconds(2);

  private static final int ATTEMPTS = 3;

  private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);

  private final Checkpoints checkpoints;
  private final Dataflow dataflow;
  private final Journal journal;
  private final Callable<JsonNode> connectors;
  private final Duration interval;
  private final Thread thread;

  // Guarded by this.
  private final List<Waiter> waiters = new ArrayList<>();
  private long requested;
  private long finished;
  private Long success;
  private Failure failure;
  private Instant startedAt;
  private boolean closed;

  /**
   * The last checkpoint that failed.
   *
   * @param number as {@link #request} gave it
   * @param error why
   */
  public record Failure(long number, String error, Instant failedAt) {}

  /**
   * What has come of the checkpoints.
   *
   * @param success number of the last one that was made; null before the first
   * @param failure the last failure; null if there was none
   * @param startedAt since when one is being made; null if none is
   */
  public record Status(Long success, Failure failure, Instant startedAt) {}

  private record Waiter(long number, CompletableFuture<Manifest> done) {}

  /**
   * Begins to make checkpoints.
   *
   * @param journal of the dataflow; null if it has none
   * @param connectors where the connectors stand; called between two steps
   * @param interval between the ends of two; null to make none unasked
   */
  public Checkpointer(
      Checkpoints checkpoints,
      Dataflow dataflow,
      Journal journal,
      Callable<JsonNode> connectors,
      Duration interval) {
    this.checkpoints = checkpoints;
    this.dataflow = dataflow;
    this.journal = journal;
    this.connectors = connectors;
    this.interval = interval;
    this.thread = new Thread(this::run, "weirkeeper-checkpoint");
    this.thread.setDaemon(true);
    this.thread.start();
  }

  /** Asks for a checkpoint that begins from now on; returns its number. */
  public synchronized long request() {
    requested++;
    notifyAll();
    return requested;
  }

  /** Asks for a checkpoint; completes when it is complete, or fails with the reason. */
  public synchronized CompletableFuture<Manifest> make() {
    CompletableFuture<Manifest> done = new CompletableFuture<>();
    if (closed) {
      done.completeExceptionally(new IOException("the pipeline is ending"));
      return done;
    }
    waiters.add(new Waiter(request(), done));
    return done;
  }

  /** What has come of the checkpoints. */
  public synchronized Status status() {
    return new Status(success, failure, startedAt);
  }

  /** The complete checkpoints, the newest last. */
  public List<Manifest> all() {
    return checkpoints.all();
  }

  private void run() {
    try {
      while (true) {
        long number = awaitTurn();
        if (number < 0) {
          return;
        }
        Manifest manifest = null;
        String error = null;
        try {
          manifest = makeOne();
        } catch (IOException | RuntimeException e) {
          error = e.getMessage() == null ? e.toString() : e.getMessage();
        } catch (ExecutionException e) {
          error = e.getCause().getMessage() == null ? e.toString() : e.getCause().getMessage();
        }
        done(number, Optional.ofNullable(manifest), error);
      }
    } catch (InterruptedException e) {
      LOG.debug("no more checkpoints", e);
    }
  }

  /** Waits for a reason to make one; returns the newest number asked for, or -1 at the end. */
  private synchronized long awaitTurn() throws InterruptedException {
    long begin = System.nanoTime();
    Duration pause = failure != null && isLast(failure.number()) ? AFTER_FAILURE : Duration.ZERO;
    while (!closed) {
      Duration passed = Duration.ofNanos(System.nanoTime() - begin);
      boolean due = interval != null && passed.compareTo(interval) >= 0;
      boolean grown = passed.compareTo(pause) >= 0 && journalHasGrown();
      if (requested > finished || due || grown) {
        if (requested == finished) {
          requested++;
        }
        startedAt = Instant.now();
        return requested;
      }
      wait(JOURNAL_WATCH.toMillis());
    }
    return -1;
  }

  private boolean isLast(long number) {
    return success == null || success < number;
  }

  private boolean journalHasGrown() {
    try {
      return journal != null && journal.bytes() > MAX_JOURNAL_BYTES;
    } catch (IOException e) {
      LOG.warn("The size of the journal can't be read: {}", e.toString());
      return false;
    }
  }

  /**
   * Makes one, if need be on the second attempt: a task of Flink that ends at the very moment, as a
   * constant view's does soon after the start, spoils it.
   */
  private Manifest makeOne() throws IOException, InterruptedException, ExecutionException {
    for (int attempt = 1; ; attempt++) {
      try {
        return attempt();
      } catch (ExecutionException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
        LOG.info("A checkpoint failed and is tried again at once: {}", e.getCause().toString());
      }
    }
  }

  private Manifest attempt() throws IOException, InterruptedException, ExecutionException {
    long begin = System.nanoTime();
    Path place = checkpoints.begin();
    try {
      JsonNode[] positions = new JsonNode[1];
      SavedState state =
          dataflow
              .save(
                  place,
                  () -> {
                    positions[0] = connectors.call();
                    return null;
                  })
              .get();
      Manifest manifest = checkpoints.complete(state, positions[0]);
      if (journal != null) {
        journal.deleteBefore(checkpoints.oldestSegment());
      }
      LOG.info(
          "Checkpoint {} of step {}: {} bytes in {} ms",
          manifest.number(),
          manifest.step(),
          manifest.bytes(),
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
      return manifest;
    } catch (IOException | ExecutionException | DataflowException e) {
      checkpoints.abandon(place);
      throw e;
    }
  }

  private void done(long number, Optional<Manifest> manifest, String error) {
    List<Waiter> served = new ArrayList<>();
    synchronized (this) {
      finished = number;
      startedAt = null;
      if (manifest.isPresent()) {
        success = number;
      } else {
        LOG.error("Checkpoint {} failed: {}", number, error);
        failure = new Failure(number, error, Instant.now());
      }
      for (Waiter waiter : waiters) {
        if (waiter.number() <= number) {
          served.add(waiter);
        }
      }
      waiters.removeAll(served);
    }
    for (Waiter waiter : served) {
      manifest.ifPresentOrElse(
          waiter.done()::complete,
          () -> waiter.done().completeExceptionally(new IOException(error)));
    }
  }

  /** Makes no more; one that is being made is left unfinished. */
  @Override
  public void close() {
    List<Waiter> open;
    synchronized (this) {
      closed = true;
      open = List.copyOf(waiters);
      waiters.clear();
      notifyAll();
    }
    thread.interrupt();
    open.forEach(w -> w.done().completeExceptionally(new IOException("the pipeline is ending")));
  }
}
