package io.weirkeeper.verticles.process;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.deploy.ProcessReport;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts, recognises and ends the pipeline processes of this host. Processes run in a session of
 * their own with their output in files, so that they outlive the controller (SAFETY rule 14).
 * Thread-safe; returned futures complete on the caller's context.
 */
public final class ProcessHost implements DeploymentHost {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessHost.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int REPORT_POLL_MILLIS = 20;
  private static final int EXIT_POLL_MILLIS = 10;
  private static final int WATCH_AGAIN_MILLIS = 1_000;
  private static final int OUTPUT_TAIL_BYTES = 2_000;
  private static final int WORKERS = 8;
  private static final long MIN_HEAP_MEGABYTES = 128;

  private final Vertx vertx;
  private final HostSettings settings;
  private final WorkerExecutor workers;
  private final SpareProcesses spares;
  private final Deque<Promise<Void>> waiting = new ArrayDeque<>();
  private final Map<String, Launch> launches = new ConcurrentHashMap<>();
  private int starting;

  /** The host of one node. */
  public ProcessHost(Vertx vertx, HostSettings settings) {
    this.vertx = vertx;
    this.settings = settings;
    this.workers = vertx.createSharedWorkerExecutor("process-host", WORKERS, 2, TimeUnit.MINUTES);
    this.spares =
        new SpareProcesses(
            vertx, workers, settings, this::isStarting, ProcessHost::availableMemory);
  }

  /** From now on spare processes are kept, as many as the settings say. */
  public void keepSpares() {
    spares.keep();
  }

  /** Ends the processes that have no pipeline; the others stay. */
  public Future<Void> close() {
    return spares.close();
  }

  private synchronized boolean isStarting() {
    return starting > 0;
  }

  /** Persisted id of this host. */
  @Override
  public String hostId() {
    return settings.hostId();
  }

  /** The address that processes listen on. */
  @Override
  public String bindAddress() {
    return settings.bindAddress();
  }

  /** How long a process waits for its first grant. */
  @Override
  public Duration grantTimeout() {
    return settings.grantTimeout();
  }

  /** Working directory of a deployment: logs, report, temporary files. */
  @Override
  public Path workingDirectory(UUID pipelineId, long deploymentNumber) {
    return pipelineDirectory(pipelineId).resolve("deployments").resolve("" + deploymentNumber);
  }

  /** Storage directory of a generation. */
  @Override
  public Path storageDirectory(UUID pipelineId, long generation) {
    return pipelineDirectory(pipelineId).resolve("storage").resolve("" + generation);
  }

  private Path pipelineDirectory(UUID pipelineId) {
    return settings.directory().resolve(pipelineId.toString());
  }

  /** Where a deployment's process reports. */
  public static Path reportFile(Path workingDirectory) {
    return workingDirectory.resolve("process.json");
  }

  /** The file that takes what a deployment's JVM prints. */
  public static Path outputFile(Path workingDirectory) {
    return workingDirectory.resolve("output.log");
  }

  /**
   * Starts a process and waits until it has told who it is. The process is inert until it is
   * granted a lease.
   *
   * @param spec the deployment; its directories are made here
   * @param startTimeout from the fork to the report
   * @return the report; fails with {@link StartRefusedException} when the host is short of memory,
   *     too many starts wait, the JVM ends or the time is over (then it is killed)
   */
  @Override
  public Future<ProcessReport> launch(DeploymentSpec spec, Duration startTimeout) {
    String key = key(spec.pipelineId(), spec.deploymentNumber());
    Launch launch = new Launch();
    launches.put(key, launch);
    return enter()
        .compose(
            entered ->
                workers
                    .executeBlocking(() -> start(spec, launch), false)
                    .compose(forked -> awaitReport(spec, launch, forked, startTimeout))
                    .onComplete(done -> leave()))
        .onComplete(done -> launches.remove(key, launch));
  }

  private static String key(UUID pipelineId, long deploymentNumber) {
    return pipelineId + "/" + deploymentNumber;
  }

  /** A start under way, so that it can be called off. */
  private static final class Launch {
    private Process process;
    private boolean cancelled;

    synchronized Process fork(ProcessBuilder builder) throws IOException {
      if (cancelled) {
        throw new StartRefusedException("the start was called off", false);
      }
      process = builder.start();
      return process;
    }

    synchronized void take(Process spare) throws IOException {
      if (cancelled) {
        throw new IOException("the start was called off");
      }
      process = spare;
    }

    synchronized void cancel() {
      cancelled = true;
      if (process != null) {
        process.destroyForcibly();
      }
    }
  }

  private synchronized Future<Void> enter() {
    if (starting < settings.maxConcurrentStarts()) {
      starting++;
      return Future.succeededFuture();
    }
    if (waiting.size() >= settings.maxQueuedStarts()) {
      return Future.failedFuture(
          new StartRefusedException(
              "too many pipelines wait for their start on this host (limit "
                  + settings.maxQueuedStarts()
                  + "); start it again later",
              false));
    }
    Promise<Void> turn = Promise.promise();
    waiting.add(turn);
    return turn.future();
  }

  private void leave() {
    Promise<Void> next;
    synchronized (this) {
      next = waiting.poll();
      if (next == null) {
        starting--;
      }
    }
    if (next != null) {
      next.complete();
    }
  }

  /**
   * A process that has its deployment.
   *
   * @param warm whether it was a spare one
   */
  private record Forked(Process process, boolean warm) {}

  private Forked start(DeploymentSpec spec, Launch launch) throws IOException {
    long available = availableMemory();
    if (available < settings.minFreeMemoryBytes()) {
      throw new StartRefusedException(
          "this host has "
              + (available >> 20)
              + " MiB of memory available, a pipeline process needs "
              + (settings.minFreeMemoryBytes() >> 20)
              + " MiB; stop other pipelines or add memory, then start it again",
          false);
    }
    Fork.createPrivate(Path.of(spec.storageDirectory()));
    Files.deleteIfExists(Path.of(spec.reportFile()));
    Optional<Forked> warm = suitsSpare(spec) ? handOver(spec, launch) : Optional.empty();
    return warm.isPresent() ? warm.get() : startCold(spec, launch);
  }

  private Forked startCold(DeploymentSpec spec, Launch launch) throws IOException {
    ProcessBuilder builder =
        Fork.builder(
            settings,
            Path.of(spec.workingDirectory()),
            heapMegabytes(spec),
            List.of("-Dweirkeeper.pipeline=" + spec.pipelineId()),
            spec.runtimeConfig().path("env"));
    Process process = launch.fork(builder);
    try {
      deploy(spec, process);
    } catch (IOException e) {
      LOG.warn(
          "Pipeline process {} of {} closed its input early: {}",
          process.pid(),
          spec,
          e.toString());
    }
    return new Forked(process, false);
  }

  private static void deploy(DeploymentSpec spec, Process process) throws IOException {
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(JSON.writeValueAsBytes(spec));
    }
  }

  /** A spare process has the default heap and an environment of nobody's. */
  private boolean suitsSpare(DeploymentSpec spec) {
    return heapMegabytes(spec) == settings.heapBytes() >> 20
        && spec.runtimeConfig().path("env").isEmpty();
  }

  /**
   * Makes a spare process the deployment's. Its directory becomes the working directory, and what
   * it printed goes along.
   *
   * @return empty if there is none, or it is gone
   */
  private Optional<Forked> handOver(DeploymentSpec spec, Launch launch) throws IOException {
    Optional<SpareProcesses.Spare> taken = spares.take();
    if (taken.isEmpty()) {
      return Optional.empty();
    }
    SpareProcesses.Spare spare = taken.get();
    try {
      Path working = Path.of(spec.workingDirectory());
      Fork.createPrivate(working.getParent());
      launch.take(spare.process());
      Files.move(spare.directory(), working, StandardCopyOption.ATOMIC_MOVE);
      deploy(spec, spare.process());
      return Optional.of(new Forked(spare.process(), true));
    } catch (IOException e) {
      LOG.warn("Spare process {} can't be used: {}", spare.process().pid(), e.toString());
      // Not before it is gone: two processes would write the same report.
      spares.end(spare);
      return Optional.empty();
    }
  }

  /**
   * Heap of a pipeline JVM: what the pipeline's memory limit leaves for it, else the node's
   * default.
   */
  private long heapMegabytes(DeploymentSpec spec) {
    long limit = spec.runtimeConfig().at("/resources/memory_mb_max").asLong(0);
    if (limit <= 0) {
      limit = spec.runtimeConfig().path("max_rss_mb").asLong(0);
    }
    if (limit > 0) {
      return Math.max(MIN_HEAP_MEGABYTES, limit * 3 / 5);
    }
    return settings.heapBytes() >> 20;
  }

  /** A spare process that does not live to report is no failure of the deployment. */
  private Future<ProcessReport> awaitReport(
      DeploymentSpec spec, Launch launch, Forked forked, Duration startTimeout) {
    Future<ProcessReport> reported = awaitReport(spec, forked.process(), startTimeout);
    return forked.warm()
        ? reported.recover(
            cause -> {
              if (forked.process().isAlive()
                  || !(cause instanceof StartRefusedException refused)
                  || refused.isTimeout()) {
                return Future.failedFuture(cause);
              }
              LOG.warn("The spare process of {} is of no use: {}", spec, cause.getMessage());
              return workers
                  .executeBlocking(() -> startCold(spec, launch), false)
                  .compose(cold -> awaitReport(spec, cold.process(), startTimeout));
            })
        : reported;
  }

  private Future<ProcessReport> awaitReport(
      DeploymentSpec spec, Process process, Duration startTimeout) {
    Promise<ProcessReport> promise = Promise.promise();
    long deadline = System.nanoTime() + startTimeout.toNanos();
    pollReport(spec, process, deadline, startTimeout, promise);
    return promise.future();
  }

  private void pollReport(
      DeploymentSpec spec,
      Process process,
      long deadline,
      Duration startTimeout,
      Promise<ProcessReport> promise) {
    workers
        .executeBlocking(
            () -> {
              try {
                return JSON.readValue(
                    Files.readAllBytes(Path.of(spec.reportFile())), ProcessReport.class);
              } catch (NoSuchFileException e) {
                return null;
              }
            },
            false)
        .onComplete(
            read -> {
              if (read.failed()) {
                process.destroyForcibly();
                promise.fail(read.cause());
              } else if (read.result() != null) {
                promise.complete(read.result());
              } else if (!process.isAlive()) {
                promise.fail(
                    new StartRefusedException(
                        "the pipeline process ended with exit code "
                            + process.exitValue()
                            + " before it was ready; it printed: "
                            + outputTail(Path.of(spec.workingDirectory())),
                        false));
              } else if (System.nanoTime() > deadline) {
                process.destroyForcibly();
                promise.fail(
                    new StartRefusedException(
                        "the pipeline process was not ready within "
                            + startTimeout.toSeconds()
                            + " s",
                        true));
              } else {
                vertx.setTimer(
                    REPORT_POLL_MILLIS,
                    timer -> pollReport(spec, process, deadline, startTimeout, promise));
              }
            });
  }

  static String outputTail(Path workingDirectory) {
    try (RandomAccessFile file = new RandomAccessFile(outputFile(workingDirectory).toFile(), "r")) {
      long from = Math.max(0, file.length() - OUTPUT_TAIL_BYTES);
      file.seek(from);
      byte[] bytes = new byte[(int) (file.length() - from)];
      file.readFully(bytes);
      String text = new String(bytes, StandardCharsets.UTF_8).strip();
      return text.isEmpty() ? "nothing" : text;
    } catch (IOException e) {
      return "nothing that could be read";
    }
  }

  /** Whether exactly this process runs on this host. */
  @Override
  public Future<Boolean> exists(ProcessReport report) {
    return workers.executeBlocking(() -> ProcessIdentity.exists(report), false);
  }

  /** Whether the process of a deployment had saved its state and ended its work when it ended. */
  @Override
  public Future<Boolean> leftSuspended(UUID pipelineId, long deploymentNumber) {
    Path mark =
        workingDirectory(pipelineId, deploymentNumber).resolve(DeploymentSpec.SUSPENDED_FILE);
    return workers.executeBlocking(() -> Files.exists(mark), false);
  }

  /**
   * Completes when the process has ended, however it did. Costs one waiting thread of the JDK per
   * process.
   */
  @Override
  public Future<Void> whenGone(ProcessReport report) {
    Promise<Void> gone = Promise.promise();
    watch(report, vertx.getOrCreateContext(), gone);
    return gone.future();
  }

  /** Only proof counts: an end that was told is looked at, a look that failed is tried again. */
  private void watch(ProcessReport report, Context caller, Promise<Void> gone) {
    Future<Boolean> look;
    try {
      look = exists(report);
    } catch (RejectedExecutionException closed) {
      // This node stops: nobody waits for the answer.
      return;
    }
    look.onSuccess(
            exists -> {
              if (!exists) {
                gone.complete();
                return;
              }
              ProcessHandle.of(report.pid())
                  .ifPresentOrElse(
                      handle ->
                          handle
                              .onExit()
                              .thenRun(
                                  () -> caller.runOnContext(now -> watch(report, caller, gone))),
                      () -> watchLater(report, caller, gone));
            })
        .onFailure(
            cause -> {
              LOG.warn("Cannot look for process {}: {}", report.pid(), cause.toString());
              watchLater(report, caller, gone);
            });
  }

  private void watchLater(ProcessReport report, Context caller, Promise<Void> gone) {
    vertx.setTimer(
        WATCH_AGAIN_MILLIS, timer -> caller.runOnContext(now -> watch(report, caller, gone)));
  }

  /**
   * Ends a process at once and proves that it is gone.
   *
   * @return completes when it is gone; fails when it is not gone within the kill timeout
   */
  @Override
  public Future<Void> kill(ProcessReport report) {
    return workers
        .executeBlocking(
            () -> {
              if (ProcessIdentity.exists(report)) {
                ProcessHandle.of(report.pid()).ifPresent(ProcessHandle::destroyForcibly);
              }
              return null;
            },
            false)
        .compose(
            sent -> {
              Promise<Void> gone = Promise.promise();
              pollGone(report, System.nanoTime() + settings.killTimeout().toNanos(), gone);
              return gone.future();
            });
  }

  private void pollGone(ProcessReport report, long deadline, Promise<Void> gone) {
    // The workers throw when the node is being closed.
    Future.succeededFuture(report)
        .compose(this::exists)
        .onFailure(gone::tryFail)
        .onSuccess(
            exists -> {
              if (!exists) {
                gone.complete();
              } else if (System.nanoTime() > deadline) {
                gone.fail(
                    new StartRefusedException(
                        "process "
                            + report.pid()
                            + " was killed but has not ended within "
                            + settings.killTimeout().toSeconds()
                            + " s",
                        true));
              } else {
                vertx.setTimer(EXIT_POLL_MILLIS, timer -> pollGone(report, deadline, gone));
              }
            });
  }

  /**
   * The process of a deployment that may have been forked but was never recorded: a start under way
   * is called off, a process that has reported is killed; any other ends itself, because nobody
   * will grant it a lease.
   */
  @Override
  public Future<Void> killUnrecorded(UUID pipelineId, long deploymentNumber) {
    Launch launch = launches.get(key(pipelineId, deploymentNumber));
    if (launch != null) {
      launch.cancel();
    }
    Path report = reportFile(workingDirectory(pipelineId, deploymentNumber));
    return workers
        .executeBlocking(
            () ->
                Files.exists(report)
                    ? JSON.readValue(Files.readAllBytes(report), ProcessReport.class)
                    : null,
            false)
        .compose(found -> found == null ? Future.succeededFuture() : kill(found));
  }

  /** Removes all storage generations of a pipeline below one; idempotent. */
  @Override
  public Future<Void> removeStorage(UUID pipelineId, long belowGeneration) {
    return workers.executeBlocking(
        () -> {
          Path root = pipelineDirectory(pipelineId).resolve("storage");
          for (Path generation : children(root)) {
            if (Long.parseLong(generation.getFileName().toString()) < belowGeneration) {
              removeTree(generation);
            }
          }
          return null;
        },
        false);
  }

  /** Removes everything of a deleted pipeline. */
  @Override
  public Future<Void> removePipeline(UUID pipelineId) {
    return workers.executeBlocking(
        () -> {
          removeTree(pipelineDirectory(pipelineId));
          return null;
        },
        false);
  }

  /** Removes the working directories of all deployments below one. */
  @Override
  public Future<Void> removeDeployments(UUID pipelineId, long belowNumber) {
    return workers.executeBlocking(
        () -> {
          for (Path deployment : children(pipelineDirectory(pipelineId).resolve("deployments"))) {
            if (Long.parseLong(deployment.getFileName().toString()) < belowNumber) {
              removeTree(deployment);
            }
          }
          return null;
        },
        false);
  }

  /**
   * The processes that left a report on this host, alive or not.
   *
   * @return one entry a report
   */
  public Future<List<Found>> found() {
    return workers.executeBlocking(
        () -> {
          List<Found> found = new ArrayList<>();
          for (Path pipeline : children(settings.directory())) {
            for (Path deployment : children(pipeline.resolve("deployments"))) {
              Path report = reportFile(deployment);
              if (Files.exists(report)) {
                found.add(
                    new Found(
                        UUID.fromString(pipeline.getFileName().toString()),
                        Long.parseLong(deployment.getFileName().toString()),
                        JSON.readValue(Files.readAllBytes(report), ProcessReport.class)));
              }
            }
          }
          return found;
        },
        false);
  }

  /**
   * A process that left a report.
   *
   * @param pipelineId its pipeline
   * @param deploymentNumber its deployment
   * @param report who it is
   */
  public record Found(UUID pipelineId, long deploymentNumber, ProcessReport report) {}

  private static List<Path> children(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.list(directory)) {
      return paths.toList();
    }
  }

  static void removeTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  private static long availableMemory() {
    return memory("MemAvailable");
  }

  private static long memory(String key) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/meminfo"))) {
      return lines
          .filter(line -> line.startsWith(key + ":"))
          .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst()
          .orElse(Long.MAX_VALUE);
    } catch (IOException e) {
      return Long.MAX_VALUE;
    }
  }
}
