package io.weirkeeper.verticles.process;

import io.vertx.core.Future;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.deploy.ProcessReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;

/** What a pipeline needs of the host that runs its processes and holds its storage. */
public interface DeploymentHost {
  /** Persisted id of this host. */
  String hostId();

  /** The address that processes listen on. */
  String bindAddress();

  /** How long a process waits for its first grant. */
  Duration grantTimeout();

  /** Working directory of a deployment: logs, report, temporary files. */
  Path workingDirectory(UUID pipelineId, long deploymentNumber);

  /** Storage directory of a generation. */
  Path storageDirectory(UUID pipelineId, long generation);

  /**
   * Starts a process and waits until it has told who it is. The process is inert until it is
   * granted a lease.
   *
   * @param spec the deployment; its directories are made here
   * @param startTimeout from the fork to the report
   * @return the report; fails with {@link StartRefusedException} when the host is short of memory,
   *     too many starts wait, the JVM ends or the time is over (then it is killed)
   */
  Future<ProcessReport> launch(DeploymentSpec spec, Duration startTimeout);

  /** Whether exactly this process runs on this host. */
  Future<Boolean> exists(ProcessReport report);

  /** Whether the process of a deployment had saved its state and ended its work when it ended. */
  Future<Boolean> leftSuspended(UUID pipelineId, long deploymentNumber);

  /** Completes when the process has ended, however it did. */
  Future<Void> whenGone(ProcessReport report);

  /**
   * Ends a process at once and proves that it is gone.
   *
   * @return completes when it is gone; fails when it is not gone within the kill timeout
   */
  Future<Void> kill(ProcessReport report);

  /**
   * Ends the process of a deployment that may have been forked but was never recorded: a start
   * under way is called off, a process that has reported is killed; any other ends itself, because
   * nobody will grant it a lease.
   */
  Future<Void> killUnrecorded(UUID pipelineId, long deploymentNumber);

  /** Removes all storage generations of a pipeline below one; idempotent. */
  Future<Void> removeStorage(UUID pipelineId, long belowGeneration);

  /** Removes everything of a deleted pipeline. */
  Future<Void> removePipeline(UUID pipelineId);

  /** Removes the working directories of all deployments below one. */
  Future<Void> removeDeployments(UUID pipelineId, long belowNumber);
}
