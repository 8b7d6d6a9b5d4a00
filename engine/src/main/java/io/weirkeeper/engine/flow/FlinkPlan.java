package io.weirkeeper.engine.flow;

import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import io.weirkeeper.engine.function.SqlFunctions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.transformations.SourceTransformation;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.TableDescriptor;
import org.apache.flink.table.api.bridge.java.StreamStatementSet;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.flink.table.types.utils.TypeConversions;

/** The tables and views of a plan inside one Flink table environment; plans, does not run. */
final class FlinkPlan {

  private static final String SINK_PREFIX = "weirkeeper_sink_";

  private final String exchangeId;
  private final StreamExecutionEnvironment environment;
  private final StreamTableEnvironment tables;
  private final List<Output> outputs = new ArrayList<>();

  /**
   * A view that is an output.
   *
   * @param view its plan
   * @param table Flink's result
   * @param types types of Flink's result columns
   * @param sink path of the registered sink
   */
  record Output(ViewPlan view, Table table, List<CellType> types, String sink) {}

  FlinkPlan(String exchangeId, Configuration configuration) {
    this.exchangeId = exchangeId;
    this.environment = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    this.tables =
        StreamTableEnvironment.create(
            environment,
            EnvironmentSettings.newInstance()
                .inStreamingMode()
                .withConfiguration(configuration)
                .build());
    SqlFunctions.register(exchangeId, tables::createTemporarySystemFunction);
  }

  /** Settings that decide how a query is planned; running adds its own. */
  static Configuration planningConfiguration(int parallelism) {
    Configuration configuration = new Configuration();
    configuration.setString("parallelism.default", Integer.toString(parallelism));
    configuration.setString("table.local-time-zone", "UTC");
    // Sinks take the multiset as it is; netting within the step is theirs.
    configuration.setString("table.exec.sink.upsert-materialize", "NONE");
    // Its assigner would eat the watermarks that mark the steps.
    configuration.setString("table.exec.mini-batch.enabled", "false");
    return configuration;
  }

  /** Settings of a job: those of the planner and those that are baked into its operators. */
  static Configuration jobConfiguration(int parallelism) {
    Configuration configuration = planningConfiguration(parallelism);
    configuration.setString("state.backend.type", "hashmap");
    // See FlushingTasks.
    configuration.setString("execution.buffer-timeout.enabled", "false");
    configuration.setString("pipeline.object-reuse", "true");
    // A failed job stays failed: its process decides what comes next.
    configuration.setString("restart-strategy.type", "none");
    configuration.setString("classloader.resolve-order", "parent-first");
    return configuration;
  }

  void addTable(TablePlan table) {
    Schema.Builder schema = Schema.newBuilder();
    for (ColumnPlan column : table.columns()) {
      boolean key = table.primaryKey() != null && table.primaryKey().contains(column.name());
      DataType type = dataType(column);
      schema.column(column.name(), key ? type.notNull() : type);
    }
    if (table.primaryKey() != null) {
      schema.primaryKey(table.primaryKey());
    }
    tables.createTemporaryTable(
        path(table.name()),
        TableDescriptor.forConnector(StepTables.INPUT)
            .schema(schema.build())
            .option(StepTables.EXCHANGE, exchangeId)
            .option(StepTables.APPEND_ONLY, table.appendOnly())
            .build());
  }

  /**
   * Parses and validates a view and makes it known to later ones; a non-local one becomes an output
   * with the next number.
   */
  void addView(ViewPlan view) {
    Table table = tables.sqlQuery(view.flinkSql());
    List<CellType> types = checkedTypes(view, table);
    tables.createTemporaryView(path(view.name()), table);
    if (view.kind() != ViewPlan.Kind.LOCAL) {
      addOutput(view, table, types);
    }
  }

  /** Makes an output of a table, also of a local view's. */
  Output addOutput(ViewPlan view, Table table, List<CellType> types) {
    Schema.Builder schema = Schema.newBuilder();
    List<DataType> columns = table.getResolvedSchema().getColumnDataTypes();
    for (int i = 0; i < columns.size(); i++) {
      // Nullable, or else Flink checks for NULL in the middle of a step and fails the job.
      schema.column("c" + i, columns.get(i).nullable());
    }
    String sink = SINK_PREFIX + outputs.size();
    tables.createTemporaryTable(
        sink,
        TableDescriptor.forConnector(StepTables.OUTPUT)
            .schema(schema.build())
            .option(StepTables.EXCHANGE, exchangeId)
            .option(StepTables.VIEW, outputs.size())
            .build());
    Output output = new Output(view, table, types, sink);
    outputs.add(output);
    return output;
  }

  /** Makes a name known that has the columns of a view but no query. */
  void addPlaceholder(ViewPlan view) {
    addTable(new TablePlan(view.name(), view.caseSensitive(), false, false, view.columns(), null));
  }

  /** Parses and validates a view's query without making it known. */
  Table validate(ViewPlan view) {
    return tables.sqlQuery(view.flinkSql());
  }

  void addKnown(ViewPlan view, Table table) {
    tables.createTemporaryView(path(view.name()), table);
  }

  /** The output views in the order of their numbers. */
  List<Output> outputs() {
    return outputs;
  }

  /** Optimises and translates outputs together, down to generated code. */
  void translate(List<Output> chosen) {
    StreamStatementSet statements = tables.createStatementSet();
    for (Output output : chosen) {
      statements.add(output.table().insertInto(output.sink()));
    }
    statements.attachAsDataStream();
  }

  /** The source operators in the translated job: table by instance number. */
  Map<Integer, String> sources() {
    Map<Integer, String> sources = new HashMap<>();
    for (Transformation<?> root : environment.getTransformations()) {
      for (Transformation<?> node : root.getTransitivePredecessors()) {
        if (node instanceof SourceTransformation<?, ?, ?> source
            && source.getSource() instanceof StepSource ours) {
          sources.put(ours.instance(), ours.table());
        }
      }
    }
    return sources;
  }

  /** The translated job. */
  JobGraph jobGraph() {
    OperatorIds.assign(environment.getTransformations(), view -> outputs.get(view).view().name());
    JobGraph graph =
        environment.getStreamGraph().getJobGraph(FlinkPlan.class.getClassLoader(), null);
    FlushingTasks.install(graph);
    return graph;
  }

  /** The number of the view that a sink operator's name tells, or -1. */
  static int viewInName(String vertexName) {
    int start = vertexName.indexOf(SINK_PREFIX);
    if (start < 0) {
      return -1;
    }
    int end = start + SINK_PREFIX.length();
    int number = 0;
    while (end < vertexName.length() && Character.isDigit(vertexName.charAt(end))) {
      number = number * 10 + vertexName.charAt(end++) - '0';
    }
    return number;
  }

  /**
   * The result types of a view.
   *
   * @throws DataflowException if they can't be encoded as the plan declares
   */
  static List<CellType> checkedTypes(ViewPlan view, Table table) {
    List<Column> columns = table.getResolvedSchema().getColumns();
    if (columns.size() != view.columns().size()) {
      throw new DataflowException(
          "the query gives %d columns, the plan declares %d"
              .formatted(columns.size(), view.columns().size()),
          view.name(),
          null);
    }
    List<CellType> types = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      ColumnPlan declared = view.columns().get(i);
      LogicalType actual = columns.get(i).getDataType().getLogicalType();
      CellType type;
      try {
        type = CellType.of(actual);
      } catch (IllegalArgumentException e) {
        throw new DataflowException(
            "column \"%s\": %s".formatted(declared.name(), e.getMessage()), view.name(), e);
      }
      if (!sameShape(type, CellType.of(declared))) {
        throw new DataflowException(
            "column \"%s\" has the type %s, the plan declares %s"
                .formatted(declared.name(), actual.asSummaryString(), declared.flinkType()),
            view.name(),
            null);
      }
      types.add(type);
    }
    return types;
  }

  // Lengths, nullability and digits of a timestamp don't change how a value is written.
  private static boolean sameShape(CellType a, CellType b) {
    if (a.kind() != b.kind() || a.scale() != b.scale() || a.fields().size() != b.fields().size()) {
      return false;
    }
    for (int i = 0; i < a.fields().size(); i++) {
      if (!sameShape(a.fields().get(i), b.fields().get(i))) {
        return false;
      }
    }
    return sameShapeOrNull(a.key(), b.key()) && sameShapeOrNull(a.element(), b.element());
  }

  private static boolean sameShapeOrNull(CellType a, CellType b) {
    return a == null || b == null ? a == b : sameShape(a, b);
  }

  private static DataType dataType(ColumnPlan column) {
    LogicalType type =
        LogicalTypeParser.parse(column.flinkType(), FlinkPlan.class.getClassLoader());
    return TypeConversions.fromLogicalToDataType(type);
  }

  private static String path(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  /** The shortest message that says what Flink had against something. */
  static String reason(Throwable error) {
    String message = null;
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause.getMessage() != null && !cause.getMessage().isBlank()) {
        message = cause.getMessage();
      }
    }
    if (message == null) {
      return error.getClass().getSimpleName();
    }
    String[] lines = message.strip().split("\\R");
    String first = lines[0].strip();
    // "Cannot generate a valid execution plan for the given query:", a plan, and then what is
    // wrong.
    if (first.endsWith(":") && lines.length > 1) {
      String rest = "";
      for (int i = 1; i < lines.length; i++) {
        String line = lines[i].strip();
        if (line.startsWith("This exception indicates")) {
          rest = line;
        }
      }
      return rest.isEmpty() ? first + " " + lines[1].strip() : first + " " + rest;
    }
    return first;
  }
}
