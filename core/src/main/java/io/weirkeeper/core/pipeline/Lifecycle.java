package io.weirkeeper.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.CompactJson;
import io.weirkeeper.core.api.SameJson;
import io.weirkeeper.core.pipeline.LifecycleInput.ProcessFate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Every transition of a pipeline (spec: lifecycle.md, api-semantics §3.6–4.10): a pure function
 * {@code (state, input, now) → decision}. One decision is one row write; where the spec demands
 * intermediate states, the decision names the input that follows.
 */
public final class Lifecycle {
  private static final int DESCRIPTION_LIMIT = 300;

  /** Key of the resources details that holds an error until the deployment is Stopping. */
  private static final String FAILURE = "failure";

  /** Runtime settings that belong to stored state (spec: api-semantics §3.8), as paths. */
  private static final List<String> CLEARED_STORAGE_SETTINGS =
      List.of(
          "workers",
          "hosts",
          "fault_tolerance",
          "resources.storage_mb_max",
          "resources.namespace",
          "resources.storage_class",
          "clock_timezone_offset");

  /** Why a fault tolerant pipeline was started again, for people. */
  private static final String DEATH =
      "The pipeline process ended by itself or was killed from outside; its log has its last words."
          + " The pipeline goes on from its last checkpoint and its journal";

  /** What clients expect of a step that does not exist here. */
  private static final JsonNode NATIVE_SUCCESS =
      CompactJson.shared("{\"exit_code\":0,\"stdout\":\"\",\"stderr\":\"\"}");

  /** Why a pipeline that was to be suspended has an error, by whether it kept a journal. */
  private static final String NOT_SAVED =
      "the pipeline process ended before it had saved its state, which it was asked to do; its log"
          + " has its last words. What came after the last checkpoint is lost";

  private static final String NOT_SAVED_BUT_JOURNALED =
      "the pipeline process ended before it had saved its state, which it was asked to do; its log"
          + " has its last words. Nothing that was acknowledged is lost: when it is started again,"
          + " the pipeline goes on from its last checkpoint and its journal";

  private final String platformVersion;

  /**
   * The rules of a server.
   *
   * @param platformVersion API version that newly compiled programs get
   */
  public Lifecycle(String platformVersion) {
    this.platformVersion = Objects.requireNonNull(platformVersion);
  }

  /**
   * Decides. Never throws for any combination of state and input: what does not fit is refused or
   * ignored.
   */
  public Decision decide(PipelineRecord pipeline, LifecycleInput input, Instant now) {
    if (input instanceof LifecycleInput.Edit edit) {
      return edit(pipeline, edit, now);
    } else if (input instanceof LifecycleInput.Conditional conditional) {
      return conditional.ifMatch().admits(pipeline)
          ? decide(pipeline, conditional.input(), now)
          : new Decision.Rejected(
              ApiErrors.preconditionFailed(
                  conditional.ifMatch().given(), pipeline.id(), pipeline.revision()));
    } else if (input instanceof LifecycleInput.SetPlatformVersion set) {
      return setPlatformVersion(pipeline, set.platformVersion());
    } else if (input instanceof LifecycleInput.UpdateRuntime) {
      return updateRuntime(pipeline, now);
    } else if (input instanceof LifecycleInput.Delete) {
      return delete(pipeline);
    } else if (input instanceof LifecycleInput.Start start) {
      return start(pipeline, start, now);
    } else if (input instanceof LifecycleInput.Stop) {
      return stop(pipeline, now);
    } else if (input instanceof LifecycleInput.Clear clear) {
      return clear(pipeline, clear.host());
    } else if (input instanceof LifecycleInput.Intend intend) {
      return intend(pipeline, intend);
    } else if (input instanceof LifecycleInput.Withdraw withdraw) {
      return withdraw(pipeline, withdraw);
    } else if (input instanceof LifecycleInput.DismissError) {
      return dismissError(pipeline);
    } else if (input instanceof LifecycleInput.Reconcile reconcile) {
      return reconcile(pipeline, reconcile.fresh(), now);
    } else if (input instanceof LifecycleInput.Loaded loaded) {
      return loaded(pipeline, loaded.process(), now);
    } else if (input instanceof LifecycleInput.ProcessReported reported) {
      return processReported(pipeline, reported, now);
    } else if (input instanceof LifecycleInput.RenewLease renew) {
      return renewLease(pipeline, renew);
    } else if (input instanceof LifecycleInput.ProcessObserved observed) {
      return processObserved(pipeline, observed, now);
    } else if (input instanceof LifecycleInput.ProcessDied died) {
      return processDied(pipeline, died, now);
    } else if (input instanceof LifecycleInput.DeploymentFailed failed) {
      return deploymentFailed(pipeline, failed, now);
    } else if (input instanceof LifecycleInput.ProcessSuspended suspended) {
      return processSuspended(pipeline, suspended, now);
    } else if (input instanceof LifecycleInput.StopFailed failed) {
      return stopFailed(pipeline, failed, now);
    } else if (input instanceof LifecycleInput.ProcessStopped stopped) {
      return processStopped(pipeline, stopped, now);
    } else if (input instanceof LifecycleInput.Parked parked) {
      return parked(pipeline, parked, now);
    } else if (input instanceof LifecycleInput.StorageRemoved removed) {
      return storageRemoved(pipeline, removed);
    } else {
      return compilerInput(pipeline, input, now);
    }
  }

  // ---- the user -------------------------------------------------------------------------------

  private Decision edit(PipelineRecord pipeline, LifecycleInput.Edit edit, Instant now) {
    Definition old = pipeline.definition();
    Definition next = edit.next();
    boolean described = !old.description().equals(next.description());
    boolean metadata = described || !old.tags().equals(next.tags());
    boolean bump =
        edit.bumpPlatform() && !pipeline.versions().platformVersion().equals(platformVersion);
    boolean program =
        bump
            || !old.programCode().equals(next.programCode())
            || !old.udfRust().equals(next.udfRust())
            || !old.udfToml().equals(next.udfToml())
            || !SameJson.same(old.programConfig(), next.programConfig());
    boolean core =
        program
            || !old.name().equals(next.name())
            || !SameJson.same(old.runtimeConfig(), next.runtimeConfig());
    int length = next.description().codePointCount(0, next.description().length());
    if (described && length > DESCRIPTION_LIMIT) {
      return new Decision.Rejected(ApiErrors.tooLongDescription(length, DESCRIPTION_LIMIT));
    }
    if (!metadata && !core) {
      return new Decision.Unchanged(List.of());
    }
    if (core) {
      if (!pipeline.resources().fullyStopped()) {
        return new Decision.Rejected(ApiErrors.updateRestrictedToStopped());
      }
      if (pipeline.storage().status() != StorageStatus.CLEARED) {
        List<String> notAllowed = restrictedToClearedStorage(old, next);
        if (!notAllowed.isEmpty()) {
          return new Decision.Rejected(ApiErrors.editRestrictedToClearedStorage(notAllowed));
        }
      }
    }
    PipelineRecord edited = pipeline.withDefinition(next);
    return core ? coreEdited(edited, program, now) : changed(edited, false);
  }

  private Decision coreEdited(PipelineRecord edited, boolean program, Instant now) {
    Versions versions = edited.versions();
    if (!program) {
      return changed(
          edited.withVersions(
              new Versions(
                  versions.version() + 1,
                  versions.programVersion(),
                  versions.refreshVersion() + 1,
                  versions.platformVersion())),
          false);
    }
    Instant since =
        edited.program().status() == ProgramStatus.PENDING ? edited.program().since() : now;
    return changed(
        edited
            .withVersions(
                new Versions(
                    versions.version() + 1,
                    versions.programVersion() + 1,
                    versions.refreshVersion() + 1,
                    platformVersion))
            .withProgram(Program.pending(since)),
        true,
        new Effect.Compile(versions.programVersion() + 1));
  }

  private static List<String> restrictedToClearedStorage(Definition old, Definition next) {
    List<String> notAllowed = new ArrayList<>();
    if (!old.name().equals(next.name())) {
      notAllowed.add("name");
    }
    for (String path : CLEARED_STORAGE_SETTINGS) {
      String pointer = "/" + path.replace('.', '/');
      if (!SameJson.same(old.runtimeConfig().at(pointer), next.runtimeConfig().at(pointer))) {
        notAllowed.add("runtime_config." + path);
      }
    }
    return notAllowed;
  }

  private Decision updateRuntime(PipelineRecord pipeline, Instant now) {
    if (pipeline.versions().platformVersion().equals(platformVersion)) {
      return new Decision.Unchanged(List.of());
    }
    if (!pipeline.resources().fullyStopped()) {
      return new Decision.Rejected(ApiErrors.updateRestrictedToStopped());
    }
    return coreEdited(pipeline, true, now);
  }

  /** Only what was compiled for it is told by the platform version, so nothing else changes. */
  private static Decision setPlatformVersion(PipelineRecord pipeline, String platformVersion) {
    Versions versions = pipeline.versions();
    if (!pipeline.resources().fullyStopped()) {
      return new Decision.Rejected(ApiErrors.updateRestrictedToStopped());
    }
    if (versions.platformVersion().equals(platformVersion)) {
      return new Decision.Unchanged(List.of());
    }
    return changed(
        pipeline.withVersions(
            new Versions(
                versions.version(),
                versions.programVersion(),
                versions.refreshVersion(),
                platformVersion)),
        false);
  }

  private static Decision delete(PipelineRecord pipeline) {
    if (!pipeline.resources().fullyStopped()) {
      return new Decision.Rejected(ApiErrors.deleteRestrictedToFullyStopped());
    }
    if (pipeline.storage().status() != StorageStatus.CLEARED) {
      return new Decision.Rejected(ApiErrors.deleteRestrictedToClearedStorage());
    }
    return new Decision.Removed();
  }

  /** The checks of api-semantics §4.7, in its order. */
  private static Decision start(PipelineRecord pipeline, LifecycleInput.Start start, Instant now) {
    Resources resources = pipeline.resources();
    boolean desired = resources.desired() == ResourcesDesiredStatus.PROVISIONED;
    if (!desired && resources.status() != ResourcesStatus.STOPPED) {
      return new Decision.Rejected(
          ApiErrors.illegalPipelineAction(
              resources.status(),
              ResourcesDesiredStatus.STOPPED,
              ResourcesDesiredStatus.PROVISIONED,
              "Wait until the pipeline is stopped, then start it again."));
    }
    if (pipeline.deploymentError() != null && !start.dismissError()) {
      return new Decision.Rejected(ApiErrors.cannotStartWithUndismissedError());
    }
    if (pipeline.storage().status() == StorageStatus.CLEARING) {
      return new Decision.Rejected(ApiErrors.cannotStartWhileClearingStorage());
    }
    if (failed(pipeline.program().status())) {
      return new Decision.Rejected(ApiErrors.cannotStartWithCompilationError());
    }
    if (desired && pipeline.launch() != null) {
      if (pipeline.launch().initial() != start.launch().initial()) {
        return new Decision.Rejected(ApiErrors.initialImmutableUnlessStopped());
      }
      if (!pipeline.launch().sameBootstrap(start.launch())) {
        return new Decision.Rejected(ApiErrors.bootstrapPolicyImmutableUnlessStopped());
      }
    }
    if (start.launch().initial() == RuntimeStatus.STANDBY && !storageIsSynchronised(pipeline)) {
      return new Decision.Rejected(ApiErrors.initialStandbyNotAllowed());
    }
    if (desired) {
      return new Decision.Unchanged(List.of());
    }
    return changed(
        pipeline
            .withDeploymentError(null)
            .withLaunch(start.launch())
            // Deaths before the user's start are not counted.
            .withResources(
                resources.withDesired(ResourcesDesiredStatus.PROVISIONED, now).withDetails(null)),
        true,
        new Effect.Reconcile());
  }

  private static boolean storageIsSynchronised(PipelineRecord pipeline) {
    JsonNode backend = pipeline.definition().runtimeConfig().at("/storage/backend");
    JsonNode sync = backend.at("/config/sync");
    return backend.path("name").asText().equals("file") && !sync.isMissingNode() && !sync.isNull();
  }

  private static Decision stop(PipelineRecord pipeline, Instant now) {
    Resources resources = pipeline.resources();
    boolean stopped = resources.status() == ResourcesStatus.STOPPED;
    boolean forgetLaunch = stopped && pipeline.launch() != null;
    if (resources.desired() == ResourcesDesiredStatus.STOPPED && !forgetLaunch) {
      return new Decision.Unchanged(List.of(new Effect.Reconcile()));
    }
    Resources unwanted = resources.withDesired(ResourcesDesiredStatus.STOPPED, now);
    return changed(
        stopped
            ? pipeline.withResources(unwanted.withDetails(null)).withLaunch(null)
            : pipeline.withResources(unwanted),
        true,
        new Effect.Reconcile());
  }

  private static Decision clear(PipelineRecord pipeline, String host) {
    Storage storage = pipeline.storage();
    if (storage.status() == StorageStatus.CLEARED) {
      return new Decision.Unchanged(List.of());
    }
    if (!pipeline.resources().fullyStopped()) {
      return new Decision.Rejected(
          ApiErrors.storageStatusImmutableUnlessStopped(
              pipeline.resources().status(),
              pipeline.resources().desired(),
              storage.status(),
              StorageStatus.CLEARING));
    }
    if (storage.host() != null && !storage.host().equals(host)) {
      return new Decision.Rejected(ApiErrors.storageOnAnotherHost(storage.host(), host));
    }
    if (storage.status() == StorageStatus.CLEARING) {
      return new Decision.Unchanged(List.of(new Effect.RemoveStorage(storage.generation())));
    }
    // The generation rises before anything is removed: a clear that wakes late removes only what is
    // old.
    long generation = storage.generation() + 1;
    return changed(
        pipeline.withStorage(
            new Storage(StorageStatus.CLEARING, storage.details(), storage.host(), generation)),
        true,
        new Effect.RemoveStorage(generation));
  }

  /** The intent stands in the internal deployment_config, under the revision of its write. */
  private static Decision intend(PipelineRecord pipeline, LifecycleInput.Intend intend) {
    Deployment deployment = pipeline.deployment();
    Resources resources = pipeline.resources();
    if (deployment.number() != intend.number()
        || deployment.process() == null
        || resources.status() != ResourcesStatus.PROVISIONED
        || resources.desired() != ResourcesDesiredStatus.PROVISIONED) {
      return new Decision.Rejected(
          ApiErrors.pipelineInteractionNotDeployed(
              pipeline.name(), resources.status(), resources.desired()));
    }
    RuntimeStatus before = Intent.of(pipeline).map(Intent::desired).orElse(null);
    return changed(
        pipeline.withDeployment(Intent.noted(pipeline, intend.desired(), before)), false);
  }

  /** What was refused is as if it had never been asked for. */
  private static Decision withdraw(PipelineRecord pipeline, LifecycleInput.Withdraw withdraw) {
    Optional<Intent> intent = Intent.of(pipeline);
    if (pipeline.deployment().number() != withdraw.number()
        || intent.isEmpty()
        || intent.get().revision() != withdraw.revision()) {
      return new Decision.Unchanged(List.of());
    }
    return changed(
        pipeline.withDeployment(Intent.noted(pipeline, intent.get().before(), null)), false);
  }

  /** Whether the process was told to save its state and end; not undone by its death. */
  private static boolean suspending(PipelineRecord pipeline) {
    return pipeline.runtime().desired() == RuntimeStatus.SUSPENDED
        || Intent.of(pipeline).filter(i -> i.desired() == RuntimeStatus.SUSPENDED).isPresent();
  }

  /** The process is gone, and had not saved its state as it was asked to: it stays stopped. */
  private static Decision notSaved(PipelineRecord pipeline, Instant now) {
    String why = faultTolerant(pipeline) ? NOT_SAVED_BUT_JOURNALED : NOT_SAVED;
    return deploymentFailed(
        pipeline,
        new LifecycleInput.DeploymentFailed(
            pipeline.deployment().number(), ApiErrors.runnerCheckError(why)),
        now);
  }

  private static Decision dismissError(PipelineRecord pipeline) {
    if (pipeline.deploymentError() == null) {
      return new Decision.Unchanged(List.of());
    }
    if (!pipeline.resources().fullyStopped()) {
      return new Decision.Rejected(ApiErrors.dismissErrorRestrictedToFullyStopped());
    }
    return changed(pipeline.withDeploymentError(null), true);
  }

  // ---- the runner -----------------------------------------------------------------------------

  private static Decision reconcile(
      PipelineRecord pipeline, LifecycleInput.FreshDeployment fresh, Instant now) {
    boolean wanted = pipeline.resources().desired() == ResourcesDesiredStatus.PROVISIONED;
    return switch (pipeline.resources().status()) {
      case STOPPED -> stopped(pipeline, wanted, fresh, now);
      case PROVISIONING ->
          wanted
              ? new Decision.Unchanged(List.of(new Effect.Launch(pipeline.deployment().number())))
              : stopping(pipeline, null, now);
      case PROVISIONED -> {
        if (!wanted) {
          yield stopping(pipeline, null, now);
        }
        yield pipeline.runtime().status() == RuntimeStatus.SUSPENDED
            ? suspended(pipeline, now)
            : new Decision.Unchanged(List.of(new Effect.Observe(pipeline.deployment().number())));
      }
      case STOPPING ->
          new Decision.Unchanged(List.of(new Effect.Kill(pipeline.deployment().number())));
    };
  }

  private static Decision stopped(
      PipelineRecord pipeline, boolean wanted, LifecycleInput.FreshDeployment fresh, Instant now) {
    long version = pipeline.versions().programVersion();
    return switch (pipeline.program().status()) {
      // Only a write of which the outcome was not known leaves a program between these steps.
      case SQL_COMPILED ->
          compilerInput(pipeline, new LifecycleInput.NativeCompileStarted(version), now);
      case COMPILING_RUST ->
          compilerInput(pipeline, new LifecycleInput.CompileSucceeded(version), now);
      default -> wanted ? begin(pipeline, fresh, now) : rest(pipeline);
    };
  }

  /** Stopped and meant to be: finish what is under way besides. */
  private static Decision rest(PipelineRecord pipeline) {
    List<Effect> effects = new ArrayList<>();
    if (pipeline.storage().status() == StorageStatus.CLEARING) {
      effects.add(new Effect.RemoveStorage(pipeline.storage().generation()));
    }
    if (pipeline.program().status() == ProgramStatus.PENDING) {
      effects.add(new Effect.Compile(pipeline.versions().programVersion()));
    }
    return new Decision.Unchanged(effects);
  }

  /** Stopped, but meant to run: wait for the compiler, then take storage, then a deployment. */
  private static Decision begin(
      PipelineRecord pipeline, LifecycleInput.FreshDeployment fresh, Instant now) {
    ProgramStatus program = pipeline.program().status();
    if (failed(program)) {
      return remainStopped(
          pipeline,
          ApiErrors.startFailedDueToFailedCompilation(
              program.json() + " occurred (see `program_error` for more information)"),
          now);
    }
    if (program != ProgramStatus.SUCCESS) {
      return rest(pipeline);
    }
    if (pipeline.program().plan() == null || pipeline.program().info() == null) {
      return changed(
          pipeline.refreshed().withProgram(Program.pending(now)),
          true,
          new Effect.Compile(pipeline.versions().programVersion()));
    }
    if (pipeline.storage().status() == StorageStatus.CLEARED) {
      Storage storage = pipeline.storage();
      return new Decision.Changed(
          pipeline.withStorage(
              new Storage(
                  StorageStatus.IN_USE, storage.details(), fresh.host(), storage.generation())),
          true,
          List.of(),
          new LifecycleInput.Reconcile(fresh));
    }
    if (!Objects.equals(pipeline.storage().host(), fresh.host())) {
      return remainStopped(
          pipeline,
          ApiErrors.runnerProvisionError(
              "the stored state of the pipeline is on host "
                  + pipeline.storage().host()
                  + " and cannot be used on host "
                  + fresh.host()
                  + "; start it there or clear its storage"),
          now);
    }
    Optional<Restarts> restarts = Restarts.in(pipeline.resources().details());
    Duration pause = restarts.map(r -> r.pauseLeft(now)).orElse(Duration.ZERO);
    if (pause.compareTo(Duration.ZERO) > 0) {
      return new Decision.Unchanged(List.of(new Effect.ReconcileAfter(pause)));
    }
    long number = pipeline.deployment().number() + 1;
    JsonNode kept = restarts.map(r -> (JsonNode) r.with(emptyObject())).orElse(null);
    return changed(
        pipeline
            .refreshed()
            .withDeployment(
                new Deployment(
                    number,
                    fresh.id(),
                    fresh.secret(),
                    pipeline.definition().runtimeConfig(),
                    fresh.host(),
                    null,
                    null))
            .withDeploymentError(null)
            .withRuntime(Runtime.NONE)
            .withResources(
                pipeline.resources().withStatus(ResourcesStatus.PROVISIONING, kept, now)),
        true,
        new Effect.Launch(number));
  }

  private static Decision remainStopped(PipelineRecord pipeline, ApiError error, Instant now) {
    return changed(
        pipeline
            .refreshed()
            .withDeploymentError(error.body())
            .withLaunch(null)
            .withResources(
                pipeline
                    .resources()
                    .withStatus(ResourcesStatus.STOPPED, null, now)
                    .withDesired(ResourcesDesiredStatus.STOPPED, now)),
        true);
  }

  private Decision loaded(PipelineRecord pipeline, ProcessFate process, Instant now) {
    ProgramStatus program = pipeline.program().status();
    boolean compiled = program == ProgramStatus.SUCCESS || failed(program);
    if (!compiled && !pipeline.versions().platformVersion().equals(platformVersion)) {
      // What an older platform has not finished is compiled by this one (spec: lifecycle §4.1).
      Decision.Changed bumped = (Decision.Changed) coreEdited(pipeline, true, now);
      return changed(bumped.next(), true, new Effect.Reconcile());
    }
    if (program == ProgramStatus.COMPILING_SQL) {
      return changed(
          pipeline.refreshed().withProgram(Program.pending(now)), true, new Effect.Reconcile());
    }
    // The plan is stored since SqlCompiled: only the native step is to be gone through again.
    LifecycleInput nativeStep =
        new LifecycleInput.NativeCompileStarted(pipeline.versions().programVersion());
    if (program == ProgramStatus.SQL_COMPILED) {
      return compilerInput(pipeline, nativeStep, now);
    }
    if (program == ProgramStatus.COMPILING_RUST) {
      return new Decision.Changed(
          pipeline
              .refreshed()
              .withProgram(pipeline.program().withStatus(ProgramStatus.SQL_COMPILED, now)),
          true,
          List.of(),
          nativeStep);
    }
    boolean wanted = pipeline.resources().desired() == ResourcesDesiredStatus.PROVISIONED;
    return switch (pipeline.resources().status()) {
      case STOPPED, STOPPING -> new Decision.Unchanged(List.of(new Effect.Reconcile()));
      // A process that was forked but never recorded is inert and ends itself; it gets no second
      // name.
      case PROVISIONING -> wanted ? park(pipeline, now) : stopping(pipeline, null, now);
      case PROVISIONED -> {
        if (!wanted) {
          yield stopping(pipeline, null, now);
        }
        if (pipeline.runtime().status() == RuntimeStatus.SUSPENDED) {
          yield suspended(pipeline, now);
        }
        yield switch (process) {
          case SUSPENDED -> suspended(pipeline, now);
          case GONE, NONE -> suspending(pipeline) ? notSaved(pipeline, now) : park(pipeline, now);
          case ALIVE ->
              new Decision.Unchanged(List.of(new Effect.Observe(pipeline.deployment().number())));
          case UNKNOWN ->
              changed(
                  observed(
                      pipeline,
                      RuntimeStatus.UNAVAILABLE,
                      reason("the process can't be reached by its new owner"),
                      pipeline.runtime().desired(),
                      now),
                  true,
                  new Effect.Observe(pipeline.deployment().number()));
        };
      }
    };
  }

  /** Back to Stopped, still meant to run, with the runtime status that it had been told. */
  private static Decision park(PipelineRecord pipeline, Instant now) {
    // What was asked last may not have been observed any more (SAFETY rule 5).
    RuntimeStatus told =
        Intent.of(pipeline)
            .map(Intent::desired)
            .filter(asked -> asked == RuntimeStatus.PAUSED || asked == RuntimeStatus.RUNNING)
            .orElse(pipeline.runtime().desired());
    Launch launch = pipeline.launch();
    boolean known = told == RuntimeStatus.PAUSED || told == RuntimeStatus.RUNNING;
    Launch again =
        launch == null || !known
            ? launch
            : new Launch(
                told,
                launch.bootstrapPolicy(),
                launch.silentBootstrap(),
                launch.concurrentBootstrap());
    return changed(
        pipeline
            .refreshed()
            .withLaunch(again)
            .withRuntime(Runtime.NONE)
            .withDeployment(pipeline.deployment().ended())
            .withResources(pipeline.resources().withStatus(ResourcesStatus.STOPPED, null, now)),
        true,
        new Effect.Reconcile());
  }

  private static Decision parked(
      PipelineRecord pipeline, LifecycleInput.Parked parked, Instant now) {
    boolean present = pipeline.deployment().number() == parked.number();
    boolean wanted = pipeline.resources().desired() == ResourcesDesiredStatus.PROVISIONED;
    boolean up =
        pipeline.resources().status() == ResourcesStatus.PROVISIONED
            || pipeline.resources().status() == ResourcesStatus.PROVISIONING;
    if (!present || !wanted || !up) {
      return new Decision.Unchanged(List.of());
    }
    if (suspending(pipeline)) {
      return notSaved(pipeline, now);
    }
    Decision.Changed decision = (Decision.Changed) park(pipeline, now);
    return new Decision.Changed(decision.next(), true, List.of(), null);
  }

  private static Decision processReported(
      PipelineRecord pipeline, LifecycleInput.ProcessReported reported, Instant now) {
    Deployment deployment = pipeline.deployment();
    if (deployment.number() == reported.number()
        && reported.report().equals(deployment.process())) {
      // It was recorded by a write of which the outcome was not known: its effects are still due.
      return new Decision.Unchanged(
          List.of(new Effect.Grant(reported.number()), new Effect.Observe(reported.number())));
    }
    if (deployment.number() != reported.number()
        || deployment.process() != null
        || pipeline.resources().status() != ResourcesStatus.PROVISIONING) {
      return new Decision.Unchanged(List.of());
    }
    if (pipeline.resources().desired() == ResourcesDesiredStatus.STOPPED) {
      return stopping(pipeline, null, now);
    }
    ObjectNode details = JsonNodeFactory.instance.objectNode();
    details.put("process", "has not exited");
    details.put("working_dir", "exists");
    Restarts.in(pipeline.resources().details()).ifPresent(restarts -> restarts.with(details));
    return changed(
        pipeline
            .refreshed()
            .withDeployment(
                new Deployment(
                    deployment.number(),
                    deployment.id(),
                    deployment.secret(),
                    deployment.config(),
                    deployment.host(),
                    reported.report(),
                    reported.leaseUntil()))
            .withDeploymentError(null)
            .withResources(
                pipeline.resources().withStatus(ResourcesStatus.PROVISIONED, details, now))
            .withRuntime(
                Runtime.NONE.observed(
                    RuntimeStatus.INITIALIZING,
                    reason("initializing set by the runner"),
                    pipeline.launch() == null ? RuntimeStatus.RUNNING : pipeline.launch().initial(),
                    now)),
        true,
        new Effect.Grant(reported.number()),
        new Effect.Observe(reported.number()));
  }

  private static Decision renewLease(PipelineRecord pipeline, LifecycleInput.RenewLease renew) {
    Deployment deployment = pipeline.deployment();
    if (deployment.number() != renew.number()
        || deployment.process() == null
        || pipeline.resources().status() != ResourcesStatus.PROVISIONED) {
      return new Decision.Unchanged(List.of());
    }
    return changed(
        pipeline.withDeployment(
            new Deployment(
                deployment.number(),
                deployment.id(),
                deployment.secret(),
                deployment.config(),
                deployment.host(),
                deployment.process(),
                renew.leaseUntil())),
        false,
        new Effect.Grant(renew.number()));
  }

  private static Decision processObserved(
      PipelineRecord pipeline, LifecycleInput.ProcessObserved observed, Instant now) {
    Runtime runtime = pipeline.runtime();
    boolean running =
        pipeline.resources().status() == ResourcesStatus.PROVISIONED
            && pipeline.resources().desired() == ResourcesDesiredStatus.PROVISIONED;
    if (pipeline.deployment().number() != observed.number() || !running) {
      return new Decision.Unchanged(List.of());
    }
    boolean suspended = observed.status() == RuntimeStatus.SUSPENDED;
    if (suspended && runtime.status() == RuntimeStatus.SUSPENDED) {
      return suspended(pipeline, now);
    }
    boolean reachable = observed.status() != RuntimeStatus.UNAVAILABLE;
    RuntimeStatus desired = observed.desired() == null ? runtime.desired() : observed.desired();
    JsonNode details = observed.details() == null ? emptyObject() : observed.details();
    Storage storage = pipeline.storage();
    Storage nextStorage =
        reachable && observed.storageDetails() != null
            ? new Storage(
                storage.status(), observed.storageDetails(), storage.host(), storage.generation())
            : storage;
    if (observed.status() == runtime.status()
        && desired == runtime.desired()
        && details.equals(runtime.details())
        && nextStorage.equals(storage)
        && !observed.isDue()) {
      return new Decision.Unchanged(List.of());
    }
    return new Decision.Changed(
        observed(pipeline, observed.status(), details, desired, now).withStorage(nextStorage),
        true,
        List.of(),
        suspended ? new LifecycleInput.ProcessSuspended(observed.number()) : null);
  }

  private static Decision processSuspended(
      PipelineRecord pipeline, LifecycleInput.ProcessSuspended suspended, Instant now) {
    return pipeline.deployment().number() == suspended.number()
            && pipeline.resources().status() == ResourcesStatus.PROVISIONED
        ? suspended(pipeline, now)
        : new Decision.Unchanged(List.of());
  }

  /** Ends a deployment that has ended its work by itself: without an error (lifecycle §2, §6.1). */
  private static Decision suspended(PipelineRecord pipeline, Instant now) {
    if (pipeline.resources().desired() == ResourcesDesiredStatus.STOPPED) {
      return stopping(pipeline, null, now);
    }
    return new Decision.Changed(
        pipeline.withResources(
            pipeline.resources().withDesired(ResourcesDesiredStatus.STOPPED, now)),
        true,
        List.of(),
        new LifecycleInput.ProcessSuspended(pipeline.deployment().number()));
  }

  private static PipelineRecord observed(
      PipelineRecord pipeline,
      RuntimeStatus status,
      JsonNode details,
      RuntimeStatus desired,
      Instant now) {
    return pipeline
        .refreshed()
        .withRuntime(pipeline.runtime().observed(status, details, desired, now));
  }

  /** With fault tolerance: back to Stopped, and on from there after a pause. */
  private static Decision processDied(
      PipelineRecord pipeline, LifecycleInput.ProcessDied died, Instant now) {
    boolean running =
        pipeline.resources().status() == ResourcesStatus.PROVISIONED
            && pipeline.resources().desired() == ResourcesDesiredStatus.PROVISIONED;
    Optional<Restarts> restarts = Restarts.afterDeath(pipeline.resources().details(), DEATH, now);
    boolean present = pipeline.deployment().number() == died.number();
    if (running && present && suspending(pipeline)) {
      return notSaved(pipeline, now);
    }
    if (running && present && faultTolerant(pipeline) && restarts.isEmpty()) {
      return deploymentFailed(
          pipeline,
          new LifecycleInput.DeploymentFailed(
              died.number(), ApiErrors.runnerCheckError(Restarts.USED_UP)),
          now);
    }
    if (!running || !present || !faultTolerant(pipeline) || restarts.isEmpty()) {
      return deploymentFailed(
          pipeline, new LifecycleInput.DeploymentFailed(died.number(), died.error()), now);
    }
    PipelineRecord parked = ((Decision.Changed) park(pipeline, now)).next();
    return changed(
        parked.withResources(parked.resources().withDetails(restarts.get().with(emptyObject()))),
        true,
        new Effect.ReconcileAfter(restarts.get().pauseLeft(now)));
  }

  /** Whether the deployment keeps a journal: what the process was started with decides. */
  private static boolean faultTolerant(PipelineRecord pipeline) {
    JsonNode config = pipeline.deployment().config();
    return config != null
        && !config.at("/fault_tolerance/model").asText("none").equals("none")
        && !config.path("storage").isNull();
  }

  private static Decision deploymentFailed(
      PipelineRecord pipeline, LifecycleInput.DeploymentFailed failed, Instant now) {
    boolean up =
        pipeline.resources().status() == ResourcesStatus.PROVISIONED
            || pipeline.resources().status() == ResourcesStatus.PROVISIONING;
    if (pipeline.deployment().number() != failed.number() || !up) {
      return new Decision.Unchanged(List.of());
    }
    if (pipeline.resources().desired() == ResourcesDesiredStatus.PROVISIONED) {
      // Clients expect to see the desired status fall before the pipeline is Stopping (lifecycle
      // §10.7). The error stays with the row meanwhile: the controller may die in between.
      return new Decision.Changed(
          pipeline.withResources(
              pipeline
                  .resources()
                  .withDesired(ResourcesDesiredStatus.STOPPED, now)
                  .withDetails(withFailure(pipeline.resources().details(), failed.error()))),
          true,
          List.of(),
          failed);
    }
    return stopping(pipeline, failed.error().body(), now);
  }

  private static JsonNode withFailure(JsonNode details, ApiError error) {
    ObjectNode next = emptyObject();
    if (details instanceof ObjectNode object) {
      next.setAll(object);
    }
    next.set(FAILURE, error.body());
    return next;
  }

  /** The error of a deployment that has failed but is not Stopping yet, or null. */
  private static JsonNode failure(PipelineRecord pipeline) {
    JsonNode details = pipeline.resources().details();
    return details == null ? null : details.get(FAILURE);
  }

  /** To Stopping, with an error or null; the failure that the row already tells of is the error. */
  private static Decision stopping(PipelineRecord pipeline, JsonNode error, Instant now) {
    return changed(
        pipeline
            .refreshed()
            .withDeploymentError(error == null ? failure(pipeline) : error)
            .withLaunch(null)
            .withRuntime(Runtime.NONE)
            .withResources(
                pipeline
                    .resources()
                    .withStatus(ResourcesStatus.STOPPING, null, now)
                    .withDesired(ResourcesDesiredStatus.STOPPED, now)),
        true,
        new Effect.Kill(pipeline.deployment().number()));
  }

  private static Decision stopFailed(
      PipelineRecord pipeline, LifecycleInput.StopFailed failed, Instant now) {
    if (pipeline.deployment().number() != failed.number()
        || pipeline.resources().status() != ResourcesStatus.STOPPING) {
      return new Decision.Unchanged(List.of());
    }
    JsonNode details =
        JsonNodeFactory.instance.textNode("Unable to stop (will retry) due to: " + failed.reason());
    if (details.equals(pipeline.resources().details())) {
      return new Decision.Unchanged(List.of());
    }
    return changed(
        pipeline
            .refreshed()
            .withResources(pipeline.resources().withStatus(ResourcesStatus.STOPPING, details, now)),
        true);
  }

  private static Decision processStopped(
      PipelineRecord pipeline, LifecycleInput.ProcessStopped stopped, Instant now) {
    if (pipeline.deployment().number() != stopped.number()
        || pipeline.resources().status() != ResourcesStatus.STOPPING) {
      return new Decision.Unchanged(List.of());
    }
    Storage storage = pipeline.storage();
    return changed(
        pipeline
            .refreshed()
            .withLaunch(null)
            .withRuntime(Runtime.NONE)
            .withDeployment(pipeline.deployment().ended())
            .withStorage(storage)
            .withResources(pipeline.resources().withStatus(ResourcesStatus.STOPPED, null, now)),
        true,
        new Effect.Reconcile());
  }

  private static Decision storageRemoved(
      PipelineRecord pipeline, LifecycleInput.StorageRemoved removed) {
    Storage storage = pipeline.storage();
    if (storage.status() != StorageStatus.CLEARING
        || storage.generation() != removed.upToGeneration() + 1) {
      return new Decision.Unchanged(List.of());
    }
    return changed(
        pipeline.withStorage(new Storage(StorageStatus.CLEARED, null, null, storage.generation())),
        true,
        new Effect.Reconcile());
  }

  // ---- the compiler ---------------------------------------------------------------------------

  private static Decision compilerInput(
      PipelineRecord pipeline, LifecycleInput input, Instant now) {
    long version = pipeline.versions().programVersion();
    Program program = pipeline.program();
    if (pipeline.resources().status() != ResourcesStatus.STOPPED) {
      return new Decision.Unchanged(List.of());
    }
    if (input instanceof LifecycleInput.CompileStarted started
        && started.programVersion() == version
        && program.status() == ProgramStatus.PENDING) {
      return changed(
          pipeline.withProgram(program.withStatus(ProgramStatus.COMPILING_SQL, now)), true);
    }
    if (input instanceof LifecycleInput.SqlCompiled compiled
        && compiled.programVersion() == version
        && program.status() == ProgramStatus.COMPILING_SQL) {
      return new Decision.Changed(
          pipeline
              .refreshed()
              .withProgram(
                  new Program(
                      ProgramStatus.SQL_COMPILED,
                      now,
                      compiled.sqlCompilation(),
                      null,
                      null,
                      compiled.info(),
                      compiled.plan())),
          true,
          List.of(),
          new LifecycleInput.NativeCompileStarted(version));
    }
    if (input instanceof LifecycleInput.NativeCompileStarted started
        && started.programVersion() == version
        && program.status() == ProgramStatus.SQL_COMPILED) {
      return new Decision.Changed(
          pipeline.withProgram(program.withStatus(ProgramStatus.COMPILING_RUST, now)),
          true,
          List.of(),
          new LifecycleInput.CompileSucceeded(version));
    }
    if (input instanceof LifecycleInput.CompileSucceeded succeeded
        && succeeded.programVersion() == version
        && program.status() == ProgramStatus.COMPILING_RUST) {
      return changed(
          pipeline
              .refreshed()
              .withProgram(
                  new Program(
                      ProgramStatus.SUCCESS,
                      now,
                      program.sqlCompilation(),
                      NATIVE_SUCCESS,
                      null,
                      program.info(),
                      program.plan())),
          true,
          new Effect.Reconcile());
    }
    if (input instanceof LifecycleInput.CompileRejected rejected
        && rejected.programVersion() == version
        && program.status() == ProgramStatus.COMPILING_SQL) {
      return changed(
          pipeline
              .refreshed()
              .withProgram(
                  new Program(
                      ProgramStatus.SQL_ERROR,
                      now,
                      rejected.sqlCompilation(),
                      null,
                      null,
                      null,
                      null)),
          true,
          new Effect.Reconcile());
    }
    if (input instanceof LifecycleInput.CompileBroken broken
        && broken.programVersion() == version
        && (program.status() == ProgramStatus.COMPILING_SQL
            || program.status() == ProgramStatus.PENDING)) {
      return changed(
          pipeline
              .refreshed()
              .withProgram(
                  new Program(
                      ProgramStatus.SYSTEM_ERROR,
                      now,
                      null,
                      null,
                      broken.systemError(),
                      null,
                      null)),
          true,
          new Effect.Reconcile());
    }
    // A result for a program that has been edited since.
    return new Decision.Unchanged(List.of());
  }

  // ---- shared ---------------------------------------------------------------------------------

  /** The combined deployment status of spec api-semantics §3.3. */
  public static Status combinedStatus(PipelineRecord pipeline) {
    if (pipeline.resources().status() != ResourcesStatus.PROVISIONED) {
      return pipeline.resources().status();
    }
    RuntimeStatus runtime = pipeline.runtime().status();
    return runtime == null ? RuntimeStatus.UNAVAILABLE : runtime;
  }

  /** The combined desired status of spec api-semantics §3.3. */
  public static Status combinedDesiredStatus(PipelineRecord pipeline) {
    if (pipeline.resources().desired() == ResourcesDesiredStatus.STOPPED) {
      return ResourcesDesiredStatus.STOPPED;
    }
    if (pipeline.runtime().desired() != null) {
      return pipeline.runtime().desired();
    }
    return pipeline.launch() == null ? RuntimeStatus.UNAVAILABLE : pipeline.launch().initial();
  }

  private static boolean failed(ProgramStatus status) {
    return status == ProgramStatus.SQL_ERROR
        || status == ProgramStatus.RUST_ERROR
        || status == ProgramStatus.SYSTEM_ERROR;
  }

  private static ObjectNode reason(String text) {
    return emptyObject().put("reason", text);
  }

  private static ObjectNode emptyObject() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static Decision changed(PipelineRecord next, boolean recordEvent, Effect... effects) {
    return new Decision.Changed(next, recordEvent, List.of(effects), null);
  }
}
