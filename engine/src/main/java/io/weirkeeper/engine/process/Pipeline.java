package io.weirkeeper.engine.process;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.plan.PipelineDiff;
import io.weirkeeper.core.plan.ProgramChange;
import io.weirkeeper.engine.checkpoint.CheckpointException;
import io.weirkeeper.engine.checkpoint.Lineage;
import io.weirkeeper.engine.connector.ConnectorException;
import io.weirkeeper.engine.connector.ConnectorPositions;
import io.weirkeeper.engine.connector.Connectors;
import io.weirkeeper.engine.flow.Bootstrap;
import io.weirkeeper.engine.flow.Dataflow;
import io.weirkeeper.engine.flow.DataflowException;
import io.weirkeeper.engine.flow.DataflowSettings;
import io.weirkeeper.engine.flow.InputEndpoint;
import io.weirkeeper.engine.flow.JobCache;
import io.weirkeeper.engine.flow.Relation;
import io.weirkeeper.engine.flow.ViewRow;
import io.weirkeeper.engine.flow.WeightedRow;
import io.weirkeeper.engine.format.FormatException;
import io.weirkeeper.engine.format.RowFormat;
import io.weirkeeper.engine.store.AdHocQueryException;
import io.weirkeeper.engine.store.AdHocResult;
import io.weirkeeper.engine.store.AdHocStore;
import io.weirkeeper.engine.store.StoreSettings;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.flink.table.data.GenericRowData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pipeline inside this process, from birth to its end: it is planned at once, starts when
 * granted, then runs or pauses until its job fails or the process ends.
 */
final class Pipeline {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  /** Workers when the configuration names none. */
  private static final int DEFAULT_WORKERS = 1;

  /** System property with the directory of programs that were planned before. */
  private static final String PLANNED_JOBS = "weirkeeper.planned-jobs";

  /** Where libraries unpack themselves: fixed when the JVM starts. */
  static final Path JVM_TEMPORARY_DIRECTORY = Path.of(System.getProperty("java.io.tmpdir"));

  private static final String SUSPENDING = "Pipeline is suspending";

  private enum Phase {
    INITIALIZING,
    AWAITING_APPROVAL,
    BOOTSTRAPPING,
    REPLAYING,
    UP,
    SUSPENDING,
    SUSPENDED,
    FAILED_TO_START,
    DIED
  }

  /** Phases beside {@link Phase#UP} that have a runtime status of their own. */
  private static final Set<Phase> TOLD =
      EnumSet.of(
          Phase.AWAITING_APPROVAL,
          Phase.BOOTSTRAPPING,
          Phase.REPLAYING,
          Phase.SUSPENDING,
          Phase.SUSPENDED);

  private final DeploymentSpec spec;
  private final UUID instance;
  private final Path temporaryDirectory;
  private final long startMillis = System.currentTimeMillis();
  private final long startNanos = System.nanoTime();
  private final CompletableFuture<Void> granted = new CompletableFuture<>();
  private final CompletableFuture<Void> died = new CompletableFuture<>();

  private volatile Phase phase = Phase.INITIALIZING;
  private volatile ApiError failure;
  private volatile Dataflow dataflow;
  private volatile AdHocStore store;
  private volatile Map<String, RowFormat> formats = Map.of();
  private volatile Connectors connectors;
  private volatile long upNanos;
  private final Durable durable;
  private final CompletableFuture<Void> approved = new CompletableFuture<>();
  private volatile boolean silentBootstrap;
  private boolean desiredRunning;

  Pipeline(DeploymentSpec spec, UUID instance, Path temporaryDirectory) {
    this.spec = spec;
    this.instance = instance;
    this.temporaryDirectory = temporaryDirectory;
    this.desiredRunning = !"paused".equals(spec.initial());
    this.durable = new Durable(spec);
    this.silentBootstrap = spec.silentBootstrap();
  }

  DeploymentSpec spec() {
    return spec;
  }

  UUID instance() {
    return instance;
  }

  /** Wall clock at birth, milliseconds since the epoch. */
  long startMillis() {
    return startMillis;
  }

  long uptimeMillis() {
    return (System.nanoTime() - startNanos) / 1_000_000;
  }

  /** Milliseconds since the pipeline came up; 0 before. */
  long upMillis() {
    return upNanos == 0 ? 0 : (System.nanoTime() - upNanos) / 1_000_000;
  }

  /** Plans and brings Flink up on a thread of its own, then waits there for the grant. */
  void prepare() {
    Thread thread = new Thread(this::bringUp, "bring-up");
    thread.setDaemon(true);
    thread.start();
  }

  /** Lets the pipeline run; only the first call has an effect. */
  void grant() {
    granted.complete(null);
  }

  private void bringUp() {
    try {
      durable.look();
      requireApproval();
      durable.open();
      store = AdHocStore.open(spec.plan(), storeSettings(), durable.storeFiles());
      Dataflow opened =
          Dataflow.open(
              spec.plan(),
              dataflowSettings(),
              store,
              plannedJobs(),
              durable.durability(new Bootstrap(silentBootstrap, this::rowsOf)));
      dataflow = opened;
      Map<String, RowFormat> byName = new HashMap<>();
      for (Relation relation : opened.relations()) {
        byName.put(relation.name(), RowFormat.of(relation));
      }
      formats = Map.copyOf(byName);
      LOG.info("Planned {} tables and views in {} ms", byName.size(), uptimeMillis());
      granted.join();
      if (durable.change().isPresent()) {
        moveOn(Phase.INITIALIZING, Phase.BOOTSTRAPPING);
      }
      connectors = openConnectors(opened);
      synchronized (this) {
        if (!desiredRunning) {
          opened.steps().pause();
        }
      }
      opened.start();
      var unused = opened.failure().thenAccept(this::died);
      if (durable.restores() && !opened.replayed().isDone()) {
        moveOn(Phase.INITIALIZING, Phase.REPLAYING);
      }
      if (!replayed(opened)) {
        return; // The dataflow has failed, and says why by itself.
      }
      connectors.restored();
      Connectors running = connectors;
      durable.started(opened, () -> Replies.JSON.valueToTree(running.positions()));
      if (durable.change().isPresent()) {
        // Until this is there, a crash leads back to the former program's state.
        durable.checkpointer().make().join();
        opened.goOn();
      }
      if (moveOn(Phase.INITIALIZING, Phase.UP)
          || moveOn(Phase.REPLAYING, Phase.UP)
          || moveOn(Phase.BOOTSTRAPPING, Phase.UP)) {
        upNanos = System.nanoTime();
        beginConnectors();
        LOG.info("Transition: Initializing -> {} after {} ms", runtimeStatus(), uptimeMillis());
      }
      MemoryWatch.start(memoryLimitBytes() / 1_000_000, message -> exhausted(opened, message));
      // Planning leaves garbage that an idle pipeline would keep for good.
      System.gc();
      unlinkLibraries();
    } catch (ApiError e) {
      failedToStart(e);
    } catch (ConnectorException e) {
      failedToStart(
          new ApiError(500, e.errorCode(), "The pipeline could not start: " + e.getMessage()));
    } catch (CheckpointException e) {
      failedToStart(
          switch (e.reason()) {
            case PROGRAM_CHANGED -> new ApiError(409, "BootstrapRejected", e.getMessage());
            case UNREADABLE -> new ApiError(500, "CheckpointParseError", e.getMessage());
            case UNWRITABLE -> new ApiError(500, "StorageError", e.getMessage());
          });
    } catch (RuntimeException | Error e) {
      LOG.error("The pipeline could not be started", e);
      failedToStart(
          new ApiError(500, "InitializationError", "The pipeline could not start: " + cause(e)));
    }
  }

  /**
   * Passes when the program is the one whose state is there, or may take that state over.
   *
   * @throws ApiError 409 BootstrapRejected if it may not, or can't
   */
  private void requireApproval() {
    ProgramChange change = durable.change().orElse(null);
    if (change == null) {
      return;
    }
    if (!change.obstacles().isEmpty()) {
      throw rejected(
          "The changed program can't go on from the state of the former one. "
              + String.join(". ", change.obstacles())
              + ". Materialize the table from the beginning, or",
          change);
    }
    switch (spec.bootstrapPolicy() == null ? "await_approval" : spec.bootstrapPolicy()) {
      case "allow" -> LOG.info("The program has changed: {}", shown(change));
      case "reject" ->
          throw rejected(
              "The program has changed since its state was saved, and the pipeline was started with"
                  + " bootstrap_policy=reject. Start it with another policy, or",
              change);
      default -> {
        granted.join();
        if (moveOn(Phase.INITIALIZING, Phase.AWAITING_APPROVAL)) {
          LOG.info("Transition: Initializing -> AwaitingApproval: {}", shown(change));
        }
        approved.join();
      }
    }
  }

  private static ApiError rejected(String why, ProgramChange change) {
    return new ApiError(
        409,
        "BootstrapRejected",
        why
            + " put the former program back, or clear the storage (which deletes the state). Nothing"
            + " has been touched",
        Map.of("approval_diff", Replies.JSON.convertValue(change.diff(), Map.class)));
  }

  private static JsonNode shown(ProgramChange change) {
    return Replies.JSON.valueToTree(change.diff());
  }

  /** What waits for approval; empty when nothing does. */
  Optional<PipelineDiff> awaitsApproval() {
    return phase == Phase.AWAITING_APPROVAL
        ? durable.change().map(ProgramChange::diff)
        : Optional.empty();
  }

  /**
   * Lets a changed program take the state of the former one over; again without effect.
   *
   * @param silent whether outputs are not told what new views are filled with
   * @throws ApiError 400 if nothing awaits approval
   */
  synchronized void approve(boolean silent) {
    if (approved.isDone()) {
      return;
    }
    if (phase != Phase.AWAITING_APPROVAL) {
      requireStatus();
      throw new ApiError(
          400, "InvalidTransition", "The pipeline does not await approval of a changed program");
    }
    silentBootstrap |= silent;
    phase = Phase.BOOTSTRAPPING;
    LOG.info("Transition: AwaitingApproval -> Bootstrapping");
    approved.complete(null);
  }

  private synchronized void failedToStart(ApiError why) {
    LOG.error("The pipeline could not be started: {}", why.getMessage());
    failure = why;
    phase = Phase.FAILED_TO_START;
  }

  private synchronized boolean moveOn(Phase from, Phase to) {
    if (phase != from) {
      return false;
    }
    phase = to;
    return true;
  }

  /** Waits until the journal has been run again, however long that takes. */
  private static boolean replayed(Dataflow flow) {
    try {
      flow.replayed().join();
      return true;
    } catch (CompletionException e) {
      return false;
    }
  }

  /** What outlives the process. */
  Durable durable() {
    return durable;
  }

  /** The line of processes, or this process where nothing survives it: what tokens name. */
  UUID lineage() {
    return durable.faultTolerant() ? durable.lineage().map(Lineage::id).orElse(instance) : instance;
  }

  /** When the first process of the line started, milliseconds since the epoch. */
  long initialStartMillis() {
    return durable.restores()
        ? durable.lineage().map(Lineage::startedAtMillis).orElse(startMillis)
        : startMillis;
  }

  /**
   * Takes no more input, saves the state and ends the job; returns at once.
   *
   * @throws ApiError 500 SuspendError when the pipeline can't be suspended
   */
  synchronized String suspend() {
    if (phase == Phase.SUSPENDING || phase == Phase.SUSPENDED) {
      return SUSPENDING;
    }
    if (phase == Phase.AWAITING_APPROVAL) {
      // The state is there, as it was saved.
      phase = Phase.SUSPENDED;
      LOG.info("Transition: AwaitingApproval -> Suspended");
      died.complete(null);
      return SUSPENDING;
    }
    requireAlive();
    if (!durable.stored()) {
      throw new ApiError(
          500,
          "SuspendError",
          "The pipeline can't be suspended: it has no storage",
          Map.of("Permanent", durable.permanentErrors()));
    }
    LOG.info("Transition: {} -> Suspending", runtimeStatus());
    phase = Phase.SUSPENDING;
    Thread thread = new Thread(this::suspendNow, "suspend");
    thread.setDaemon(true);
    thread.start();
    return SUSPENDING;
  }

  private void suspendNow() {
    Dataflow flow = dataflow;
    try {
      flow.hold();
      if (!durable.suspendsWithoutCheckpoint()) {
        durable
            .checkpointer()
            .make()
            .get(Limits.SUSPEND_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    } catch (ExecutionException | TimeoutException e) {
      String why =
          e instanceof TimeoutException
              ? "no checkpoint within " + Limits.SUSPEND_PATIENCE.toSeconds() + " s"
              : cause(e);
      LOG.error("The pipeline could not be suspended: {}", why);
      synchronized (this) {
        if (phase != Phase.SUSPENDING) {
          return; // It has failed meanwhile, which says more.
        }
        failure = new ApiError(500, "SuspendError", "The pipeline could not be suspended: " + why);
        phase = Phase.DIED;
      }
      died.complete(null);
      return;
    }
    if (moveOn(Phase.SUSPENDING, Phase.SUSPENDED)) {
      LOG.info("Transition: Suspending -> Suspended");
      died.complete(null);
      close(Limits.SUSPENDED_CLOSE);
    }
  }

  private synchronized void beginConnectors() {
    connectors.begin(!desiredRunning);
  }

  /** Not before the grant: connectors read and write outside of the process. */
  private Connectors openConnectors(Dataflow opened) {
    return Connectors.open(
        spec.plan().connectors(),
        new Connectors.Environment(
            opened,
            formats,
            (int) Math.max(1, config("workers", DEFAULT_WORKERS)),
            this::contents,
            System.getenv()),
        positions(opened));
  }

  /**
   * Where the connectors go on: inputs behind all that is queued already, outputs where they stood
   * in the checkpoint, because the steps since are run again.
   */
  private ConnectorPositions positions(Dataflow opened) {
    Map<String, JsonNode> inputs = new HashMap<>();
    for (InputEndpoint input : opened.restoredInputs()) {
      input.queuedPosition().ifPresent(position -> inputs.put(input.name(), position));
    }
    Map<String, JsonNode> outputs = new HashMap<>();
    durable
        .connectors()
        .map(saved -> Replies.JSON.convertValue(saved, ConnectorPositions.class).outputs())
        .ifPresent(outputs::putAll);
    durable
        .change()
        .map(ProgramChange::diff)
        .ifPresent(
            diff -> {
              // A position means nothing to another connector of the name.
              outputs.keySet().removeAll(diff.modifiedOutputConnectors());
              outputs.keySet().removeAll(diff.removedOutputConnectors());
            });
    return new ConnectorPositions(inputs, outputs);
  }

  /** What the store holds of a relation. */
  private List<WeightedRow> contents(String relation) {
    List<WeightedRow> rows = new ArrayList<>();
    String quoted = '"' + relation.replace("\"", "\"\"") + '"';
    try (AdHocResult result = store.query("SELECT * FROM " + quoted)) {
      for (Optional<Object[]> row = result.next(); row.isPresent(); row = result.next()) {
        rows.add(new WeightedRow(ViewRow.of(row.get()), 1));
      }
    } catch (AdHocQueryException e) {
      throw new IllegalStateException(
          "the contents of '" + relation + "' can't be read: " + e.getMessage(), e);
    }
    return rows;
  }

  /** The rows of a materialized table in Flink's form. */
  private void rowsOf(String table, Consumer<GenericRowData> to) {
    RowFormat format = formats.get(table);
    String quoted = '"' + table.replace("\"", "\"\"") + '"';
    try (AdHocResult result = store.query("SELECT * FROM " + quoted)) {
      for (Optional<Object[]> row = result.next(); row.isPresent(); row = result.next()) {
        // Values become a row of values; only parsers make binary ones.
        to.accept((GenericRowData) format.insertOf(List.of(), row.get()).row());
      }
    } catch (AdHocQueryException | FormatException e) {
      throw new IllegalStateException(
          "the contents of '" + table + "' can't be read: " + e.getMessage(), e);
    }
  }

  /** Completes when the job of a started pipeline fails. */
  CompletableFuture<Void> death() {
    return died;
  }

  /** Once the store can answer, its native library is loaded; its first answer is the slow one. */
  private void unlinkLibraries() {
    try (AdHocResult first = store.query("SELECT 1")) {
      while (first.next().isPresent()) {
        // To the end, as any query.
      }
      Proc.unlinkLoadedLibraries(JVM_TEMPORARY_DIRECTORY);
    } catch (AdHocQueryException | UncheckedIOException e) {
      LOG.warn("The files of loaded libraries stay behind: {}", e.getMessage());
    }
  }

  private void exhausted(Dataflow flow, String message) {
    died(new DataflowException(message, null));
    // Gives the memory back, so that the process can still say why.
    flow.close();
  }

  private void died(DataflowException reason) {
    String message = cause(reason);
    LOG.error("Transition: {} -> failed: {}", runtimeStatus(), message);
    synchronized (this) {
      if (phase == Phase.DIED) {
        return; // What follows the first failure is its consequence.
      }
      failure =
          new ApiError(
              500,
              "RuntimeError.WorkerPanic",
              "One or more worker threads terminated unexpectedly\npanic message: " + message);
      phase = Phase.DIED;
    }
    Connectors open = connectors;
    if (open != null) {
      open.close();
    }
    died.complete(null);
  }

  /** The first cause in plain words, without class names of wrappers and without stack trace. */
  static String cause(Throwable e) {
    Throwable root = e;
    for (int depth = 0; root.getCause() != null && root.getCause() != root && depth < 50; depth++) {
      root = root.getCause();
    }
    String own = e instanceof DataflowException ? e.getMessage() : null;
    String message =
        root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    int cut = message.indexOf("\n\tat ");
    message = cut < 0 ? message : message.substring(0, cut);
    return own == null || own.contains(message)
        ? (own == null ? message : own)
        : own + ": " + message;
  }

  private StoreSettings storeSettings() {
    StoreSettings defaults = StoreSettings.defaults();
    return new StoreSettings(
        config("datafusion_memory_mb", defaults.memoryLimitMegabytes()),
        defaults.threads(),
        defaults.maxConcurrentQueries(),
        defaults.queueTimeout(),
        defaults.queryTimeout(),
        defaults.spillDirectory());
  }

  private DataflowSettings dataflowSettings() {
    int workers = (int) Math.max(1, Math.min(64, config("workers", DEFAULT_WORKERS)));
    DataflowSettings settings = DataflowSettings.forWorkers(workers, temporaryDirectory);
    return durable.parallelism().map(settings::withParallelism).orElse(settings);
  }

  private static JobCache plannedJobs() {
    String directory = System.getProperty(PLANNED_JOBS);
    return directory == null ? JobCache.none() : new JobCache(Path.of(directory));
  }

  private long config(String key, long otherwise) {
    JsonNode config = spec.runtimeConfig();
    JsonNode value = config == null ? null : config.get(key);
    return value == null || !value.isNumber() ? otherwise : value.asLong();
  }

  /** Memory that the pipeline may use, in bytes; 0 when it has no limit. */
  long memoryLimitBytes() {
    long limit = config("max_rss_mb", 0);
    if (limit == 0 && spec.runtimeConfig() != null) {
      JsonNode resources = spec.runtimeConfig().get("resources");
      JsonNode max = resources == null ? null : resources.get("memory_mb_max");
      limit = max == null || !max.isNumber() ? 0 : max.asLong();
    }
    return limit * 1_000_000L;
  }

  // ---- what requests ask

  /**
   * Passes when the pipeline is up.
   *
   * @throws ApiError 503 Initializing before, 500 after its job failed
   */
  void requireUp() {
    switch (phase) {
      case UP -> {}
      case INITIALIZING ->
          throw new ApiError(
              503,
              "Initializing",
              granted.isDone()
                  ? "The pipeline is initializing"
                  : "The pipeline is initializing: it waits for its owner's grant");
      case AWAITING_APPROVAL ->
          throw new ApiError(
              503,
              "AwaitingApproval",
              "The program has changed since its state was saved: the pipeline awaits approval of"
                  + " the change");
      case BOOTSTRAPPING ->
          throw new ApiError(
              503,
              "BootstrapInProgress",
              "The pipeline fills the views that are new or changed from its tables");
      case REPLAYING ->
          throw new ApiError(
              503,
              "RestoreInProgress",
              "The pipeline is restoring its state: it runs the steps of its journal again");
      case SUSPENDING, SUSPENDED ->
          throw new ApiError(503, "Suspended", "The pipeline is suspended, or about to be");
      case FAILED_TO_START -> throw failure;
      default ->
          throw new ApiError(
              500, "PipelineTerminated", "The pipeline has failed: " + failure.getMessage());
    }
  }

  /** Like {@link #requireUp}, but with the failure itself. */
  void requireAlive() {
    ApiError why = failure;
    if (why != null) {
      throw why;
    }
    requireUp();
  }

  /**
   * Like {@link #requireAlive}, but also while it awaits approval, restores its state or is
   * suspended.
   */
  void requireStatus() {
    if (failure != null || !TOLD.contains(phase)) {
      requireAlive();
    }
  }

  Dataflow dataflow() {
    requireUp();
    return dataflow;
  }

  /** The declared connectors. */
  Connectors connectors() {
    Connectors open = connectors;
    if (open == null) {
      requireUp();
    }
    requireStatus();
    return open;
  }

  /** Whether connectors are open. */
  boolean isConnected() {
    return connectors != null;
  }

  AdHocStore store() {
    requireUp();
    return store;
  }

  String runtimeStatus() {
    return switch (phase) {
      case AWAITING_APPROVAL -> "AwaitingApproval";
      case BOOTSTRAPPING -> "Bootstrapping";
      case REPLAYING -> "Replaying";
      case SUSPENDED -> "Suspended";
      default -> paused() ? "Paused" : "Running";
    };
  }

  synchronized String desiredStatus() {
    return switch (phase) {
      case SUSPENDING, SUSPENDED -> "Suspended";
      default -> desiredRunning ? "Running" : "Paused";
    };
  }

  boolean paused() {
    Dataflow flow = dataflow;
    return flow == null ? !desiredRunning : flow.steps().paused();
  }

  /** Pauses or resumes; returns the sentence that the API answers. */
  synchronized String transition(boolean run) {
    requireStatus();
    if (phase == Phase.AWAITING_APPROVAL || phase == Phase.BOOTSTRAPPING) {
      requireUp();
    }
    if (phase == Phase.SUSPENDING || phase == Phase.SUSPENDED) {
      throw new ApiError(
          400,
          "InvalidTransition",
          "The pipeline is suspended, or about to be: start it again when it is stopped");
    }
    String old = desiredStatus();
    desiredRunning = run;
    connectors.setPipelinePaused(!run);
    if (run) {
      dataflow.steps().resume();
    } else {
      dataflow.steps().pause();
    }
    String sentence = "Pipeline transitioning from " + old + " to " + desiredStatus();
    if (!old.equals(desiredStatus())) {
      LOG.info("Transition: {} -> {}", old, desiredStatus());
    }
    return sentence;
  }

  /**
   * The format of a relation that a request names: in quotes exactly, else folded.
   *
   * @param unknownCode error code for a 404
   */
  RowFormat relation(String name, String unknownCode) {
    requireUp();
    boolean quoted = name.length() >= 2 && name.startsWith("\"") && name.endsWith("\"");
    String exact =
        quoted
            ? name.substring(1, name.length() - 1).replace("\"\"", "\"")
            : name.toLowerCase(Locale.ROOT);
    RowFormat format = formats.get(exact);
    if (format == null) {
      String kind = unknownCode.endsWith("InputStream") ? "table" : "table or view";
      throw new ApiError(
          404,
          unknownCode,
          "There is no " + kind + " named '" + shown(name) + "' in this pipeline");
    }
    return format;
  }

  /** The format of a table by its exact name. */
  RowFormat exactRelation(String name) {
    return formats.get(name);
  }

  static String shown(String name) {
    return name.length() <= 100 ? name : name.substring(0, 100) + "...";
  }

  /** Ends everything at once. */
  void close(Duration patience) {
    Dataflow flow = dataflow;
    AdHocStore kept = store;
    Connectors open = connectors;
    Thread ender =
        new Thread(
            () -> {
              if (open != null) {
                open.close();
              }
              if (flow != null) {
                flow.close();
              }
              if (kept != null) {
                kept.close();
              }
              durable.close();
            },
            "end");
    ender.setDaemon(true);
    ender.start();
    try {
      ender.join(patience.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
