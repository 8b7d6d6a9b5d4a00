package io.weirkeeper.engine.flow;

import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.UUID;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.JobVertex;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.types.logical.LogicalType;

/**
 * A program down to generated code: all that Flink's planner is needed for. It can be written down
 * and run by another process of the same build, which then never loads the planner.
 *
 * @param exchangeId id under which the sources and sinks in the job look for their exchange
 * @param graph the job
 * @param sources table by instance number of its source operator
 * @param outputTypes column types of the output views, by their numbers
 */
record PlannedJob(
    String exchangeId,
    JobGraph graph,
    HashMap<Integer, String> sources,
    ArrayList<ArrayList<LogicalType>> outputTypes)
    implements Serializable {

  private static final long serialVersionUID = 1L;

  /**
   * Plans a program.
   *
   * @throws DataflowException if Flink refuses it
   */
  static PlannedJob of(PipelinePlan plan, int parallelism) {
    String exchangeId = UUID.randomUUID().toString();
    FlinkPlan flink = new FlinkPlan(exchangeId, FlinkPlan.jobConfiguration(parallelism));
    for (TablePlan table : plan.tables()) {
      planning(table.name(), () -> flink.addTable(table));
    }
    for (ViewPlan view : plan.views()) {
      planning(view.name(), () -> flink.addView(view));
    }
    planning(null, () -> flink.translate(flink.outputs()));
    ArrayList<ArrayList<LogicalType>> types = new ArrayList<>();
    for (FlinkPlan.Output output : flink.outputs()) {
      types.add(columnTypes(output.table()));
    }
    // First the sources: making the graph takes the operators out of the environment.
    HashMap<Integer, String> sources = new HashMap<>(flink.sources());
    return new PlannedJob(exchangeId, flink.jobGraph(), sources, types);
  }

  private static ArrayList<LogicalType> columnTypes(Table table) {
    ArrayList<LogicalType> types = new ArrayList<>();
    table.getResolvedSchema().getColumnDataTypes().forEach(t -> types.add(t.getLogicalType()));
    return types;
  }

  private static void planning(String relation, Runnable action) {
    try {
      action.run();
    } catch (RuntimeException | LinkageError | StackOverflowError | AssertionError e) {
      throw new DataflowException(
          (relation == null ? "Flink can't run the program: " : "\"" + relation + "\": ")
              + FlinkPlan.reason(e),
          relation,
          e);
    }
  }

  /** The ids of the operators, sorted: jobs with the same can take over each other's state. */
  List<String> operators() {
    List<String> ids = new ArrayList<>();
    for (JobVertex vertex : graph.getVertices()) {
      vertex.getOperatorIDs().forEach(pair -> ids.add(pair.getGeneratedOperatorID().toHexString()));
    }
    ids.sort(null);
    return ids;
  }

  /** Column types of an output view. */
  List<CellType> cellTypes(int output) {
    return outputTypes.get(output).stream().map(CellType::of).toList();
  }

  /** The output views of a plan, in the order of their numbers. */
  static List<ViewPlan> outputs(PipelinePlan plan) {
    return plan.views().stream().filter(v -> v.kind() != ViewPlan.Kind.LOCAL).toList();
  }
}
