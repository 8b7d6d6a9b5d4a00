package io.weirkeeper.engine.flow;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
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
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.executiongraph.AccessExecutionJobVertex;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.executiongraph.ErrorInfo;
import org.apache.flink.runtime.jobgraph.JobEdge;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.JobVertex;
import org.apache.flink.runtime.jobgraph.JobVertexID;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
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

  /** Flink's name of the file that ties a saved state together. */
  private static final String METADATA = "_metadata";

  /** Half of Flink's default: small plans have many buffers that are never full. */
  private static final int SEGMENT_BYTES = 16 * 1024;

  /** Per output view and pair of subtasks: 16 buffers, for a handful of exchanges. */
  private static final long NETWORK_BYTES_PER_PAIR = 16L * SEGMENT_BYTES;

  private final MiniCluster cluster;
  private final CompletableFuture<Void> clusterStarted = new CompletableFuture<>();
  private JobGraph graph;
  private Map<JobVertexID, TreeSet<Integer>> viewsByVertex = Map.of();
  private List<String> viewNames = List.of();
  private volatile boolean closed;
  private volatile JobID submitted;

  /** Brings the cluster up in the background. */
  Job(DataflowSettings settings, int views) {
    Configuration configuration = configuration(settings, views);
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
    // The endpoint can't be switched off; so: loopback, any port.
    configuration.setString("rest.address", "127.0.0.1");
    configuration.setString("rest.bind-address", "127.0.0.1");
    configuration.setString("rest.port", "0");
    configuration.setString("web.submit.enable", "false");
    configuration.setString("web.cancel.enable", "false");
    configuration.setString("security.delegation.tokens.enabled", "false");
    configuration.setString("io.tmp.dirs", settings.temporaryDirectory().toString());
    return configuration;
  }

  /** Takes the job to run and the names of its output views, by their numbers. */
  void prepare(JobGraph jobGraph, List<String> names) {
    graph = jobGraph;
    viewNames = names;
    viewsByVertex = new HashMap<>();
    List<JobVertex> fromSources = jobGraph.getVerticesSortedTopologicallyFromSources();
    for (int i = fromSources.size() - 1; i >= 0; i--) {
      JobVertex vertex = fromSources.get(i);
      TreeSet<Integer> views = viewsOf(vertex.getID());
      views.addAll(viewsIn(vertex));
      for (JobEdge edge : vertex.getInputs()) {
        viewsOf(edge.getSource().getProducer().getID()).addAll(views);
      }
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
   * @param savepoint directory that {@link #save} made
   * @param reduced whether there is state that no operator of this job wants. The caller has made
   *     sure that every operator of this job was one of the job that was saved
   * @return the views of which Flink had already seen the end, by their numbers
   * @throws IOException if the saved state can't be read
   */
  Set<Integer> restoreFrom(Path savepoint, boolean reduced) throws IOException {
    // State that no operator takes is lost silently: so only where it is known whose it was.
    graph.setSavepointRestoreSettings(
        SavepointRestoreSettings.forPath(
            savepoint.toUri().toString(), reduced, RecoveryClaimMode.NO_CLAIM));
    Set<OperatorID> finished = new HashSet<>();
    try (DataInputStream in =
        new DataInputStream(
            new BufferedInputStream(Files.newInputStream(savepoint.resolve(METADATA))))) {
      CheckpointMetadata metadata =
          Checkpoints.loadCheckpointMetadata(in, Job.class.getClassLoader(), savepoint.toString());
      for (OperatorState state : metadata.getOperatorStates()) {
        if (state.isFullyFinished()) {
          finished.add(state.getOperatorID());
        }
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
   * Saves the state of all operators to a directory of its own below another one. What is fed after
   * the readers have saved their place is not part of it.
   *
   * @return the directory
   */
  CompletableFuture<Path> save(Path parent) {
    return cluster
        .triggerSavepoint(submitted, parent.toUri().toString(), false, SavepointFormatType.NATIVE)
        .thenApply(uri -> Path.of(URI.create(uri).getPath()));
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
