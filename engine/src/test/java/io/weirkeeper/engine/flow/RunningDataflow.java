package io.weirkeeper.engine.flow;

import io.weirkeeper.core.plan.PipelinePlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.data.GenericRowData;

/** A started dataflow whose relations are all listened to and accumulated, for tests. */
public final class RunningDataflow implements AutoCloseable {

  /** How long tests wait for anything. */
  public static final int PATIENCE_SECONDS = 60;

  public final Dataflow dataflow;
  private final Map<String, Map<ViewRow, Long>> contents = new ConcurrentHashMap<>();
  private final List<StepOutput> outputs = new ArrayList<>();
  private final Map<String, InputEndpoint> inputs = new HashMap<>();

  private RunningDataflow(Dataflow dataflow) {
    this.dataflow = dataflow;
  }

  /** Settings for two subtasks. */
  public static DataflowSettings settings() {
    try {
      Path directory = Files.createTempDirectory("weirkeeper-flow-test");
      directory.toFile().deleteOnExit();
      return DataflowSettings.forWorkers(2, directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts a program that keeps nothing for queries. */
  public static RunningDataflow start(Program program) {
    return start(program.plan(), settings(), (step, changes) -> {});
  }

  /** Starts a plan. */
  public static RunningDataflow start(
      PipelinePlan plan, DataflowSettings settings, MaterializedSink store) {
    return start(Dataflow.open(plan, settings, store));
  }

  /** Starts a dataflow. */
  public static RunningDataflow start(Dataflow dataflow) {
    RunningDataflow running = new RunningDataflow(dataflow);
    try {
      for (Relation relation : dataflow.relations()) {
        running.contents.put(relation.name(), new TreeMap<>());
        dataflow.subscribe(relation.name(), running::accumulate);
      }
      dataflow.start();
      return running;
    } catch (RuntimeException | Error e) {
      dataflow.close();
      throw e;
    }
  }

  private synchronized void accumulate(StepOutput output) {
    outputs.add(output);
    Map<ViewRow, Long> content = contents.get(output.relation());
    for (WeightedRow change : output.changes()) {
      content.merge(change.row(), change.weight(), Long::sum);
      content.remove(change.row(), 0L);
    }
  }

  /** Rows of a relation with their counts. */
  public synchronized Map<ViewRow, Long> contents(String relation) {
    return new TreeMap<>(contents.get(relation));
  }

  /** All outputs so far. */
  public synchronized List<StepOutput> outputs() {
    return List.copyOf(outputs);
  }

  /** The outputs of one relation so far. */
  public List<StepOutput> outputs(String relation) {
    return outputs().stream().filter(o -> o.relation().equals(relation)).toList();
  }

  /** The endpoint of a table that {@link #apply} uses. */
  public InputEndpoint input(String table) {
    return inputs.computeIfAbsent(table, t -> dataflow.openInput(t, t + ".test"));
  }

  /** Puts changes and waits until they are delivered. */
  public void apply(String table, Change... changes) throws Exception {
    put(table, changes);
    await(table);
  }

  /** Puts changes without waiting. */
  public void put(String table, Change... changes) throws Exception {
    input(table).put(List.of(changes), 8L * changes.length);
  }

  /** Waits until everything put so far is delivered. */
  public void await(String table) throws Exception {
    InputEndpoint endpoint = input(table);
    endpoint.whenComplete(endpoint.totalRecords()).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** A row of internal values from plain ones. */
  public GenericRowData row(String table, Object... plain) {
    List<CellType> types = dataflow.relation(table).orElseThrow().types();
    GenericRowData row = new GenericRowData(types.size());
    for (int i = 0; i < plain.length; i++) {
      row.setField(i, types.get(i).toInternal(plain[i]));
    }
    return row;
  }

  /** An insert of plain values. */
  public Change insert(String table, Object... plain) {
    return Change.insert(row(table, plain));
  }

  /** A delete of plain values. */
  public Change delete(String table, Object... plain) {
    return Change.delete(row(table, plain));
  }

  /** An update that sets the given columns. */
  public Change update(String table, int[] columns, Object... plain) {
    BitSet set = new BitSet();
    for (int column : columns) {
      set.set(column);
    }
    return Change.update(row(table, plain), set);
  }

  @Override
  public void close() {
    dataflow.close();
  }
}
