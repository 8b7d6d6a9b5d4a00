package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.plan.ConnectorPlan;
import io.weirkeeper.engine.flow.Dataflow;
import io.weirkeeper.engine.flow.DataflowSettings;
import io.weirkeeper.engine.flow.Program;
import io.weirkeeper.engine.flow.Relation;
import io.weirkeeper.engine.flow.RunningDataflow;
import io.weirkeeper.engine.flow.StepOutput;
import io.weirkeeper.engine.flow.ViewRow;
import io.weirkeeper.engine.flow.WeightedRow;
import io.weirkeeper.engine.format.RowFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A real dataflow with real connectors, for tests. Tables are listened to. */
final class ConnectedDataflow implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();

  final Dataflow dataflow;
  final Connectors connectors;
  private final Map<String, List<ViewRow>> rows = new HashMap<>();

  private ConnectedDataflow(Dataflow dataflow, Connectors connectors) {
    this.dataflow = dataflow;
    this.connectors = connectors;
  }

  /** A connector from JSON with single quotes; its stream is what stands before the first dot. */
  static ConnectorPlan connector(String endpoint, boolean input, String json) {
    try {
      ObjectNode config = (ObjectNode) JSON.readTree(json.replace('\'', '"'));
      config.put("stream", endpoint.substring(0, endpoint.indexOf('.')));
      return new ConnectorPlan(endpoint, input, config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ConnectorPlan input(String endpoint, String json) {
    return connector(endpoint, true, json);
  }

  static ConnectorPlan output(String endpoint, String json) {
    return connector(endpoint, false, json);
  }

  static ConnectedDataflow start(Program program, ConnectorPlan... plans) {
    return start(program, ConnectorPositions.none(), plans);
  }

  static ConnectedDataflow start(Program program, ConnectorPositions from, ConnectorPlan... plans) {
    return start(program, RunningDataflow.settings(), from, plans);
  }

  static ConnectedDataflow start(
      Program program, DataflowSettings settings, ConnectorPositions from, ConnectorPlan... plans) {
    Dataflow dataflow = Dataflow.open(program.plan(), settings, (step, changes) -> {});
    try {
      Map<String, RowFormat> formats = new HashMap<>();
      for (Relation relation : dataflow.relations()) {
        formats.put(relation.name(), RowFormat.of(relation));
      }
      Connectors connectors =
          Connectors.open(
              List.of(plans),
              new Connectors.Environment(
                  dataflow,
                  formats,
                  2,
                  view -> List.of(),
                  Map.of("WK_TEST", "from the environment")),
              from);
      ConnectedDataflow connected = new ConnectedDataflow(dataflow, connectors);
      for (Relation relation : dataflow.relations()) {
        dataflow.subscribe(relation.name(), connected::keep);
      }
      dataflow.start();
      connectors.restored();
      connectors.begin(false);
      return connected;
    } catch (RuntimeException | Error e) {
      dataflow.close();
      throw e;
    }
  }

  private synchronized void keep(StepOutput output) {
    List<ViewRow> of = rows.computeIfAbsent(output.relation(), r -> new ArrayList<>());
    for (WeightedRow change : output.changes()) {
      for (long i = 0; i < change.weight(); i++) {
        of.add(change.row());
      }
      for (long i = 0; i > change.weight(); i--) {
        of.remove(change.row());
      }
    }
  }

  /** The rows of a relation, in no order. */
  synchronized List<ViewRow> rows(String relation) {
    return List.copyOf(rows.getOrDefault(relation, List.of()));
  }

  InputConnector in(String name) {
    return connectors.input(name).orElseThrow();
  }

  OutputConnector out(String name) {
    return connectors.output(name).orElseThrow();
  }

  /** Waits until all inputs have ended and everything is delivered. */
  ConnectedDataflow complete() {
    until(
        "the end of all inputs",
        () -> {
          for (InputConnector input : connectors.inputs()) {
            if (input.fatalError().isPresent()) {
              throw new AssertionError(input.name() + ": " + input.fatalError().get());
            }
          }
          boolean ended = connectors.allInputsEnded();
          var counters = dataflow.steps().counters();
          return ended && counters.completedRecords() == counters.inputRecords();
        });
    return this;
  }

  ConnectorPositions positions() {
    try {
      return dataflow
          .steps()
          .betweenSteps(connectors::positions)
          .thenCompose(positions -> positions)
          .get(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static void until(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("waited too long for " + what);
      }
      java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
    }
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text.replace('\'', '"'));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    connectors.close();
    dataflow.close();
  }
}
