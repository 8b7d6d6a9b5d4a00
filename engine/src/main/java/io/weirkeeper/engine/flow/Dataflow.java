package io.weirkeeper.engine.flow;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A running plan. Life: {@link #open} plans and brings Flink up, {@link #start} lets it run, {@link
 * #close} ends it. In between, input comes through endpoints and output goes to the materialized
 * sink and to listeners, step by step. When the job dies, {@link #failure} completes and the
 * dataflow stays dead: the process decides what comes next.
 */
public final class Dataflow implements AutoCloseable {

  private static final long CLOSE_MILLIS = 2_000;

  /** How long Flink, or the store, may take to write its state. */
  private static final long SAVE_MINUTES = 10;

  /** File of what is neither Flink's nor the store's. */
  private static final String INPUTS = "inputs";

  /** Writes saved states, one at a time; its thread ends when there is nothing to do. */
  private final ThreadPoolExecutor saver =
      new ThreadPoolExecutor(
          1,
          1,
          10,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          task -> {
            Thread thread = new Thread(task, "weirkeeper-save");
            thread.setDaemon(true);
            return thread;
          });

  private final DataflowSettings settings;
  private final StepExchange exchange;
  private final StepLoop loop;
  private final Job job;
  private final CompletableFuture<DataflowException> failure = new CompletableFuture<>();

  private Dataflow(
      PipelinePlan plan,
      DataflowSettings settings,
      MaterializedSink materialized,
      JobCache jobs,
      Durability durability) {
    this.settings = settings;
    saver.allowCoreThreadTimeOut(true);
    List<ViewPlan> outputs = PlannedJob.outputs(plan);
    // Without views there is nothing for Flink to do; tables are then only stored.
    this.job = outputs.isEmpty() ? null : new Job(settings, plan.views().size());
    PlannedJob planned;
    try {
      planned = job == null ? null : jobs.get(plan, settings.parallelism());
    } catch (RuntimeException | Error e) {
      job.close();
      throw e;
    }
    this.exchange =
        new StepExchange(
            planned == null ? UUID.randomUUID().toString() : planned.exchangeId(), outputs.size());
    this.loop =
        new StepLoop(
            exchange,
            materialized,
            settings.maxStepRecords(),
            durability.log(),
            programDigest(plan),
            this::fail);
    try {
      build(plan, planned);
      restore(durability);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private void build(PipelinePlan plan, PlannedJob planned) {
    for (TablePlan table : plan.tables()) {
      Relation relation =
          new Relation(
              table.name(),
              table.caseSensitive(),
              Relation.Kind.TABLE,
              table.materialized(),
              table.columns(),
              table.columns().stream().map(CellType::of).toList(),
              table.primaryKey() == null ? List.of() : table.primaryKey());
      loop.addTable(relation, TableInput.of(relation, table.appendOnly(), settings.parallelism()));
    }
    if (planned == null) {
      exchange.expectSources(Map.of(), settings.parallelism());
      return;
    }
    exchange.expectSources(planned.sources(), settings.parallelism());
    List<ViewPlan> outputs = PlannedJob.outputs(plan);
    for (int i = 0; i < outputs.size(); i++) {
      ViewPlan view = outputs.get(i);
      loop.addView(
          new Relation(
              view.name(),
              view.caseSensitive(),
              Relation.Kind.VIEW,
              view.kind() == ViewPlan.Kind.MATERIALIZED,
              view.columns(),
              planned.cellTypes(i),
              List.of()),
          i);
    }
    job.prepare(planned.graph(), outputs.stream().map(ViewPlan::name).toList());
  }

  private void restore(Durability durability) {
    if (durability.replay() != null) {
      loop.replay(durability.replay());
    }
    SavedState saved = durability.saved();
    if (saved == null) {
      return;
    }
    if (!saved.operators().equals(operators())) {
      throw new DataflowException(
          "the saved state belongs to other operators: this version of the engine plans the program"
              + " differently. Start it with the version that saved it, or clear the storage and"
              + " feed the input again",
          null);
    }
    if (saved.format() == StateFormat.ROCKSDB && job != null && !settings.state().onDisk()) {
      throw new DataflowException(
          "the saved state is RocksDB's, and can't be taken over into memory", null);
    }
    try {
      loop.restore(saved.directory().resolve(INPUTS));
      Set<Integer> finished =
          job == null
              ? Set.of()
              : job.restoreFrom(saved.directory().resolve(saved.flink()), saved.format());
      exchange.expectRestored(saved.step(), finished);
    } catch (IOException e) {
      throw new DataflowException("the saved state can't be read: " + e.getMessage(), e);
    }
  }

  /**
   * A name of the program that decides whether a saved state or a journal is its own: tables and
   * views with their queries and columns.
   */
  public static String programDigest(PipelinePlan plan) {
    StringBuilder text = new StringBuilder(JobCache.programText(plan));
    plan.tables().forEach(table -> text.append(table.materialized()));
    // Their positions mean nothing to connectors of another configuration.
    plan.connectors().forEach(text::append);
    return Digest.of(text.toString());
  }

  /**
   * The digest of the program whose dataflow began a log, by the log's first record.
   *
   * @throws IOException if the record is no such beginning
   */
  public static String programOf(byte[] firstRecord) throws IOException {
    if (StepRecords.read(firstRecord) instanceof StepRecords.Begin begin) {
      return begin.program();
    }
    throw new IOException("the journal does not begin with the name of its program");
  }

  /** A name of Flink's operators; state is only taken over by operators of the same name. */
  public String operators() {
    return job == null ? "none" : job.operators();
  }

  /**
   * Saves the state after the last complete step to a directory, which must be there and empty.
   * Steps stop only while the sources save their places and the tables are copied in memory. Call
   * it after {@link #replayed}, and not before the last call is done.
   *
   * @param beside runs at the same moment, between two steps: for what belongs to the same state
   */
  public CompletableFuture<SavedState> save(Path directory, Callable<?> beside) {
    if (job != null) {
      job.awaitConstants(settings.startTimeout());
    }
    return loop.save(directory, beside, () -> saveFlink(directory))
        .thenApplyAsync(saving -> finish(directory, saving), saver);
  }

  private CompletableFuture<Path> saveFlink(Path directory) {
    return job == null ? CompletableFuture.completedFuture(null) : job.save(directory);
  }

  private SavedState finish(Path directory, StepLoop.Saving saving) {
    try {
      saving
          .inputs()
          .withTables(loop.tableFiles.write(directory, saving.tables()))
          .write(directory.resolve(INPUTS));
      Path flink = saving.flink().get(SAVE_MINUTES, TimeUnit.MINUTES);
      if (flink != null) {
        flink = job.keep(flink, directory);
      }
      saving.store().get(SAVE_MINUTES, TimeUnit.MINUTES);
      return new SavedState(
          directory,
          saving.inputs().step(),
          flink == null ? "" : directory.relativize(flink).toString(),
          settings.state().onDisk() ? StateFormat.ROCKSDB : StateFormat.PORTABLE,
          operators(),
          settings.parallelism(),
          saving.segment(),
          saving.inputs().counters().processedRecords());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DataflowException("interrupted while the state was saved", e);
    } catch (ExecutionException | TimeoutException | IOException e) {
      throw new DataflowException("the state could not be saved: " + FlinkPlan.reason(e), e);
    }
  }

  /**
   * Completes when the steps that the journal holds beyond the saved state have been run again; at
   * once after {@link #start} if there are none.
   */
  public CompletableFuture<Void> replayed() {
    return loop.replayed();
  }

  /**
   * Takes no more input and runs no more steps, so that a state saved after it is the last: what is
   * queued stays queued, and is saved.
   */
  public void hold() {
    loop.hold();
  }

  /** An endpoint by its number, whether it has been opened in this process or an earlier one. */
  public Optional<InputEndpoint> input(int id) {
    return loop.input(id);
  }

  /** Endpoints of an earlier process that have not been opened in this one yet. */
  public List<InputEndpoint> restoredInputs() {
    return loop.restoredInputs();
  }

  /**
   * Plans the program while the embedded Flink starts; nothing runs yet.
   *
   * @param materialized receives the contents of materialized relations
   * @throws DataflowException if Flink refuses the plan
   */
  public static Dataflow open(
      PipelinePlan plan, DataflowSettings settings, MaterializedSink materialized) {
    return open(plan, settings, materialized, JobCache.none());
  }

  /**
   * As {@link #open(PipelinePlan, DataflowSettings, MaterializedSink)}, but a program that was
   * planned before is not planned again.
   *
   * @param jobs where planned programs are
   */
  public static Dataflow open(
      PipelinePlan plan, DataflowSettings settings, MaterializedSink materialized, JobCache jobs) {
    return open(plan, settings, materialized, jobs, Durability.none());
  }

  /**
   * As {@link #open(PipelinePlan, DataflowSettings, MaterializedSink, JobCache)}, going on from a
   * saved state, and with a log.
   *
   * @param durability where to go on from, and where arrivals and steps are written down
   * @throws DataflowException also if the saved state can't be read, or not by this engine
   */
  public static Dataflow open(
      PipelinePlan plan,
      DataflowSettings settings,
      MaterializedSink materialized,
      JobCache jobs,
      Durability durability) {
    return new Dataflow(plan, settings, materialized, jobs, durability);
  }

  /**
   * Submits the job and returns when every operator runs, every sink is there and step 0 has been
   * published. Listeners subscribed before see step 0.
   *
   * @throws DataflowException if Flink does not start, the job dies on its way up or {@link
   *     DataflowSettings#startTimeout} passes
   */
  public void start() {
    try {
      if (job != null) {
        job.submit(this::fail, settings.startTimeout());
      }
      exchange.awaitOperators(settings.startTimeout());
      loop.start().get(settings.startTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DataflowException("interrupted while the dataflow started", e);
    } catch (TimeoutException e) {
      throw new DataflowException(
          "the dataflow was not running after %s: %s"
              .formatted(settings.startTimeout(), e.getMessage()),
          e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof DataflowException dataflow) {
        throw dataflow;
      }
      throw new DataflowException("the dataflow did not start: " + FlinkPlan.reason(e), e);
    }
  }

  private void fail(DataflowException reason) {
    loop.end(reason);
    // The step thread and the job may both report; the first is the cause.
    if (loop.endReason() == reason) {
      failure.complete(reason);
    }
  }

  /**
   * Completes, normally, with the reason when the job dies; stays open after an orderly {@link
   * #close}.
   */
  public CompletableFuture<DataflowException> failure() {
    return failure;
  }

  /** The steps: pausing and counters. */
  public StepController steps() {
    return loop;
  }

  /** All tables and all views that are outputs, in program order. */
  public List<Relation> relations() {
    return loop.relations();
  }

  /** A table or an output view by its exact name (folded unless quoted). */
  public Optional<Relation> relation(String name) {
    return Optional.ofNullable(loop.relation(name));
  }

  /**
   * Opens an endpoint that feeds a table.
   *
   * @param table exact name of a table
   * @param endpoint name of the endpoint, for messages; several may feed one table
   * @throws IllegalArgumentException if there is no such table
   */
  public InputEndpoint openInput(String table, String endpoint) {
    return loop.openInput(
        table, endpoint, InputLimits.ofRecords(settings.maxBufferedRecords()), null);
  }

  /**
   * Opens an endpoint with bounds of its own, for a source that can be read again.
   *
   * @param table exact name of a table
   * @param endpoint name of the endpoint, unique among those with positions
   * @param position where the source begins to read, as {@link StepController#positions} gave it
   *     between two steps of an earlier run; null at the beginning
   * @throws IllegalArgumentException if there is no such table
   */
  public InputEndpoint openInput(
      String table, String endpoint, InputLimits limits, JsonNode position) {
    return loop.openInput(table, endpoint, limits, position);
  }

  /** How the dataflow runs. */
  public DataflowSettings settings() {
    return settings;
  }

  /**
   * Subscribes to the changes of a table or output view, from the next step that begins.
   *
   * @throws IllegalArgumentException if there is no such relation
   */
  public Subscription subscribe(String relation, OutputListener listener) {
    return loop.subscribe(relation, listener);
  }

  /**
   * Ends the job and Flink at once, from any state, and returns when their threads are gone. Open
   * futures of endpoints fail. Calling it again does nothing.
   */
  @Override
  public void close() {
    loop.end(new DataflowException("the dataflow is closed", null));
    try {
      loop.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (job != null) {
      job.close();
    }
    exchange.close();
    saver.shutdownNow();
  }
}
