package io.weirkeeper.engine.flow;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.ProgramChange;
import io.weirkeeper.core.plan.ProgramState;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
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
  private final ProgramState program;
  private final List<Part> parts = new ArrayList<>();
  private final StepLoop loop;
  private final CompletableFuture<DataflowException> failure = new CompletableFuture<>();

  private Dataflow(
      PipelinePlan plan,
      DataflowSettings settings,
      MaterializedSink materialized,
      JobCache jobs,
      Durability durability) {
    this.settings = settings;
    this.program = ProgramState.of(plan);
    saver.allowCoreThreadTimeOut(true);
    SavedState saved = durability.saved();
    boolean changed = saved != null && !saved.program().digest().equals(program.digest());
    if (changed && durability.bootstrap() == null) {
      throw new DataflowException(
          "the saved state is another program's: put that program back, or clear the storage and"
              + " feed the input again",
          null);
    }
    this.loop =
        new StepLoop(
            materialized,
            settings.maxStepRecords(),
            durability.log(),
            program.digest(),
            this::fail);
    try {
      // Without views there is nothing for Flink to do; tables are then only stored.
      Job first =
          PlannedJob.outputs(plan).isEmpty() ? null : new Job(settings, plan.views().size());
      try {
        for (Generation generation : generations(plan, saved, jobs)) {
          Job job = first == null ? new Job(settings, generation.plan().views().size()) : first;
          first = null;
          parts.add(part(generation, job, jobs, plan));
        }
      } finally {
        if (first != null) {
          first.close();
        }
      }
      build(plan);
      restore(durability, changed);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * A Flink job and what it was planned from.
   *
   * @param cellTypes column types of its output views, by their numbers
   * @param operators ids of its operators
   */
  private record Part(
      Generation generation,
      Job job,
      StepExchange exchange,
      StepLoop.Group group,
      List<List<CellType>> cellTypes,
      List<String> operators) {}

  private List<Generation> generations(PipelinePlan plan, SavedState saved, JobCache jobs) {
    if (saved == null) {
      return PlannedJob.outputs(plan).isEmpty() ? List.of() : List.of(Generation.whole(plan));
    }
    return Generation.of(plan, saved, part -> jobs.get(part, settings.parallelism()).operators());
  }

  private Part part(Generation generation, Job job, JobCache jobs, PipelinePlan plan) {
    PlannedJob planned;
    try {
      planned = jobs.get(generation.plan(), settings.parallelism());
    } catch (RuntimeException | Error e) {
      job.close();
      throw e;
    }
    List<ViewPlan> outputs = generation.outputs();
    StepExchange exchange = new StepExchange(planned.exchangeId(), outputs.size());
    exchange.expectSources(planned.sources(), settings.parallelism());
    List<String> names = outputs.stream().map(ViewPlan::name).toList();
    job.prepare(planned.graph(), names);
    List<List<CellType>> types = new ArrayList<>();
    List<String> shown = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      types.add(planned.cellTypes(i));
      shown.add(generation.shown().contains(names.get(i)) ? names.get(i) : null);
    }
    StepLoop.Group group =
        new StepLoop.Group(
            exchange,
            ProgramChange.same(generation.plan(), plan),
            Collections.unmodifiableList(shown),
            generation.fresh());
    return new Part(generation, job, exchange, group, types, planned.operators());
  }

  private TableInput input(TablePlan table, Relation relation) {
    return TableInput.of(relation, table.appendOnly(), settings.parallelism());
  }

  private static Relation relation(TablePlan table) {
    return new Relation(
        table.name(),
        table.caseSensitive(),
        Relation.Kind.TABLE,
        table.materialized(),
        table.columns(),
        table.columns().stream().map(CellType::of).toList(),
        table.primaryKey() == null ? List.of() : table.primaryKey());
  }

  private void build(PipelinePlan plan) {
    for (TablePlan table : plan.tables()) {
      Relation relation = relation(table);
      loop.addTable(relation, input(table, relation));
    }
    parts.forEach(part -> loop.addGroup(part.group()));
    for (ViewPlan view : PlannedJob.outputs(plan)) {
      loop.addView(
          new Relation(
              view.name(),
              view.caseSensitive(),
              Relation.Kind.VIEW,
              view.kind() == ViewPlan.Kind.MATERIALIZED,
              view.columns(),
              cellTypes(view.name()),
              List.of()));
    }
  }

  private List<CellType> cellTypes(String view) {
    for (Part part : parts) {
      int number = part.group().outputs().indexOf(view);
      if (number >= 0) {
        return part.cellTypes().get(number);
      }
    }
    throw new IllegalStateException("no job computes the view " + view);
  }

  private void restore(Durability durability, boolean changed) {
    if (durability.replay() != null) {
      loop.replay(durability.replay());
    }
    SavedState saved = durability.saved();
    if (saved == null) {
      return;
    }
    for (Part part : parts) {
      SavedJob from = part.generation().saved();
      if (from != null
          && !part.generation().reduced()
          && !from.operators().equals(part.operators())) {
        throw new DataflowException(
            "the saved state belongs to other operators: this version of the engine plans the"
                + " program differently. Start it with the version that saved it, or clear the"
                + " storage and feed the input again",
            null);
      }
    }
    try {
      loop.restore(saved.directory().resolve(INPUTS), changed ? takeover(durability) : null);
      for (Part part : parts) {
        SavedJob from = part.generation().saved();
        if (from != null) {
          part.exchange()
              .expectRestored(
                  saved.step(),
                  part.job()
                      .restoreFrom(
                          saved.directory().resolve(from.flink()), part.generation().reduced()));
        }
      }
    } catch (IOException e) {
      throw new DataflowException("the saved state can't be read: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DataflowException("interrupted while the saved state was read", e);
    }
  }

  private StepLoop.Takeover takeover(Durability durability) {
    ProgramState former = durability.saved().program();
    ProgramChange change = ProgramChange.between(former, program);
    Map<String, TableInput> lost = new HashMap<>();
    for (TablePlan table : former.tables()) {
      if (change.lostTables().contains(table.name())) {
        lost.put(table.name(), input(table, relation(table)));
      }
    }
    Set<String> retired = new HashSet<>(change.diff().modifiedInputConnectors());
    retired.addAll(change.diff().removedInputConnectors());
    Set<String> quiet = new HashSet<>();
    parts.forEach(part -> quiet.addAll(part.generation().quiet()));
    return new StepLoop.Takeover(former.digest(), lost, retired, quiet, durability.bootstrap());
  }

  /**
   * A name of the program that decides whether a saved state or a journal is its own: tables and
   * views with their queries and columns, and connectors.
   */
  public static String programDigest(PipelinePlan plan) {
    return ProgramState.of(plan).digest();
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

  /**
   * Saves the state after the last complete step to a directory, which must be there and empty.
   * Steps stop only while the sources save their places and the tables are copied in memory. Call
   * it after {@link #replayed}, and not before the last call is done.
   *
   * @param beside runs at the same moment, between two steps: for what belongs to the same state
   */
  public CompletableFuture<SavedState> save(Path directory, Callable<?> beside) {
    return loop.save(directory, beside, () -> saveFlink(directory))
        .thenApplyAsync(saving -> finish(directory, saving), saver);
  }

  private CompletableFuture<List<Path>> saveFlink(Path directory) {
    List<CompletableFuture<Path>> saving =
        parts.stream().map(part -> part.job().save(directory)).toList();
    CompletableFuture<List<Path>> all = new CompletableFuture<>();
    for (CompletableFuture<Path> one : saving) {
      var unused =
          one.whenComplete(
              (path, error) -> {
                // The first failure is the whole's, so that nobody waits for the others.
                if (error != null) {
                  all.completeExceptionally(error);
                }
              });
    }
    var unused =
        CompletableFuture.allOf(saving.toArray(new CompletableFuture<?>[0]))
            .thenRun(() -> all.complete(saving.stream().map(CompletableFuture::join).toList()));
    return all;
  }

  private SavedState finish(Path directory, StepLoop.Saving saving) {
    try {
      saving.inputs().write(directory.resolve(INPUTS));
      List<Path> flink = saving.flink().get(SAVE_MINUTES, TimeUnit.MINUTES);
      saving.store().get(SAVE_MINUTES, TimeUnit.MINUTES);
      List<SavedJob> jobs = new ArrayList<>();
      for (int i = 0; i < parts.size(); i++) {
        Part part = parts.get(i);
        jobs.add(
            new SavedJob(
                ProgramState.of(part.generation().plan()).plan(),
                part.group().outputs().stream().filter(Objects::nonNull).toList(),
                directory.relativize(flink.get(i)).toString(),
                part.operators()));
      }
      return new SavedState(
          directory,
          saving.inputs().step(),
          program,
          jobs,
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
   * Completes when the steps that the journal holds beyond the saved state have been run again, and
   * new views of a changed program have been filled; at once after {@link #start} if there is
   * neither.
   */
  public CompletableFuture<Void> replayed() {
    return loop.replayed();
  }

  /**
   * Lets input in after state of another program was taken over. The caller has saved the state
   * before: until then a crash leads back to the former program's.
   */
  public void goOn() {
    loop.goOn();
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
      for (Part part : parts) {
        part.job().submit(this::fail, settings.startTimeout());
      }
      for (Part part : parts) {
        part.exchange().awaitOperators(settings.startTimeout());
      }
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
    parts.forEach(part -> part.job().close());
    parts.forEach(part -> part.exchange().close());
    saver.shutdownNow();
  }
}
