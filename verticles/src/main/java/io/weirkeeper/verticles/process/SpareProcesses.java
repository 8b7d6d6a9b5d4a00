package io.weirkeeper.verticles.process;

import com.fasterxml.jackson.databind.node.MissingNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps pipeline processes that were started before they are needed, warm and without a pipeline. A
 * spare one has no port, no storage and no right to run; it ends when its standard input does, and
 * so with its controller. It becomes a pipeline's process by a deployment on its standard input, as
 * any other does.
 *
 * <p>One that was used is replaced when no start is under way and memory is free. Blocks: for
 * worker threads.
 */
final class SpareProcesses {
  private static final Logger LOG = LoggerFactory.getLogger(SpareProcesses.class);

  /** How often it is looked after them. */
  private static final Duration TEND = Duration.ofMillis(500);

  /** After a start, so that one that follows closely has the processors for itself. */
  private static final Duration QUIET = Duration.ofSeconds(1);

  /** A process that is not warm by then is given up. */
  private static final Duration WARM_LIMIT = Duration.ofMinutes(2);

  /** After one that ended by itself, the next is not tried earlier. */
  private static final Duration AFTER_FAILURE = Duration.ofMinutes(1);

  /** Memory of an idle one; it is left free beside what a start needs, or none is made. */
  private static final long IDLE_BYTES = 400L << 20;

  private static final String READY_FILE = "ready";

  private final Vertx vertx;
  private final WorkerExecutor workers;
  private final HostSettings settings;
  private final BooleanSupplier starting;
  private final LongSupplier availableBytes;
  private final Path root;
  private final List<Spare> spares = new ArrayList<>();
  private long notBefore = System.nanoTime();
  private long timer = -1;
  private boolean closed;

  /**
   * A process without a pipeline.
   *
   * @param directory its current directory
   * @param forkedNanos when it was started
   */
  record Spare(Path directory, Process process, long forkedNanos) {
    boolean isReady() {
      return process.isAlive() && Files.exists(directory.resolve(READY_FILE));
    }
  }

  /**
   * None yet.
   *
   * @param starting whether a start is under way on this host
   * @param availableBytes memory that is free on this host
   */
  SpareProcesses(
      Vertx vertx,
      WorkerExecutor workers,
      HostSettings settings,
      BooleanSupplier starting,
      LongSupplier availableBytes) {
    this.vertx = vertx;
    this.workers = workers;
    this.settings = settings;
    this.starting = starting;
    this.availableBytes = availableBytes;
    this.root = settings.directory().resolve("spare");
  }

  /** Begins to keep them, and removes what earlier controllers' left. */
  synchronized void keep() {
    if (closed || timer >= 0 || settings.spareProcesses() == 0) {
      return;
    }
    var unused = workers.executeBlocking(this::removeLeft, true);
    timer =
        vertx.setPeriodic(
            TEND.toMillis(),
            tick -> {
              var tended =
                  workers
                      .executeBlocking(this::tend, true)
                      .onFailure(
                          cause -> LOG.warn("No spare pipeline process: {}", cause.toString()));
            });
  }

  /** Takes one that is warm and alive, if there is one; it is no longer kept here. */
  synchronized Optional<Spare> take() {
    Optional<Spare> ready = spares.stream().filter(Spare::isReady).findFirst();
    ready.ifPresent(spares::remove);
    return ready;
  }

  private synchronized Void removeLeft() throws IOException {
    if (spares.isEmpty()) {
      ProcessHost.removeTree(root);
    }
    return null;
  }

  private synchronized Void tend() throws IOException {
    if (closed) {
      return null;
    }
    long now = System.nanoTime();
    if (starting.getAsBoolean()) {
      notBefore = Math.max(notBefore, now + QUIET.toNanos());
    }
    for (Spare spare : List.copyOf(spares)) {
      boolean late = now - spare.forkedNanos() > WARM_LIMIT.toNanos() && !spare.isReady();
      if (late || !spare.process().isAlive()) {
        LOG.warn(
            "Spare pipeline process {} {}; it printed: {}",
            spare.process().pid(),
            late
                ? "was not warm within " + WARM_LIMIT.toSeconds() + " s"
                : "ended with exit code " + spare.process().exitValue(),
            ProcessHost.outputTail(spare.directory()));
        spares.remove(spare);
        end(spare);
        notBefore = now + AFTER_FAILURE.toNanos();
      }
    }
    if (spares.size() < settings.spareProcesses()
        && now - notBefore >= 0
        && availableBytes.getAsLong() >= settings.minFreeMemoryBytes() + IDLE_BYTES) {
      spares.add(fork());
    }
    return null;
  }

  private Spare fork() throws IOException {
    String name = UUID.randomUUID().toString();
    Path directory = root.resolve(name);
    List<String> options = new ArrayList<>(settings.spareOptions());
    options.add("-Dweirkeeper.spare=" + name);
    ProcessBuilder builder =
        Fork.builder(
            settings, directory, settings.heapBytes() >> 20, options, MissingNode.getInstance());
    return new Spare(directory, builder.start(), System.nanoTime());
  }

  /** Ends one and waits until it is gone; its directory goes too. */
  void end(Spare spare) throws IOException {
    spare.process().destroyForcibly();
    try {
      if (!spare.process().waitFor(settings.killTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException(
            "spare process "
                + spare.process().pid()
                + " was killed but has not ended within "
                + settings.killTimeout().toSeconds()
                + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while a spare process ended", e);
    }
    try {
      ProcessHost.removeTree(spare.directory());
    } catch (IOException | UncheckedIOException e) {
      LOG.info("{} stays until the next start: {}", spare.directory(), e.toString());
    }
  }

  /** Ends all of them, for good. */
  Future<Void> close() {
    return workers.executeBlocking(
        () -> {
          synchronized (this) {
            closed = true;
            vertx.cancelTimer(timer);
            for (Spare spare : spares) {
              end(spare);
            }
            spares.clear();
          }
          return null;
        },
        false);
  }
}
