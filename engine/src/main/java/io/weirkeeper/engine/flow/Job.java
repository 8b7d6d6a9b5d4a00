package io.weirkeeper.engine.flow;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionJobVertex;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.executiongraph.ErrorInfo;
import org.apache.flink.runtime.jobgraph.JobEdge;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.JobVertex;
import org.apache.flink.runtime.jobgraph.JobVertexID;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.jobgraph.tasks.CheckpointCoordinatorConfiguration;
import org.apache.flink.runtime.jobgraph.tasks.JobCheckpointingSettings;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One Flink job in an embedded cluster of its own. */
final class Job implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Job.class);
  private static final long CLOSE_MILLIS = 5_000;
  private static final long CANCEL_MILLIS = 1_000;
  private static final long DIAGNOSIS_MILLIS = 1_000;
  private static final int MAX_OPERATOR_NAME = 120;

  /** Half of Flink's default: small plans have many buffers that are never full. */
  private static final int SEGMENT_BYTES = 16 * 1024;

  /** Per output view and pair of subtasks: 16 buffers, for a handful of exchanges. */
  private static final long NETWORK_BYTES_PER_PAIR = 16L * SEGMENT_BYTES;

  private static final Duration NEVER = Duration.ofDays(36_500);
  private static final Duration ASK_AGAIN = Duration.ofMillis(5);
  private static final Duration SAVE_TIMEOUT = Duration.ofMinutes(10);

  /** Where Flink's part of a saved state is, in the directory of the whole. */
  private static final String KEPT = "flink";

  private final StateSettings state;
  private final MiniCluster cluster;
  private final CompletableFuture<Void> clusterStarted = new CompletableFuture<>();
  private JobGraph graph;
  private Map<JobVertexID, TreeSet<Integer>> viewsByVertex = Map.of();
  private List<String> viewNames = List.of();
  private Set<JobVertexID> constants = Set.of();
  private volatile boolean closed;
  private volatile JobID submitted;

  /** Brings the cluster up in the background. */
  Job(DataflowSettings settings, int views) {
    this.state = settings.state().ofJob();
    Configuration configuration = configuration(settings.withState(state), views);
    this.cluster =
        new MiniCluster(
            new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(settings.parallelism())
                .build());
    Thread starter =
        new Thread(
            () -> {
              try {
                cluster.start();
                clusterStarted.complete(null);
              } catch (Exception | Error e) {
                clusterStarted.completeExceptionally(e);
              }
            },
            "weirkeeper-flink-start");
    starter.setDaemon(true);
    starter.start();
  }

  private static Configuration configuration(DataflowSettings settings, int views) {
    Configuration configuration = FlinkPlan.jobConfiguration(settings.parallelism());
    // The cluster starts before the plan is known, so the number of exchanges is a guess.
    long pairs = (long) settings.parallelism() * settings.parallelism();
    long network = Math.max(settings.networkMemoryBytes(), views * pairs * NETWORK_BYTES_PER_PAIR);
    configuration.setString("taskmanager.memory.segment-size", SEGMENT_BYTES + "b");
    configuration.setString("taskmanager.memory.network.min", network + "b");
    configuration.setString("taskmanager.memory.network.max", network + "b");
    configuration.setString("taskmanager.memory.managed.size", "0b");
    configuration.setString(
        "taskmanager.numberOfTaskSlots", Integer.toString(settings.parallelism()));
    // Both wait for more requests to come along; here one job asks once, and a start would wait.
    configuration.setString("slotmanager.requirement-check.delay", "0ms");
    configuration.setString("slot.request.max-interval", "0ms");
    // The endpoint can't be switched off; so: loopback, any port.
    configuration.setString("rest.address", "127.0.0.1");
    configuration.setString("rest.bind-address", "127.0.0.1");
    configuration.setString("rest.port", "0");
    configuration.setString("web.submit.enable", "false");
    configuration.setString("web.cancel.enable", "false");
    configuration.setString("security.delegation.tokens.enabled", "false");
    configuration.setString("io.tmp.dirs", settings.temporaryDirectory().toString());
    stateConfiguration(settings.state()).forEach(configuration::setString);
    return configuration;
  }

  /** What is not baked into a planned job, so that a plan serves both kinds of state. */
  private static Map<String, String> stateConfiguration(StateSettings state) {
    if (!state.onDisk()) {
      return Map.of();
    }
    Map<String, String> options = new HashMap<>();
    options.put("state.backend.type", "rocksdb");
    options.put("execution.checkpointing.incremental", "true");
    options.put("execution.checkpointing.storage", "filesystem");
    options.put(
        "execution.checkpointing.dir", state.directory().resolve("checkpoints").toUri().toString());
    options.put("state.backend.rocksdb.localdir", state.directory().resolve("local").toString());
    // One pool for all operators, outside of the memory that Flink would take at its start.
    options.put("state.backend.rocksdb.memory.managed", "false");
    options.put("state.backend.rocksdb.memory.fixed-per-tm", state.memoryBytes() + "b");
    options.put("state.backend.rocksdb.checkpoint.transfer.thread.num", "2");
    options.put("state.backend.rocksdb.log.level", "ERROR_LEVEL");
    return options;
  }

  /** Takes the job to run and the names of its output views, by their numbers. */
  void prepare(JobGraph jobGraph, List<String> names) {
    graph = jobGraph;
    viewNames = names;
    stateConfiguration(state).forEach(graph.getJobConfiguration()::setString);
    alignBarriers(graph);
    viewsByVertex = new HashMap<>();
    List<JobVertex> fromSources = jobGraph.getVerticesSortedTopologicallyFromSources();
    constants = constantsAmong(fromSources);
    for (int i = fromSources.size() - 1; i >= 0; i--) {
      JobVertex vertex = fromSources.get(i);
      TreeSet<Integer> views = viewsOf(vertex.getID());
      views.addAll(viewsIn(vertex));
      for (JobEdge edge : vertex.getInputs()) {
        viewsOf(edge.getSource().getProducer().getID()).addAll(views);
      }
    }
  }

  /**
   * Lets operators wait for the barriers of all their inputs before they save. Flink leaves that
   * out of jobs without checkpoints at an interval, and then rows of the next step that come
   * through one input can get into the saved state of this one. Tasks go by the interval in the
   * job's configuration; the one by which checkpoints are made is in the settings, and switched
   * off.
   */
  private static void alignBarriers(JobGraph graph) {
    graph.getJobConfiguration().set(CheckpointingOptions.CHECKPOINTING_INTERVAL, NEVER);
    for (JobVertex vertex : graph.getVertices()) {
      // Or else a task with constants would wait for a checkpoint before it ends.
      vertex
          .getConfiguration()
          .set(CheckpointingOptions.ENABLE_CHECKPOINTS_AFTER_TASKS_FINISH, false);
    }
    graph.setSnapshotSettings(
        new JobCheckpointingSettings(
            CheckpointCoordinatorConfiguration.builder()
                .setCheckpointInterval(
                    CheckpointCoordinatorConfiguration.DISABLED_CHECKPOINT_INTERVAL)
                .setCheckpointTimeout(SAVE_TIMEOUT.toMillis())
                .setMaxConcurrentCheckpoints(1)
                .setExactlyOnce(true)
                // One that fails is not the end of the job; whoever asked for it hears of it.
                .setTolerableCheckpointFailureNumber(Integer.MAX_VALUE)
                .setEnableCheckpointsAfterTasksFinish(true)
                .build(),
            null));
  }

  /** The vertices that no table leads to: their tasks end by themselves. */
  private static Set<JobVertexID> constantsAmong(List<JobVertex> fromSources) {
    Set<JobVertexID> constants = new HashSet<>();
    for (JobVertex vertex : fromSources) {
      boolean onlyConstants =
          vertex.getInputs().stream()
              .allMatch(edge -> constants.contains(edge.getSource().getProducer().getID()));
      if (onlyConstants && !FlushingTasks.readsTable(vertex)) {
        constants.add(vertex.getID());
      }
    }
    return constants;
  }

  /**
   * Waits until Flink knows that the tasks of constants have ended. Asked to save while one is just
   * ending, it asks that task and fails.
   *
   * @throws DataflowException if that takes longer than a start may
   */
  void awaitConstants(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      while (!constants.isEmpty()) {
        Set<JobVertexID> running = new HashSet<>(constants);
        for (AccessExecutionJobVertex vertex :
            cluster
                .getArchivedExecutionGraph(submitted)
                .get(patience.toMillis(), TimeUnit.MILLISECONDS)
                .getVerticesTopologically()) {
          if (vertex.getAggregateState() == ExecutionState.FINISHED) {
            running.remove(vertex.getJobVertexId());
          }
        }
        if (!running.isEmpty()) {
          if (System.nanoTime() > deadline) {
            throw new DataflowException(
                "the tasks of constants have not ended within " + patience, null);
          }
          TimeUnit.NANOSECONDS.sleep(ASK_AGAIN.toNanos());
        }
        constants = running;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DataflowException("interrupted while constants were computed", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new DataflowException("Flink does not tell the state of its tasks: " + e, e);
    }
  }

  /** The views that end in a vertex. */
  private static Set<Integer> viewsIn(JobVertex vertex) {
    Set<Integer> views = new TreeSet<>();
    for (String operator : vertex.getName().split("->")) {
      int view = FlinkPlan.viewInName(operator);
      if (view >= 0) {
        views.add(view);
      }
    }
    return views;
  }

  private TreeSet<Integer> viewsOf(JobVertexID vertex) {
    return viewsByVertex.computeIfAbsent(vertex, id -> new TreeSet<>());
  }

  /**
   * Lets the job go on from a saved state.
   *
   * @param saved directory that {@link #keep} returned
   * @param reduced whether there is state that no operator of this job wants. The caller has made
   *     sure that every operator of this job was one of the job that was saved
   * @return the views of which Flink had already seen the end, by their numbers
   * @throws IOException if the saved state can't be read
   */
  Set<Integer> restoreFrom(Path saved, StateFormat format, boolean reduced) throws IOException {
    // State that no operator takes is lost silently: so only where it is known whose it was.
    if (format == StateFormat.ROCKSDB) {
      // Only of files that are its own does Flink save nothing but the change the next time.
      Path lent = state.directory().resolve("restored");
      FlinkFiles.lend(saved, lent);
      graph.setSavepointRestoreSettings(
          SavepointRestoreSettings.forPath(
              LinkingFileSystem.path(lent).toString(), reduced, RecoveryClaimMode.CLAIM));
    } else {
      graph.setSavepointRestoreSettings(
          SavepointRestoreSettings.forPath(
              saved.toUri().toString(), reduced, RecoveryClaimMode.NO_CLAIM));
    }
    Set<OperatorID> finished = new HashSet<>();
    for (OperatorState operator : FlinkFiles.read(saved).getOperatorStates()) {
      if (operator.isFullyFinished()) {
        finished.add(operator.getOperatorID());
      }
    }
    Set<Integer> views = new TreeSet<>();
    for (JobVertex vertex : graph.getVertices()) {
      boolean all =
          vertex.getOperatorIDs().stream()
              .allMatch(pair -> finished.contains(pair.getGeneratedOperatorID()));
      if (all) {
        views.addAll(viewsIn(vertex));
      }
    }
    return views;
  }

  /**
   * Saves the state of all operators. What is fed after the readers have saved their place is not
   * part of it.
   *
   * @param parent directory on the file system of the state
   * @return a directory that lasts until the next call: see {@link #keep}
   */
  CompletableFuture<Path> save(Path parent) {
    CompletableFuture<String> saved =
        state.onDisk()
            ? cluster.triggerCheckpoint(submitted)
            : cluster.triggerSavepoint(
                submitted, parent.toUri().toString(), false, SavepointFormatType.CANONICAL);
    return saved.thenApply(uri -> Path.of(URI.create(uri).getPath()));
  }

  /**
   * Makes what {@link #save} saved last.
   *
   * @return the directory below the parent in which it is whole
   */
  Path keep(Path saved, Path parent) throws IOException {
    if (!state.onDisk()) {
      return saved;
    }
    Path kept = parent.resolve(KEPT + "-" + submitted);
    FlinkFiles.keep(saved, kept);
    return kept;
  }

  /**
   * Submits the job.
   *
   * @param onFailure called once if the job dies, unless it is closed
   * @param timeout for the start of the cluster, and again for its taking the job
   * @throws ExecutionException if the cluster did not start or does not take the job
   * @throws TimeoutException if one of them takes longer
   */
  void submit(Consumer<DataflowException> onFailure, Duration timeout)
      throws InterruptedException, ExecutionException, TimeoutException {
    clusterStarted.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    JobID id = cluster.submitJob(graph).get(timeout.toMillis(), TimeUnit.MILLISECONDS).getJobID();
    submitted = id;
    var unused =
        cluster
            .requestJobResult(id)
            .whenComplete(
                (result, error) -> {
                  if (closed) {
                    return;
                  }
                  if (error != null) {
                    onFailure.accept(
                        new DataflowException(
                            "the Flink job is gone: " + FlinkPlan.reason(error), error));
                  } else if (!result.isSuccess()) {
                    // Not on Flink's own thread: the diagnosis asks Flink again.
                    Thread thread =
                        new Thread(
                            () -> onFailure.accept(diagnose(id, result)), "weirkeeper-diagnosis");
                    thread.setDaemon(true);
                    thread.start();
                  }
                });
  }

  private DataflowException diagnose(JobID id, JobResult result) {
    Throwable error =
        result
            .getSerializedThrowable()
            .map(t -> t.deserializeError(Job.class.getClassLoader()))
            .orElseGet(() -> new IllegalStateException("Flink gives no reason"));
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String reason =
        root.getMessage() == null
            ? root.getClass().getSimpleName()
            : "%s (%s)".formatted(root.getMessage().strip(), root.getClass().getSimpleName());
    AccessExecutionJobVertex vertex = failedVertex(id);
    if (vertex == null) {
      return new DataflowException("the dataflow failed: " + reason, error);
    }
    List<String> views = new ArrayList<>();
    for (int view : viewsByVertex.getOrDefault(vertex.getJobVertexId(), new TreeSet<>())) {
      views.add(viewNames.get(view));
    }
    String operator = vertex.getName();
    if (operator.length() > MAX_OPERATOR_NAME) {
      operator = operator.substring(0, MAX_OPERATOR_NAME) + "...";
    }
    return new DataflowException(
        "the dataflow failed at %s %s: %s, in the operator %s"
            .formatted(
                views.size() == 1 ? "view" : "one of the views",
                String.join(", ", views),
                reason,
                operator),
        views.size() == 1 ? views.get(0) : null,
        error);
  }

  /** The operator that failed first, or null. */
  private AccessExecutionJobVertex failedVertex(JobID id) {
    try {
      var execution =
          cluster.getArchivedExecutionGraph(id).get(DIAGNOSIS_MILLIS, TimeUnit.MILLISECONDS);
      AccessExecutionJobVertex failed = null;
      long earliest = Long.MAX_VALUE;
      for (AccessExecutionJobVertex vertex : execution.getVerticesTopologically()) {
        for (AccessExecutionVertex task : vertex.getTaskVertices()) {
          ErrorInfo info = task.getFailureInfo().orElse(null);
          if (info != null && info.getTimestamp() < earliest) {
            earliest = info.getTimestamp();
            failed = vertex;
          }
        }
      }
      return failed;
    } catch (ExecutionException | TimeoutException e) {
      LOG.info("Flink does not tell which operator failed: {}", e.toString());
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  // A cluster closed under a running job reports each task as failed.
  private void cancel(JobID id) throws InterruptedException {
    try {
      cluster.cancelJob(id).get(CANCEL_MILLIS, TimeUnit.MILLISECONDS);
      cluster.requestJobResult(id).get(CANCEL_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("the job is not cancelled before its cluster ends", e);
    }
  }

  /**
   * Waits until the parts of a cluster that has just started have found each other. Closed before
   * that, Flink waits for itself for ever, and with it a thread of the pool that all clusters of
   * this virtual machine share.
   */
  private void awaitLeaders() throws InterruptedException {
    try {
      cluster.requestClusterOverview().get(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("the cluster that is closed has no leaders yet", e);
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      // A cluster that is still starting can't be closed.
      clusterStarted.handle((done, error) -> null).get(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
      if (!clusterStarted.isCompletedExceptionally()) {
        if (submitted == null) {
          awaitLeaders();
        } else {
          cancel(submitted);
        }
      }
      cluster.closeAsync().get(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("Flink did not end cleanly", e);
    }
  }
}
