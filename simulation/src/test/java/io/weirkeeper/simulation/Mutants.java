package io.weirkeeper.simulation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.weirkeeper.core.pipeline.Decision;
import io.weirkeeper.core.pipeline.Deployment;
import io.weirkeeper.core.pipeline.Effect;
import io.weirkeeper.core.pipeline.LifecycleInput;
import io.weirkeeper.core.pipeline.LifecycleInput.ProcessFate;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ProgramStatus;
import io.weirkeeper.core.pipeline.Resources;
import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.core.pipeline.Storage;
import io.weirkeeper.core.pipeline.StorageStatus;
import io.weirkeeper.core.pipeline.Versions;
import io.weirkeeper.store.OutcomeUnknownException;
import io.weirkeeper.store.PipelineStore;
import io.weirkeeper.store.StoreException;
import io.weirkeeper.store.WriteResult;
import io.weirkeeper.verticles.actor.PipelinePorts;
import io.weirkeeper.verticles.actor.Rules;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Defects that the simulator must find, each as a change of what the actor is given. */
enum Mutants {
  LOST_SINCE {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return changed(
          real,
          (before, input, change) ->
              before.resources().status() == change.next().resources().status()
                  ? change
                  : with(
                      change,
                      change
                          .next()
                          .withResources(
                              since(change.next().resources(), before.resources().since()))));
    }
  },
  STOP_IGNORED_WHILE_PROVISIONING {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return decided(
          real,
          (before, input, decision) ->
              input instanceof LifecycleInput.Stop
                      && before.resources().status() == ResourcesStatus.PROVISIONING
                  ? new Decision.Unchanged(List.of())
                  : decision);
    }
  },
  PROVISIONED_ALTHOUGH_STOPPED_MEANWHILE {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return rules(
          real,
          (before, input, now) ->
              input instanceof LifecycleInput.ProcessReported
                      && before.resources().status() == ResourcesStatus.PROVISIONING
                      && before.resources().desired() == ResourcesDesiredStatus.STOPPED
                  ? real.rules()
                      .decide(
                          before.withResources(
                              before
                                  .resources()
                                  .withDesired(ResourcesDesiredStatus.PROVISIONED, now)),
                          input,
                          now)
                  : real.rules().decide(before, input, now));
    }
  },
  ERROR_OVERWRITTEN_BY_NULL {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return changed(
          real,
          (before, input, change) ->
              input instanceof LifecycleInput.ProcessStopped
                  ? with(change, change.next().withDeploymentError(null))
                  : change);
    }
  },
  ERROR_NEVER_WRITTEN {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return changed(
          real,
          (before, input, change) ->
              change.next().resources().status() == ResourcesStatus.STOPPING
                  ? with(change, change.next().withDeploymentError(null))
                  : change);
    }
  },
  ERROR_LOST_WITH_THE_CONTROLLER {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return changed(
          real,
          (before, input, change) ->
              change.then() instanceof LifecycleInput.DeploymentFailed
                  ? with(
                      change,
                      change
                          .next()
                          .withResources(
                              change.next().resources().withDetails(before.resources().details())))
                  : change);
    }
  },
  ACKNOWLEDGED_BEFORE_COMMIT {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return store(
          real,
          (written, before) -> {
            Promise<WriteResult> early = Promise.promise();
            early.complete(new WriteResult.Committed(before.revision() + 1));
            return early.future();
          });
    }
  },
  VERSION_NOT_RAISED_BY_AN_EDIT {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return changed(
          real,
          (before, input, change) ->
              input instanceof LifecycleInput.Edit
                  ? with(
                      change,
                      change
                          .next()
                          .withVersions(
                              new Versions(
                                  before.versions().version(),
                                  change.next().versions().programVersion(),
                                  change.next().versions().refreshVersion(),
                                  change.next().versions().platformVersion())))
                  : change);
    }
  },
  EARLY_START_FORGOTTEN_ON_RESTART {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return decided(
          real,
          (before, input, decision) ->
              input instanceof LifecycleInput.Loaded
                      && before.resources().status() == ResourcesStatus.STOPPED
                      && before.resources().desired() == ResourcesDesiredStatus.PROVISIONED
                      && before.program().status() == ProgramStatus.PENDING
                  ? new Decision.Unchanged(List.of())
                  : decision);
    }
  },
  KILL_LOST_ONCE {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return lostOnce(real, Effect.Kill.class);
    }
  },
  LAUNCH_LOST_ONCE {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return lostOnce(real, Effect.Launch.class);
    }
  },
  LEASE_NOT_RENEWED_AFTER_ADOPTION {
    @Override
    PipelinePorts change(PipelinePorts real) {
      AtomicBoolean adopted = new AtomicBoolean();
      return decided(
          real,
          (before, input, decision) -> {
            if (input instanceof LifecycleInput.Loaded loaded
                && loaded.process() == ProcessFate.ALIVE) {
              adopted.set(true);
            }
            return input instanceof LifecycleInput.RenewLease && adopted.get()
                ? new Decision.Unchanged(List.of())
                : decision;
          });
    }
  },
  UNKNOWN_OUTCOME_TREATED_AS_FAILURE {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return store(
          real,
          (written, before) ->
              written.recover(
                  cause ->
                      cause instanceof OutcomeUnknownException
                          ? Future.failedFuture(
                              new StoreException(
                                  StoreException.Reason.UNAVAILABLE, "treated as failure", null))
                          : Future.failedFuture(cause)));
    }
  },
  UNKNOWN_PROCESS_TREATED_AS_GONE {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return rules(
          real,
          (before, input, now) ->
              real.rules()
                  .decide(
                      before,
                      input instanceof LifecycleInput.Loaded loaded
                              && loaded.process() == ProcessFate.UNKNOWN
                          ? new LifecycleInput.Loaded(ProcessFate.GONE)
                          : input,
                      now));
    }
  },
  COMPILER_ANSWER_LOST_ONCE {
    @Override
    PipelinePorts change(PipelinePorts real) {
      AtomicBoolean lost = new AtomicBoolean();
      return new PipelinePorts(
          real.settings(),
          real.rules(),
          real.store(),
          real.guards(),
          real.host(),
          real.processes(),
          (tenant, request, started) ->
              lost.getAndSet(true)
                  ? real.compiler().compile(tenant, request, started)
                  : Promise.<io.weirkeeper.core.compile.CompileResult>promise().future(),
          real.timers(),
          real.clock(),
          real.identifiers(),
          real.log(),
          real.publication());
    }
  },
  DEPLOYMENT_NUMBER_USED_AGAIN {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return changed(
          real,
          (before, input, change) -> {
            Deployment next = change.next().deployment();
            return next.number() > before.deployment().number() && next.number() > 1
                ? with(
                    change,
                    change
                        .next()
                        .withDeployment(
                            new Deployment(
                                next.number() - 1,
                                next.id(),
                                next.secret(),
                                next.config(),
                                next.host(),
                                null,
                                null)))
                : change;
          });
    }
  },
  STORAGE_GENERATION_NOT_RAISED {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return changed(
          real,
          (before, input, change) -> {
            Storage next = change.next().storage();
            return next.status() == StorageStatus.CLEARING
                ? with(
                    change,
                    change
                        .next()
                        .withStorage(
                            new Storage(
                                next.status(),
                                next.details(),
                                next.host(),
                                before.storage().generation())))
                : change;
          });
    }
  },
  EVENT_MISSING {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return changed(
          real,
          (before, input, change) ->
              change.next().program().status() == ProgramStatus.COMPILING_RUST
                  ? new Decision.Changed(change.next(), false, change.effects(), change.then())
                  : change);
    }
  },
  STEP_SKIPPED {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return changed(
          real,
          (before, input, change) ->
              input instanceof LifecycleInput.DeploymentFailed && change.then() != null
                  ? (Decision.Changed)
                      real.rules()
                          .decide(change.next(), input, change.next().resources().desiredSince())
                  : change);
    }
  },
  REFUSED_SUSPEND_STILL_COUNTS {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return decided(
          real,
          (before, input, decision) ->
              input instanceof LifecycleInput.Withdraw
                  ? new Decision.Unchanged(List.of())
                  : decision);
    }
  },
  SUSPEND_FORGOTTEN_WITH_ITS_PROCESS {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return rules(
          real,
          (before, input, now) ->
              real.rules()
                  .decide(
                      input instanceof LifecycleInput.Loaded loaded
                              && loaded.process() == ProcessFate.GONE
                          ? withoutIntent(before, now)
                          : before,
                      input,
                      now));
    }
  },
  SUSPENDED_TAKEN_FOR_DEAD {
    @Override
    PipelinePorts change(PipelinePorts real) {
      return rules(
          real,
          (before, input, now) ->
              real.rules()
                  .decide(
                      before,
                      input instanceof LifecycleInput.Loaded loaded
                              && loaded.process() == ProcessFate.SUSPENDED
                          ? new LifecycleInput.Loaded(ProcessFate.GONE)
                          : input,
                      now));
    }
  };

  /** The actor's ports with the defect in them. */
  abstract PipelinePorts change(PipelinePorts real);

  /** Changes what was decided. */
  private interface Change<D> {
    D of(PipelineRecord before, LifecycleInput input, D decision);
  }

  /** Changes what became of a write. */
  private interface Written {
    Future<WriteResult> of(Future<WriteResult> written, PipelineRecord before);
  }

  private static PipelinePorts rules(PipelinePorts real, Rules rules) {
    return new PipelinePorts(
        real.settings(),
        rules,
        real.store(),
        real.guards(),
        real.host(),
        real.processes(),
        real.compiler(),
        real.timers(),
        real.clock(),
        real.identifiers(),
        real.log(),
        real.publication());
  }

  private static PipelinePorts decided(PipelinePorts real, Change<Decision> change) {
    return rules(
        real,
        (before, input, now) -> change.of(before, input, real.rules().decide(before, input, now)));
  }

  private static PipelinePorts changed(PipelinePorts real, Change<Decision.Changed> change) {
    return decided(
        real,
        (before, input, decision) ->
            decision instanceof Decision.Changed changed
                ? change.of(before, input, changed)
                : decision);
  }

  private static Decision.Changed with(Decision.Changed change, PipelineRecord next) {
    return new Decision.Changed(next, change.recordEvent(), change.effects(), change.then());
  }

  private static Resources since(Resources resources, Instant since) {
    return new Resources(
        resources.status(),
        since,
        resources.details(),
        resources.desired(),
        resources.desiredSince());
  }

  private static PipelineRecord withoutIntent(PipelineRecord pipeline, Instant now) {
    Deployment deployment = pipeline.deployment();
    if (deployment.config() == null || pipeline.runtime().status() == null) {
      return pipeline;
    }
    ObjectNode config = deployment.config().deepCopy();
    config.remove("weirkeeper_intent");
    return pipeline
        .withRuntime(
            pipeline
                .runtime()
                .observed(
                    pipeline.runtime().status(),
                    pipeline.runtime().details(),
                    RuntimeStatus.RUNNING,
                    now))
        .withDeployment(
            new Deployment(
                deployment.number(),
                deployment.id(),
                deployment.secret(),
                config,
                deployment.host(),
                deployment.process(),
                deployment.leaseUntil()));
  }

  private static PipelinePorts lostOnce(PipelinePorts real, Class<? extends Effect> kind) {
    AtomicBoolean lost = new AtomicBoolean();
    return changed(
        real,
        (before, input, change) ->
            change.effects().stream().anyMatch(kind::isInstance) && !lost.getAndSet(true)
                ? new Decision.Changed(
                    change.next(), change.recordEvent(), List.of(), change.then())
                : change);
  }

  /** A store of which the updates are changed; everything else is the real one's. */
  private static PipelinePorts store(PipelinePorts real, Written change) {
    PipelineStore store =
        (PipelineStore)
            Proxy.newProxyInstance(
                Mutants.class.getClassLoader(),
                new Class<?>[] {PipelineStore.class},
                (proxy, method, arguments) -> {
                  try {
                    Object result = method.invoke(real.store(), arguments);
                    if (!method.getName().equals("update")) {
                      return result;
                    }
                    @SuppressWarnings("unchecked")
                    Future<WriteResult> written = (Future<WriteResult>) result;
                    return change.of(written, (PipelineRecord) arguments[1]);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    return new PipelinePorts(
        real.settings(),
        real.rules(),
        store,
        real.guards(),
        real.host(),
        real.processes(),
        real.compiler(),
        real.timers(),
        real.clock(),
        real.identifiers(),
        real.log(),
        real.publication());
  }
}
