package io.weirkeeper.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.deploy.ProcessReport;
import java.time.Instant;
import java.util.UUID;

/** Everything that can befall a pipeline. */
public sealed interface LifecycleInput {

  /**
   * The user changed the definition.
   *
   * @param next the whole new definition
   * @param bumpPlatform whether an older platform version counts as a change (PUT)
   */
  record Edit(Definition next, boolean bumpPlatform) implements LifecycleInput {}

  /**
   * What a user wants only if the pipeline is still as they saw it.
   *
   * @param ifMatch the state that they saw
   * @param input what they want then
   */
  record Conditional(IfMatch ifMatch, LifecycleInput input) implements LifecycleInput {}

  /** A deployment test of clients gives the pipeline another platform version. */
  record SetPlatformVersion(String platformVersion) implements LifecycleInput {}

  /** The user wants the program compiled for the present platform. */
  record UpdateRuntime() implements LifecycleInput {}

  /** The user deletes the pipeline. */
  record Delete() implements LifecycleInput {}

  /**
   * The user starts the pipeline.
   *
   * @param launch how
   * @param dismissError whether an error of the last deployment is forgotten
   */
  record Start(Launch launch, boolean dismissError) implements LifecycleInput {}

  /** The user stops the pipeline without a checkpoint. */
  record Stop() implements LifecycleInput {}

  /**
   * The user is about to pause, resume or suspend the process: written before the command is sent,
   * without an event, so that an acknowledged command is not forgotten with the process, and a late
   * one is refused (SAFETY rule 5).
   *
   * @param number of the deployment that is meant
   * @param desired Paused, Running or Suspended
   */
  record Intend(long number, RuntimeStatus desired) implements LifecycleInput {}

  /**
   * What was noted by an {@link Intend} has not come about: the process refused the command, or was
   * asked afterwards and does otherwise.
   *
   * @param number of the deployment that was meant
   * @param revision of the write that noted it
   */
  record Withdraw(long number, long revision) implements LifecycleInput {}

  /**
   * The user clears the stored state.
   *
   * @param host id of the host that is to do it; refused when the state is on another (SAFETY rule
   *     2)
   */
  record Clear(String host) implements LifecycleInput {}

  /** The user forgets the error of the last deployment. */
  record DismissError() implements LifecycleInput {}

  /**
   * Take the next step towards what is desired.
   *
   * @param fresh identifiers for a deployment, should the step begin one
   */
  record Reconcile(FreshDeployment fresh) implements LifecycleInput {}

  /**
   * The row was just loaded by a new owner: nothing that its predecessor had in memory exists any
   * more.
   *
   * @param process what became of the recorded process
   */
  record Loaded(ProcessFate process) implements LifecycleInput {}

  /** The compiler took the program up. */
  record CompileStarted(long programVersion) implements LifecycleInput {}

  /** The SQL of the program compiled: the next status is SqlCompiled. */
  record SqlCompiled(long programVersion, JsonNode sqlCompilation, JsonNode info, JsonNode plan)
      implements LifecycleInput {}

  /** The native step began; it takes no time here, but clients watch for it. */
  record NativeCompileStarted(long programVersion) implements LifecycleInput {}

  /** The program can run. */
  record CompileSucceeded(long programVersion) implements LifecycleInput {}

  /** The program has errors. */
  record CompileRejected(long programVersion, JsonNode sqlCompilation) implements LifecycleInput {}

  /** The compiler failed. */
  record CompileBroken(long programVersion, String systemError) implements LifecycleInput {}

  /**
   * The process of a deployment told who it is.
   *
   * @param number of the deployment
   * @param report who it is
   * @param leaseUntil end of the first lease, to be recorded before the grant is sent
   */
  record ProcessReported(long number, ProcessReport report, Instant leaseUntil)
      implements LifecycleInput {}

  /** The lease of a process is to be renewed: recorded first, then sent. */
  record RenewLease(long number, Instant leaseUntil) implements LifecycleInput {}

  /**
   * The process answered a status request.
   *
   * @param number of the deployment
   * @param status its runtime status
   * @param details object or null
   * @param desired its desired runtime status
   * @param storageDetails {@code {"checkpoints":[...]}} or null
   * @param isDue whether it is to be written even if it changes nothing (spec: lifecycle §2.2)
   */
  record ProcessObserved(
      long number,
      RuntimeStatus status,
      JsonNode details,
      RuntimeStatus desired,
      JsonNode storageDetails,
      boolean isDue)
      implements LifecycleInput {

    /** An observation that is written when it changes something. */
    public ProcessObserved(
        long number,
        RuntimeStatus status,
        JsonNode details,
        RuntimeStatus desired,
        JsonNode storageDetails) {
      this(number, status, details, desired, storageDetails, false);
    }

    /** The same, to be written in any case. */
    public ProcessObserved due() {
      return new ProcessObserved(number, status, details, desired, storageDetails, true);
    }
  }

  /** The process has written its last checkpoint and ended its work; it is to be stopped. */
  record ProcessSuspended(long number) implements LifecycleInput {}

  /**
   * The process of a deployment is proved gone, without having been asked to go: with fault
   * tolerance the pipeline goes on from its last checkpoint, otherwise this is a {@link
   * DeploymentFailed}.
   */
  record ProcessDied(long number, ApiError error) implements LifecycleInput {}

  /** The deployment can't go on: it did not start, its process died or reported a fatal error. */
  record DeploymentFailed(long number, ApiError error) implements LifecycleInput {}

  /**
   * The process of a deployment can't be proved gone yet.
   *
   * @param number of the deployment
   * @param reason what stands in the way
   */
  record StopFailed(long number, String reason) implements LifecycleInput {}

  /** The process of a deployment is proved gone. */
  record ProcessStopped(long number) implements LifecycleInput {}

  /**
   * The controller itself stops and took the process along; the pipeline shall run again when it is
   * back.
   */
  record Parked(long number) implements LifecycleInput {}

  /** The generations up to this one were removed. */
  record StorageRemoved(long upToGeneration) implements LifecycleInput {}

  /**
   * Identifiers for a new deployment; made outside because they are random.
   *
   * @param id UUIDv7
   * @param secret 64 hex digits
   * @param host id of this host
   */
  record FreshDeployment(UUID id, String secret, String host) {
    /** Hides the secret. */
    @Override
    public String toString() {
      return "FreshDeployment[" + id + "]";
    }
  }

  /** What a new owner found out about the recorded process. */
  enum ProcessFate {
    /** None is recorded. */
    NONE,
    /** It answered the challenge. */
    ALIVE,
    /** It is proved gone on its own host. */
    GONE,
    /** The same, and it had saved its state and ended its work before. */
    SUSPENDED,
    /** Neither could be had. */
    UNKNOWN
  }
}
