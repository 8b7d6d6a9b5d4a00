package io.weirkeeper.engine.flow;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The step thread and what other threads share with it. */
final class StepLoop implements StepController {

  private static final Logger LOG = LoggerFactory.getLogger(StepLoop.class);

  /** Position of a step that is in the log already, or that takes nothing. */
  private static final long NOT_LOGGED = -1;

  /** How long the sources may take to save their places, while no step runs. */
  private static final Duration SAVE_PATIENCE = Duration.ofSeconds(60);

  /** Guards everything below that is not said to belong to the step thread. */
  final ReentrantLock lock = new ReentrantLock();

  private final Condition work = lock.newCondition();
  private final List<EndpointQueue> endpoints = new ArrayList<>();
  private final ArrayDeque<Action<?>> actions = new ArrayDeque<>();
  private final int maxStepRecords;
  private boolean paused;
  private DataflowException endReason;
  private int nextEndpoint;

  private long initiatedSteps;
  private long completedSteps;
  private long lastStepNanos;
  private long totalStepNanos;
  private long inputRecords;
  private long inputBytes;
  private long cutRecords;
  private long cutBytes;
  private long processedRecords;
  private long processedBytes;
  private long completedRecords;
  private long ignoredDeletes;

  private long restoredIgnoredDeletes;

  /** Endpoints of an earlier process that this one has not opened yet. */
  private final Map<String, EndpointQueue> dormant = new LinkedHashMap<>();

  private int nextEndpointId;

  /**
   * Whether nothing new is queued or cut, because the steps of an earlier process are being run
   * again or the last state is being saved.
   */
  boolean held;

  /** Where arrivals and steps are written down; null if nowhere. */
  final StepLog log;

  private final String program;
  private final Map<String, Port> ports = new LinkedHashMap<>();

  /** For whoever saves or restores. */
  final TableFiles tableFiles = new TableFiles();

  private final StepExchange exchange;
  private final MaterializedSink materialized;
  private final CompletableFuture<Void> stepZero = new CompletableFuture<>();
  private final CompletableFuture<Void> replayed = new CompletableFuture<>();
  private final Thread thread;

  // Step thread only, once it runs.
  private long step;
  private Replay replay;
  private Map<String, List<StepExchange.Feed>> feeds = Map.of();

  /** A relation, and who listens to it. */
  private static final class Port {
    final Relation relation;
    final TableInput input;
    final int view;
    final CellType.CellReader[] readers;
    final List<Listener> listeners = new CopyOnWriteArrayList<>();

    Port(Relation relation, TableInput input, int view) {
      this.relation = relation;
      this.input = input;
      this.view = view;
      this.readers = CellType.readers(relation.types());
    }
  }

  private final class Listener implements Subscription {
    private final Port port;
    private final OutputListener target;
    private volatile boolean open = true;

    Listener(Port port, OutputListener target) {
      this.port = port;
      this.target = target;
    }

    @Override
    public String relation() {
      return port.relation.name();
    }

    @Override
    public void close() {
      open = false;
      port.listeners.remove(this);
    }
  }

  private record Action<T>(Callable<T> action, CompletableFuture<T> result) {
    void run() {
      try {
        result.complete(action.call());
      } catch (Exception e) {
        result.completeExceptionally(e);
      }
    }
  }

  StepLoop(
      StepExchange exchange,
      MaterializedSink materialized,
      int maxStepRecords,
      StepLog log,
      String program,
      Consumer<DataflowException> onFailure) {
    this.log = log;
    this.program = program;
    this.exchange = exchange;
    this.materialized = materialized;
    this.maxStepRecords = maxStepRecords;
    this.thread =
        new Thread(
            () -> {
              DataflowException reason = run();
              if (reason != null) {
                onFailure.accept(reason);
              }
            },
            "weirkeeper-steps");
    this.thread.setDaemon(true);
  }

  void addTable(Relation relation, TableInput input) {
    ports.put(relation.name(), new Port(relation, input, -1));
  }

  void addView(Relation relation, int view) {
    ports.put(relation.name(), new Port(relation, null, view));
  }

  List<Relation> relations() {
    return ports.values().stream().map(port -> port.relation).toList();
  }

  Relation relation(String name) {
    Port port = ports.get(name);
    return port == null ? null : port.relation;
  }

  EndpointQueue openInput(String table, String name, InputLimits limits, JsonNode position) {
    TableInput input = tableInput(table);
    lock.lock();
    try {
      EndpointQueue restored = dormant.get(name);
      if (restored != null && restored.table().name().equals(table)) {
        dormant.remove(name);
        restored.reopen(limits);
        return restored;
      }
      EndpointQueue endpoint =
          new EndpointQueue(this, nextEndpointId++, input, name, limits, position);
      if (log != null) {
        log.append(StepRecords.opened(endpoint.id(), name, table));
      }
      endpoints.add(endpoint);
      return endpoint;
    } finally {
      lock.unlock();
    }
  }

  private TableInput tableInput(String table) {
    Port port = ports.get(table);
    if (port == null || port.input == null) {
      throw new IllegalArgumentException("there is no table \"%s\"".formatted(table));
    }
    return port.input;
  }

  Optional<InputEndpoint> input(int id) {
    lock.lock();
    try {
      return endpoints.stream()
          .filter(endpoint -> endpoint.id() == id)
          .map(endpoint -> (InputEndpoint) endpoint)
          .findFirst();
    } finally {
      lock.unlock();
    }
  }

  List<InputEndpoint> restoredInputs() {
    lock.lock();
    try {
      return List.copyOf(dormant.values());
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the log, if there is one, takes more. */
  void awaitLogRoom() throws InterruptedException {
    if (log != null) {
      log.awaitRoom();
    }
  }

  // ---- saving and restoring

  private Map<String, TableInput> tableInputs() {
    Map<String, TableInput> inputs = new LinkedHashMap<>();
    ports.values().stream()
        .filter(port -> port.input != null)
        .forEach(port -> inputs.put(port.relation.name(), port.input));
    return inputs;
  }

  /**
   * A saved state that is being written.
   *
   * @param inputs what {@link SavedInputs#write} has yet to write, without the tables
   * @param tables what {@link TableFiles} has yet to write
   * @param segment of the log where what came after it begins; 0 without a log
   * @param flink completes with Flink's directory, or null without views
   * @param store completes when the materialized relations are written
   */
  record Saving(
      SavedInputs inputs,
      Map<String, TableInput.Contents> tables,
      long segment,
      CompletableFuture<Path> flink,
      CompletableFuture<?> store) {}

  /** Begins to save the state after the last step; what takes long goes on beside the next. */
  CompletableFuture<Saving> save(
      Path directory, Callable<?> beside, Supplier<CompletableFuture<Path>> flinkState) {
    Set<String> whole = tableFiles.whole(tableInputs().keySet());
    return betweenSteps(
        () -> {
          beside.call();
          exchange.beginSave();
          CompletableFuture<Path> flink = flinkState.get();
          if (!exchange.awaitReadersSaved(flink, SAVE_PATIENCE)) {
            flink.getNow(null);
            throw new DataflowException(
                "the state could not be saved: Flink's sources did not save their places within %s"
                    .formatted(SAVE_PATIENCE),
                null);
          }
          CompletableFuture<?> store = materialized.save(directory);
          lock.lock();
          try {
            SavedInputs inputs =
                new SavedInputs(
                    step,
                    counters(),
                    nextEndpointId,
                    endpoints.stream().map(EndpointQueue::save).toList(),
                    Map.of());
            Map<String, TableInput.Contents> tables = new LinkedHashMap<>();
            tableInputs()
                .forEach((name, input) -> tables.put(name, input.contents(whole.contains(name))));
            return new Saving(inputs, tables, log == null ? 0 : log.rotate(), flink, store);
          } finally {
            lock.unlock();
          }
        });
  }

  /** Takes over a saved state; before {@link #start}. */
  void restore(Path file) throws IOException {
    SavedInputs saved = SavedInputs.read(file);
    tableFiles.restore(file.getParent(), saved.tables(), tableInputs());
    lock.lock();
    try {
      step = saved.step();
      nextEndpointId = saved.nextEndpoint();
      StepCounters c = saved.counters();
      initiatedSteps = c.completedSteps();
      completedSteps = c.completedSteps();
      totalStepNanos = c.totalStepNanos();
      // What waits is counted again when it is queued again.
      inputRecords = c.inputRecords() - c.bufferedRecords();
      inputBytes = c.inputBytes() - c.bufferedBytes();
      cutRecords = inputRecords;
      cutBytes = inputBytes;
      processedRecords = c.processedRecords();
      processedBytes = c.processedBytes();
      completedRecords = c.completedRecords();
      ignoredDeletes = c.ignoredDeletes();
      restoredIgnoredDeletes = c.ignoredDeletes();
      for (SavedInputs.Endpoint endpoint : saved.endpoints()) {
        dormant(endpoint.id(), endpoint.name(), endpoint.table()).restore(endpoint);
      }
    } finally {
      lock.unlock();
    }
  }

  private EndpointQueue dormant(int id, String name, String table) {
    EndpointQueue endpoint =
        new EndpointQueue(
            this, id, tableInput(table), name, InputLimits.ofRecords(maxStepRecords), null);
    endpoints.add(endpoint);
    dormant.put(name, endpoint);
    nextEndpointId = Math.max(nextEndpointId, id + 1);
    return endpoint;
  }

  /** Lets the loop run the steps of a log again before it goes on. */
  void replay(Replay earlier) {
    replay = earlier;
    held = true;
  }

  void hold() {
    lock.lock();
    try {
      held = true;
    } finally {
      lock.unlock();
    }
  }

  private void replay() throws InterruptedException, IOException {
    if (replay != null) {
      replay.records(this::replay);
    }
    lock.lock();
    try {
      held = false;
      if (log != null) {
        log.append(StepRecords.begin(program));
      }
      endpoints.forEach(EndpointQueue::wake);
      work.signalAll();
    } finally {
      lock.unlock();
    }
    replayed.complete(null);
  }

  private void replay(byte[] bytes) throws IOException, InterruptedException {
    StepRecords.StepRecord next = StepRecords.read(bytes);
    if (next instanceof StepRecords.Step cut) {
      if (cut.step() != step + 1) {
        throw new IOException(
            "the journal goes on with step %d, expected was step %d"
                .formatted(cut.step(), step + 1));
      }
      step++;
      runStep(step, replayedSlices(cut), NOT_LOGGED);
      return;
    }
    lock.lock();
    try {
      if (next instanceof StepRecords.Batch batch) {
        replayedInput(batch.endpoint()).replay(batch);
      } else if (next instanceof StepRecords.Opened opened) {
        if (input(opened.endpoint()).isEmpty()) {
          dormant(opened.endpoint(), opened.name(), opened.table());
        }
      } else if (next instanceof StepRecords.Begin begin && !begin.program().equals(program)) {
        throw new IOException(
            "it was written by another program than the one that is to go on with it");
      }
    } finally {
      lock.unlock();
    }
  }

  private EndpointQueue replayedInput(int id) throws IOException {
    for (EndpointQueue endpoint : endpoints) {
      if (endpoint.id() == id) {
        return endpoint;
      }
    }
    throw new IOException("the journal has rows of endpoint %d, which is not known".formatted(id));
  }

  private List<EndpointQueue.Slice> replayedSlices(StepRecords.Step cut) throws IOException {
    List<EndpointQueue.Slice> slices = new ArrayList<>();
    lock.lock();
    try {
      for (StepRecords.Taken taken : cut.taken()) {
        EndpointQueue endpoint = replayedInput(taken.endpoint());
        int left = taken.records();
        while (left > 0) {
          if (!endpoint.ready(false)) {
            throw new IOException(
                "step %d of the journal takes %d more records of %s than were journaled"
                    .formatted(cut.step(), left, endpoint.name()));
          }
          EndpointQueue.Slice slice = endpoint.cut();
          left -= slice.changes().size();
          cutRecords += slice.changes().size();
          cutBytes += slice.bytes();
          slices.add(slice);
        }
      }
    } finally {
      lock.unlock();
    }
    return slices;
  }

  /** Completes when the steps of the log have been run again; at once if there are none. */
  CompletableFuture<Void> replayed() {
    return replayed;
  }

  Subscription subscribe(String relation, OutputListener target) {
    Port port = ports.get(relation);
    if (port == null) {
      throw new IllegalArgumentException(
          "there is no table or output view \"%s\"".formatted(relation));
    }
    Listener listener = new Listener(port, target);
    port.listeners.add(listener);
    return listener;
  }

  /** Starts the step thread, which runs step 0 first. */
  CompletableFuture<Void> start() {
    Map<String, List<StepExchange.Feed>> byTable = new HashMap<>();
    for (StepExchange.Feed feed : exchange.feeds()) {
      byTable.computeIfAbsent(feed.table, t -> new ArrayList<>()).add(feed);
    }
    feeds = byTable;
    thread.start();
    return stepZero;
  }

  /** Ends the loop: waiting calls and open futures fail with the reason. Keeps the first reason. */
  void end(DataflowException reason) {
    List<CompletableFuture<?>> open = new ArrayList<>();
    lock.lock();
    try {
      if (endReason != null) {
        return;
      }
      endReason = reason;
      endpoints.forEach(endpoint -> open.addAll(endpoint.end()));
      actions.forEach(action -> open.add(action.result()));
      actions.clear();
      work.signalAll();
    } finally {
      lock.unlock();
    }
    exchange.fail(reason);
    open.add(stepZero);
    open.add(replayed);
    open.forEach(future -> future.completeExceptionally(reason));
  }

  /** Waits for the step thread to be gone; it must have been ended. */
  void join(long millis) throws InterruptedException {
    if (thread.isAlive() && thread != Thread.currentThread()) {
      // A listener may be blocked in its own back-pressure.
      thread.interrupt();
      thread.join(millis);
    }
  }

  /** Why nothing goes on, or null; call with or without the lock. */
  DataflowException endReason() {
    lock.lock();
    try {
      return endReason;
    } finally {
      lock.unlock();
    }
  }

  /** Changes were queued; call with the lock held. */
  void arrived(int records, long bytes) {
    inputRecords += records;
    inputBytes += bytes;
    work.signalAll();
  }

  /** Call with the lock held. */
  void forgetIfFinished(EndpointQueue endpoint) {
    if (endpoint.finished()) {
      endpoints.remove(endpoint);
    }
  }

  @Override
  public void pause() {
    lock.lock();
    try {
      paused = true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void resume() {
    lock.lock();
    try {
      paused = false;
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean paused() {
    lock.lock();
    try {
      return paused;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public StepCounters counters() {
    lock.lock();
    try {
      return new StepCounters(
          initiatedSteps,
          completedSteps,
          lastStepNanos,
          totalStepNanos,
          inputRecords,
          inputBytes,
          inputRecords - cutRecords,
          inputBytes - cutBytes,
          processedRecords,
          processedBytes,
          completedRecords,
          ignoredDeletes);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Map<String, JsonNode> positions() {
    Map<String, JsonNode> positions = new LinkedHashMap<>();
    lock.lock();
    try {
      for (EndpointQueue endpoint : endpoints) {
        endpoint.position().ifPresent(position -> positions.put(endpoint.name(), position));
      }
    } finally {
      lock.unlock();
    }
    return positions;
  }

  @Override
  public <T> CompletableFuture<T> betweenSteps(Callable<T> action) {
    CompletableFuture<T> result = new CompletableFuture<>();
    lock.lock();
    try {
      if (endReason != null) {
        result.completeExceptionally(endReason);
      } else {
        actions.add(new Action<>(action, result));
        work.signalAll();
      }
    } finally {
      lock.unlock();
    }
    return result;
  }

  /** Returns the reason of a failure, or null after an orderly end. */
  private DataflowException run() {
    try {
      // Its end is the first that all sinks report, also when it was run by an earlier process.
      runStep(step, List.of(), NOT_LOGGED);
      stepZero.complete(null);
      replay();
      while (true) {
        List<EndpointQueue.Slice> slices = awaitWork();
        if (slices == null) {
          return null;
        }
        if (!slices.isEmpty()) {
          step++;
          runStep(step, slices, logStep(slices));
        }
      }
    } catch (InterruptedException e) {
      // Only close() interrupts, and it has set the end reason.
      return null;
    } catch (DataflowException e) {
      return e;
    } catch (IOException e) {
      return new DataflowException(
          "the steps of the journal can't be run again: " + e.getMessage(), e);
    } catch (RuntimeException | Error e) {
      return new DataflowException("step %d failed: %s".formatted(step, FlinkPlan.reason(e)), e);
    }
  }

  /** Writes down which records the step takes, before it takes them. */
  private long logStep(List<EndpointQueue.Slice> slices) {
    if (log == null) {
      return NOT_LOGGED;
    }
    List<StepRecords.Taken> taken = new ArrayList<>();
    for (EndpointQueue.Slice slice : slices) {
      int id = slice.endpoint().id();
      int records = slice.changes().size();
      int last = taken.size() - 1;
      if (last >= 0 && taken.get(last).endpoint() == id) {
        taken.set(last, new StepRecords.Taken(id, taken.get(last).records() + records));
      } else {
        taken.add(new StepRecords.Taken(id, records));
      }
    }
    return log.append(StepRecords.step(step, taken));
  }

  /** Cuts the next step; empty if there were only actions, null at the end. */
  private List<EndpointQueue.Slice> awaitWork() throws InterruptedException {
    List<Action<?>> due = List.of();
    List<EndpointQueue.Slice> slices = List.of();
    lock.lockInterruptibly();
    try {
      while (endReason == null && actions.isEmpty() && !anyReady()) {
        work.await();
      }
      if (endReason != null) {
        return null;
      }
      if (actions.isEmpty()) {
        slices = anyReady() ? cut() : List.of();
      } else {
        due = List.copyOf(actions);
        actions.clear();
      }
    } finally {
      lock.unlock();
    }
    due.forEach(Action::run);
    return slices;
  }

  private boolean anyReady() {
    if (held) {
      return false;
    }
    for (EndpointQueue endpoint : endpoints) {
      if (endpoint.ready(paused)) {
        return true;
      }
    }
    return false;
  }

  // A slice from each endpoint in turn, so that a busy one does not starve the others.
  private List<EndpointQueue.Slice> cut() {
    List<EndpointQueue.Slice> slices = new ArrayList<>();
    int records = 0;
    int idle = 0;
    endpoints.forEach(EndpointQueue::beginCut);
    while (records < maxStepRecords && idle < endpoints.size()) {
      EndpointQueue endpoint = endpoints.get(nextEndpoint++ % endpoints.size());
      if (endpoint.mayCut(paused)) {
        EndpointQueue.Slice slice = endpoint.cut();
        slices.add(slice);
        records += slice.changes().size();
        cutBytes += slice.bytes();
        idle = 0;
      } else {
        idle++;
      }
    }
    nextEndpoint %= Math.max(1, endpoints.size());
    cutRecords += records;
    return slices;
  }

  private void runStep(long step, List<EndpointQueue.Slice> slices, long logged)
      throws InterruptedException {
    long begin = System.nanoTime();
    boolean counts = !slices.isEmpty();
    if (counts) {
      lock.lock();
      try {
        initiatedSteps++;
      } finally {
        lock.unlock();
      }
    }
    for (EndpointQueue.Slice slice : slices) {
      TableInput input = slice.endpoint().input();
      slice.changes().forEach(input::apply);
    }
    Map<Port, List<Listener>> audience = new LinkedHashMap<>();
    for (Port port : ports.values()) {
      List<Listener> listeners = List.copyOf(port.listeners);
      if (!listeners.isEmpty() || port.relation.materialized()) {
        audience.put(port, listeners);
      }
      if (port.view >= 0) {
        exchange.view(port.view).wanted = audience.containsKey(port);
      }
    }
    exchange.beginStep(step);
    Map<Port, RowWeights> net = feed(step, audience);
    exchange.awaitStep();
    if (log != null && logged != NOT_LOGGED) {
      // Nothing may be seen of a step that a crash would cut differently.
      log.awaitDurable(logged);
    }
    long processedAtMillis = System.currentTimeMillis();
    count(slices, false, processedAtMillis);
    publish(step, audience, net);
    finish(step, slices, processedAtMillis, System.nanoTime() - begin);
  }

  /** Hands the step's rows to Flink; returns the net changes of the tables that are wanted. */
  private Map<Port, RowWeights> feed(long step, Map<Port, List<Listener>> audience) {
    Map<Port, RowWeights> net = new HashMap<>();
    for (Port port : ports.values()) {
      if (port.input == null) {
        continue;
      }
      TableInput.Prepared prepared = port.input.finish(audience.containsKey(port));
      if (prepared.net() != null) {
        net.put(port, prepared.net());
      }
      boolean shared = false;
      for (StepExchange.Feed feed : feeds.getOrDefault(port.relation.name(), List.of())) {
        for (int split = 0; split < feed.splits.length; split++) {
          List<RowData> rows = prepared.splits().get(split);
          // Operators write row kinds into rows, so two sources must not share them.
          feed.splits[split].put(shared ? copies(rows) : rows, step);
        }
        shared = true;
      }
    }
    return net;
  }

  private static List<RowData> copies(List<RowData> rows) {
    List<RowData> copies = new ArrayList<>(rows.size());
    for (RowData row : rows) {
      BinaryRowData copy = ((BinaryRowData) row).copy();
      copies.add(copy);
    }
    return copies;
  }

  private void publish(
      long step, Map<Port, List<Listener>> audience, Map<Port, RowWeights> netOfTables) {
    for (Port port : ports.values()) {
      if (port.view >= 0 && !audience.containsKey(port)) {
        // Constants that came before anyone was asked whether they want them.
        exchange.takeOutput(port.view);
      }
    }
    Map<Port, RelationChanges> changed = new LinkedHashMap<>();
    for (Port port : audience.keySet()) {
      RowWeights weights = port.view < 0 ? netOfTables.get(port) : exchange.takeOutput(port.view);
      RelationChanges changes = weights.changes(port.relation);
      if (!changes.rows().isEmpty()) {
        changed.put(port, changes);
      }
    }
    materialized.publish(
        step, changed.values().stream().filter(c -> c.relation().materialized()).toList());
    changed.forEach(
        (port, changes) -> {
          List<Listener> listeners = audience.get(port);
          if (!listeners.isEmpty()) {
            StepOutput output = output(step, port, changes);
            listeners.forEach(listener -> deliver(listener, output));
          }
        });
  }

  private static StepOutput output(long step, Port port, RelationChanges changes) {
    List<WeightedRow> rows = new ArrayList<>(changes.rows().size());
    for (int i = 0; i < changes.weights().length; i++) {
      Object[] values = new Object[port.readers.length];
      for (int column = 0; column < values.length; column++) {
        values[column] = port.readers[column].read(changes.rows().get(i));
      }
      rows.add(new WeightedRow(ViewRow.of(values), changes.weights()[i]));
    }
    rows.sort(
        Comparator.comparing((WeightedRow row) -> row.weight() > 0)
            .thenComparing(WeightedRow::row));
    return new StepOutput(step, port.relation.name(), List.copyOf(rows));
  }

  private static void deliver(Listener listener, StepOutput output) {
    if (!listener.open) {
      return;
    }
    try {
      listener.target.changed(output);
    } catch (RuntimeException e) {
      LOG.warn(
          "listener of {} failed at step {} and is unsubscribed",
          output.relation(),
          output.step(),
          e);
      listener.close();
    }
  }

  private List<CompletableFuture<Void>> count(
      List<EndpointQueue.Slice> slices, boolean delivered, long processedAtMillis) {
    List<CompletableFuture<Void>> done = new ArrayList<>();
    lock.lock();
    try {
      for (EndpointQueue.Slice slice : slices) {
        int records = slice.changes().size();
        if (delivered) {
          completedRecords += records;
          done.addAll(slice.endpoint().complete(slice, processedAtMillis));
          forgetIfFinished(slice.endpoint());
        } else {
          processedRecords += records;
          processedBytes += slice.bytes();
        }
      }
    } finally {
      lock.unlock();
    }
    return done;
  }

  private void finish(
      long step, List<EndpointQueue.Slice> slices, long processedAtMillis, long nanos) {
    List<CompletableFuture<Void>> done = count(slices, true, processedAtMillis);
    long ignored = 0;
    for (Port port : ports.values()) {
      ignored += port.input == null ? 0 : port.input.ignored();
    }
    if (!slices.isEmpty()) {
      lock.lock();
      try {
        completedSteps++;
        lastStepNanos = nanos;
        totalStepNanos += nanos;
        ignoredDeletes = restoredIgnoredDeletes + ignored;
      } finally {
        lock.unlock();
      }
    }
    done.forEach(future -> future.complete(null));
  }
}
