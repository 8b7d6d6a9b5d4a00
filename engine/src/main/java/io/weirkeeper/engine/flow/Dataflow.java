package io.weirkeeper.engine.flow;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
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

  private final DataflowSettings settings;
  private final StepExchange exchange;
  private final StepLoop loop;
  private final Job job;
  private final CompletableFuture<DataflowException> failure = new CompletableFuture<>();

  private Dataflow(
      PipelinePlan plan, DataflowSettings settings, MaterializedSink materialized, JobCache jobs) {
    this.settings = settings;
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
    this.loop = new StepLoop(exchange, materialized, settings.maxStepRecords(), this::fail);
    try {
      build(plan, planned);
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
    return new Dataflow(plan, settings, materialized, jobs);
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
  }
}
