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

  /** Follows the name of an endpoint whose connector is gone; it only runs dry. */
  private static final String RETIRED = " (retired)";

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
  private final List<Group> groups = new ArrayList<>();
  private final MaterializedSink materialized;
  private final CompletableFuture<Void> stepZero = new CompletableFuture<>();
  private final CompletableFuture<Void> replayed = new CompletableFuture<>();
  private final Thread thread;

  // Step thread only, once it runs.
  private long step;
  private Replay replay;
  private Map<String, List<Link>> links = Map.of();
  private final List<StepExchange.Feed> cutOff = new ArrayList<>();

  /** How the state of another program is taken over; null if it is the same program's. */
  private Takeover takeover;

  /**
   * A Flink job.
   *
   * @param tables that feed it: others of its tables are no longer the program's, and stay silent
   * @param outputs its output views by number: a name if the view is the program's, else null
   * @param fresh whether it begins with nothing: it is silent until it is filled
   */
  record Group(StepExchange exchange, Set<String> tables, List<String> outputs, boolean fresh) {}

  /** What a table's rows go into. */
  private record Link(StepExchange.Feed feed, boolean fresh) {}

  /**
   * How the state of another program is taken over.
   *
   * @param program digest of that program
   * @param lost its tables that are not tables of this one any more: what they take is dropped
   * @param retired its connectors that are gone or are others now, by endpoint name
   * @param quiet views that are filled again although nothing changed about them
   * @param bootstrap what has been allowed
   */
  record Takeover(
      String program,
      Map<String, TableInput> lost,
      Set<String> retired,
      Set<String> quiet,
      Bootstrap bootstrap) {}

  /** Where a view comes out of Flink. */
  private record Outlet(Group group, int view) {
    RowWeights take() {
      return group.exchange().takeOutput(view);
    }

    void want(boolean wanted) {
      group.exchange().view(view).wanted = wanted;
    }
  }

  /** Outputs of jobs that nobody sees. */
  private final List<Outlet> unseen = new ArrayList<>();

  /** A relation, and who listens to it. */
  private static final class Port {
    final Relation relation;
    final TableInput input;
    final Outlet outlet;
    final CellType.CellReader[] readers;
    final List<Listener> listeners = new CopyOnWriteArrayList<>();

    Port(Relation relation, TableInput input, Outlet outlet) {
      this.relation = relation;
      this.input = input;
      this.outlet = outlet;
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
      MaterializedSink materialized,
      int maxStepRecords,
      StepLog log,
      String program,
      Consumer<DataflowException> onFailure) {
    this.log = log;
    this.program = program;
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
    ports.put(relation.name(), new Port(relation, input, null));
  }

  /** Adds a job; before the views that come out of it. */
  void addGroup(Group group) {
    groups.add(group);
    for (int i = 0; i < group.outputs().size(); i++) {
      if (group.outputs().get(i) == null) {
        unseen.add(new Outlet(group, i));
      }
    }
  }

  /** Adds a view, which comes out of the job that has an output of its name. */
  void addView(Relation relation) {
    for (Group group : groups) {
      int view = group.outputs().indexOf(relation.name());
      if (view >= 0) {
        ports.put(relation.name(), new Port(relation, null, new Outlet(group, view)));
        return;
      }
    }
    throw new IllegalStateException("no job computes the view " + relation.name());
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
      // What comes before the first state of a changed program is in that state.
      if (log != null && takeover == null) {
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
   * @param inputs what {@link SavedInputs#write} has yet to write
   * @param segment of the log where what came after it begins; 0 without a log
   * @param flink completes with Flink's directories, one for each job
   * @param store completes when the materialized relations are written
   */
  record Saving(
      SavedInputs inputs,
      long segment,
      CompletableFuture<List<Path>> flink,
      CompletableFuture<?> store) {}

  /** Begins to save the state after the last step; what takes long goes on beside the next. */
  CompletableFuture<Saving> save(
      Path directory, Callable<?> beside, Supplier<CompletableFuture<List<Path>>> flinkState) {
    return betweenSteps(
        () -> {
          beside.call();
          groups.forEach(group -> group.exchange().beginSave());
          CompletableFuture<List<Path>> flink = flinkState.get();
          for (Group group : groups) {
            if (!group.exchange().awaitReadersSaved(flink, SAVE_PATIENCE)) {
              flink.getNow(null);
              throw new DataflowException(
                  "the state could not be saved: Flink's sources did not save their places within %s"
                      .formatted(SAVE_PATIENCE),
                  null);
            }
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
                    SavedInputs.contents(tableInputs()));
            return new Saving(inputs, log == null ? 0 : log.rotate(), flink, store);
          } finally {
            lock.unlock();
          }
        });
  }

  /**
   * Takes over a saved state; before {@link #start}.
   *
   * @param from how, if it is another program's; else null
   */
  void restore(Path file, Takeover from) throws IOException, InterruptedException {
    takeover = from;
    held = held || from != null;
    Map<String, TableInput> former = tableInputs();
    if (from != null) {
      former.putAll(from.lost());
    }
    SavedInputs saved = SavedInputs.read(file, former);
    int reserved = from == null || replay == null ? 0 : reservedEndpoints(from);
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
      nextEndpointId = Math.max(nextEndpointId, reserved);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reads the log ahead: the first number that none of its endpoints has, because new ones are
   * opened before it is run again.
   *
   * @throws IOException if a program wrote to it that is not the saved state's
   */
  private int reservedEndpoints(Takeover from) throws IOException, InterruptedException {
    int[] reserved = new int[1];
    replay.records(
        bytes -> {
          StepRecords.StepRecord next = StepRecords.read(bytes);
          if (next instanceof StepRecords.Opened opened) {
            reserved[0] = Math.max(reserved[0], opened.endpoint() + 1);
          } else if (next instanceof StepRecords.Begin begin) {
            requireProgram(begin, from.program());
          }
        });
    return reserved[0];
  }

  private static void requireProgram(StepRecords.Begin begin, String expected) throws IOException {
    if (!begin.program().equals(expected)) {
      throw new IOException(
          "it was written by another program than the one that is to go on with it");
    }
  }

  private EndpointQueue dormant(int id, String name, String table) {
    boolean dropped = takeover != null && takeover.lost().containsKey(table);
    boolean retired = takeover != null && takeover.retired().contains(name);
    EndpointQueue endpoint =
        new EndpointQueue(
            this,
            id,
            dropped ? takeover.lost().get(table) : tableInput(table),
            retired ? name + RETIRED : name,
            InputLimits.ofRecords(maxStepRecords),
            null);
    endpoints.add(endpoint);
    if (!dropped && !retired) {
      dormant.put(name, endpoint);
    }
    nextEndpointId = Math.max(nextEndpointId, id + 1);
    return endpoint;
  }

  /** Whether rows are those of a table that is no longer there. */
  private boolean isLost(TableInput input) {
    return takeover != null && takeover.lost().get(input.relation.name()) == input;
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
    if (takeover == null) {
      goOn();
    } else {
      fill();
    }
    replayed.complete(null);
  }

  /** Lets new input in. After a takeover only once the state has been saved as this program's. */
  void goOn() {
    lock.lock();
    try {
      takeover = null;
      held = false;
      if (log != null) {
        log.append(StepRecords.begin(program));
      }
      endpoints.forEach(EndpointQueue::wake);
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets go of what the former program has left, and runs the step that fills new views. */
  private void fill() throws InterruptedException {
    lock.lock();
    try {
      for (EndpointQueue endpoint : List.copyOf(endpoints)) {
        if (isLost(endpoint.input())) {
          inputRecords -= endpoint.bufferedRecords();
          inputBytes -= endpoint.bufferedBytes();
          endpoints.remove(endpoint);
        } else if (takeover.retired().contains(endpoint.name().replace(RETIRED, ""))
            && endpoint.name().endsWith(RETIRED)) {
          endpoint.close();
        }
      }
    } finally {
      lock.unlock();
    }
    List<Port> fresh =
        ports.values().stream()
            .filter(port -> port.outlet != null && port.outlet.group().fresh())
            .toList();
    materialized.clear(
        fresh.stream()
            .filter(port -> port.relation.materialized())
            .map(port -> port.relation.name())
            .toList());
    step++;
    runStep(step, List.of(), NOT_LOGGED, true);
    LOG.info("Filled {} views in step {}", fresh.size(), step);
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
      } else if (next instanceof StepRecords.Begin begin) {
        requireProgram(begin, takeover == null ? program : takeover.program());
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
    Map<String, List<Link>> byTable = new HashMap<>();
    for (Group group : groups) {
      for (StepExchange.Feed feed : group.exchange().feeds()) {
        if (group.tables().contains(feed.table)) {
          byTable
              .computeIfAbsent(feed.table, t -> new ArrayList<>())
              .add(new Link(feed, group.fresh()));
        } else {
          cutOff.add(feed);
        }
      }
    }
    links = byTable;
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
    groups.forEach(group -> group.exchange().fail(reason));
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
    runStep(step, slices, logged, false);
  }

  /**
   * Runs a step.
   *
   * @param fills whether what is fresh is filled in it
   */
  private void runStep(long step, List<EndpointQueue.Slice> slices, long logged, boolean fills)
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
      if (!isLost(input)) {
        slice.changes().forEach(input::apply);
      }
    }
    Map<Port, List<Listener>> audience = audience(fills);
    groups.forEach(group -> group.exchange().beginStep(step));
    Map<Port, RowWeights> net = feed(step, audience, fills);
    for (Group group : groups) {
      group.exchange().awaitStep();
    }
    if (log != null && logged != NOT_LOGGED) {
      // Nothing may be seen of a step that a crash would cut differently.
      log.awaitDurable(logged);
    }
    long processedAtMillis = System.currentTimeMillis();
    count(slices, false, processedAtMillis);
    publish(step, audience, net, fills);
    finish(step, slices, processedAtMillis, System.nanoTime() - begin);
  }

  /** Whether a view waits to be filled. */
  private boolean isUnfilled(Port port) {
    return takeover != null && port.outlet != null && port.outlet.group().fresh();
  }

  /** The relations whose changes are wanted, and who wants them. */
  private Map<Port, List<Listener>> audience(boolean fills) {
    Map<Port, List<Listener>> audience = new LinkedHashMap<>();
    for (Port port : ports.values()) {
      List<Listener> listeners = List.copyOf(port.listeners);
      if (isUnfilled(port)) {
        if (!fills) {
          continue; // What comes out already, constants, is taken when the view is filled.
        }
        if (takeover.bootstrap().silent() || takeover.quiet().contains(port.relation.name())) {
          listeners = List.of();
        }
      }
      if (!listeners.isEmpty() || port.relation.materialized()) {
        audience.put(port, listeners);
      }
      if (port.outlet != null) {
        port.outlet.want(audience.containsKey(port));
      }
    }
    unseen.forEach(outlet -> outlet.want(false));
    return audience;
  }

  /** Hands the step's rows to Flink; returns the net changes of the tables that are wanted. */
  private Map<Port, RowWeights> feed(long step, Map<Port, List<Listener>> audience, boolean fills) {
    for (StepExchange.Feed feed : cutOff) {
      for (StepExchange.Split split : feed.splits) {
        split.put(List.of(), step);
      }
    }
    Map<Port, RowWeights> net = new HashMap<>();
    for (Port port : ports.values()) {
      if (port.input == null) {
        continue;
      }
      TableInput.Prepared prepared = port.input.finish(audience.containsKey(port));
      if (prepared.net() != null) {
        net.put(port, prepared.net());
      }
      feed(step, port, prepared.splits(), fills);
    }
    return net;
  }

  private void feed(long step, Port port, List<List<RowData>> rows, boolean fills) {
    List<Link> targets = links.getOrDefault(port.relation.name(), List.of());
    List<List<RowData>> all =
        fills && targets.stream().anyMatch(Link::fresh)
            ? port.input.rows(takeover.bootstrap().contents())
            : null;
    boolean shared = false;
    boolean allShared = false;
    for (Link target : targets) {
      StepExchange.Split[] splits = target.feed().splits;
      boolean filled = fills && target.fresh();
      boolean waits = takeover != null && target.fresh() && !fills;
      for (int split = 0; split < splits.length; split++) {
        List<RowData> part = waits ? List.of() : filled ? all.get(split) : rows.get(split);
        // Operators write row kinds into rows, so two sources must not share them.
        splits[split].put((filled ? allShared : shared) ? copies(part) : part, step);
      }
      shared |= !filled && !waits;
      allShared |= filled;
    }
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
      long step,
      Map<Port, List<Listener>> audience,
      Map<Port, RowWeights> netOfTables,
      boolean fills) {
    unseen.forEach(Outlet::take);
    for (Port port : ports.values()) {
      if (port.outlet != null && !audience.containsKey(port) && (fills || !isUnfilled(port))) {
        // Constants that came before anyone was asked whether they want them.
        port.outlet.take();
      }
    }
    Map<Port, RelationChanges> changed = new LinkedHashMap<>();
    for (Port port : audience.keySet()) {
      RowWeights weights = port.outlet == null ? netOfTables.get(port) : port.outlet.take();
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
