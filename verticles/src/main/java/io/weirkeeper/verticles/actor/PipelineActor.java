package io.weirkeeper.verticles.actor;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.pipeline.Decision;
import io.weirkeeper.core.pipeline.Effect;
import io.weirkeeper.core.pipeline.Intent;
import io.weirkeeper.core.pipeline.LifecycleInput;
import io.weirkeeper.core.pipeline.PipelineEvent;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.store.Guard;
import io.weirkeeper.store.OutcomeUnknownException;
import io.weirkeeper.store.ReloadResult;
import io.weirkeeper.store.StoreException;
import io.weirkeeper.store.WriteResult;
import io.weirkeeper.verticles.process.ProcessClient;
import io.weirkeeper.verticles.process.ProcessClient.ProcessAnswer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pipeline: its state in memory, its timeouts, its process; the only writer of its row.
 *
 * <p>Everything that happens becomes an input in the inbox; inputs are decided one at a time. The
 * order is always: decide, write under the guard, publish, acknowledge, carry out the effects.
 *
 * <p>A user's request is tried once. A fact (the process reported, the program compiled) can't be
 * refused: when the database does not take it, the inbox waits with it, so that no later input
 * overtakes it and makes it look as if it no longer fitted.
 *
 * <p>Not thread-safe: everything but {@link Timers#soon} runs on the actor's own thread.
 */
public final class PipelineActor {
  private static final Logger LOG = LoggerFactory.getLogger(PipelineActor.class);

  private static final String UNSTORABLE_ERROR =
      "the pipeline process failed with an error that cannot be stored; its log has it";

  private final PipelinePorts ports;
  private final Runnable onEnd;
  private final Deque<Work> inbox = new ArrayDeque<>();
  private final Self self = new Whole();
  private final TransitionLog transitions;
  private final Compilation compilation;
  private final Launching launching;
  private final Leases leases;
  private final Observation observation;
  private final Removal removal;
  private PipelineRecord pipeline;
  private Future<?> lastCommand = Future.succeededFuture();
  private int commands;
  private boolean busy;
  private boolean over;
  private boolean parking;

  /**
   * An input that waits.
   *
   * @param input made from the present state when its turn comes
   * @param promise completes when it has been decided and, if need be, written
   * @param fact whether it is tried until it is decided, rather than refused
   */
  private record Work(
      Function<PipelineRecord, LifecycleInput> input,
      Promise<PipelineRecord> promise,
      boolean fact) {}

  /**
   * The actor of a pipeline; {@link #begin} sets it going.
   *
   * @param pipeline the row, just inserted or just loaded
   * @param onEnd runs once when this node has no more say over the pipeline
   */
  public PipelineActor(PipelinePorts ports, PipelineRecord pipeline, Runnable onEnd) {
    this.ports = ports;
    this.pipeline = pipeline;
    this.onEnd = onEnd;
    transitions = new TransitionLog(ports.log());
    compilation = new Compilation(ports, self);
    launching = new Launching(ports, self);
    leases = new Leases(ports, self);
    observation = new Observation(ports, self, leases);
    removal = new Removal(ports, self);
  }

  /**
   * Publishes the row and takes the first step.
   *
   * @param created whether the row was just inserted by this node, rather than loaded after a
   *     claim; of a loaded one nothing is decided until it is known what became of its process
   */
  public void begin(boolean created) {
    ports.publication().published(null, pipeline);
    if (created) {
      self.reconcile();
      return;
    }
    busy = true;
    new Adoption(ports, self)
        .processFate()
        .onComplete(
            fate -> {
              inbox.addFirst(fact(now -> new LifecycleInput.Loaded(fate.result())));
              idle();
            });
  }

  /** The last committed state. */
  public PipelineRecord pipeline() {
    return pipeline;
  }

  /**
   * Takes a user's request.
   *
   * @param input made from the present state when its turn comes
   * @return the state after it; fails with an {@link io.weirkeeper.core.api.ApiException} when it
   *     is refused
   */
  public Future<PipelineRecord> submit(Function<PipelineRecord, LifecycleInput> input) {
    if (over) {
      return Future.failedFuture(ApiErrors.notOwner().exception());
    }
    if (inbox.size() >= ports.settings().maxInbox()) {
      return Future.failedFuture(
          ApiErrors.queueFull("requests for this pipeline", ports.settings().maxInbox())
              .exception());
    }
    Work work = new Work(input, Promise.promise(), false);
    inbox.add(work);
    next();
    return work.promise().future();
  }

  /** Why the process can't be spoken to now (spec: api-semantics §5.1), or empty. */
  public Optional<ApiError> noProcess() {
    if (pipeline.resources().status() != ResourcesStatus.PROVISIONED
        || pipeline.deployment().process() == null) {
      return Optional.of(
          ApiErrors.pipelineInteractionNotDeployed(
              pipeline.name(), pipeline.resources().status(), pipeline.resources().desired()));
    }
    return pipeline.runtime().status() == RuntimeStatus.UNAVAILABLE
        ? Optional.of(ApiErrors.pipelineUnavailable(pipeline.name()))
        : Optional.empty();
  }

  /** The process to speak to; there must be one. */
  public ProcessClient.Target target() {
    return Targets.of(pipeline);
  }

  /** Pauses the process; the answer waits until the effect is committed. */
  public Future<ProcessAnswer> pause() {
    return command(RuntimeStatus.PAUSED, ports.processes()::pause);
  }

  /** Resumes the process; the answer waits until the effect is committed. */
  public Future<ProcessAnswer> resume() {
    return command(RuntimeStatus.RUNNING, ports.processes()::start);
  }

  /**
   * Lets the process save its state and end; once it has, the pipeline is stopped. Without a
   * process there is nothing to save: the pipeline is stopped at once, and the result is empty.
   */
  public Future<Optional<ProcessAnswer>> suspend() {
    boolean up =
        pipeline.resources().status() == ResourcesStatus.PROVISIONED
            && pipeline.resources().desired() == ResourcesDesiredStatus.PROVISIONED;
    return up
        ? command(RuntimeStatus.SUSPENDED, ports.processes()::suspend).map(Optional::of)
        : submit(now -> new LifecycleInput.Stop()).map(done -> Optional.empty());
  }

  private interface Command {
    Future<ProcessAnswer> send(ProcessClient.Target target, ProcessClient.Right right);
  }

  private Future<ProcessAnswer> command(RuntimeStatus desired, Command command) {
    Optional<ApiError> error = noProcess();
    if (error.isPresent()) {
      return Future.failedFuture(error.get().exception());
    }
    if (commands >= ports.settings().maxInbox()) {
      return Future.failedFuture(
          ApiErrors.queueFull("commands for this pipeline", ports.settings().maxInbox())
              .exception());
    }
    long number = pipeline.deployment().number();
    commands++;
    // One after the other: what is withdrawn must be what was noted last.
    Future<ProcessAnswer> answered =
        lastCommand
            .transform(before -> submit(now -> new LifecycleInput.Intend(number, desired)))
            .compose(noted -> send(number, command).compose(answer -> taken(noted, answer)))
            .onComplete(done -> commands--);
    lastCommand = answered;
    return answered;
  }

  /**
   * What the process refused must not count: should it die, it is not what the user was told. What
   * got no answer counts until the process is seen to do otherwise ({@link Observation}).
   */
  private Future<ProcessAnswer> taken(PipelineRecord noted, ProcessAnswer answer) {
    if (answer.status() / 100 == 2) {
      return Future.succeededFuture(answer);
    }
    LifecycleInput withdraw =
        new LifecycleInput.Withdraw(noted.deployment().number(), noted.revision());
    return self.report(now -> withdraw).map(answer);
  }

  private Future<ProcessAnswer> send(long number, Command command) {
    Optional<Guard> guard = ports.guards().guard(pipeline.shard());
    if (guard.isEmpty()) {
      return Future.failedFuture(ApiErrors.notOwner().exception());
    }
    ProcessClient.Target target = target();
    return command
        .send(target, new ProcessClient.Right(guard.get().epoch(), pipeline.revision()))
        .recover(
            cause ->
                Future.failedFuture(
                    ApiErrors.pipelineInteractionUnreachable(
                            pipeline.name(), "pause, resume or suspend", cause.toString())
                        .exception()))
        .compose(
            answer ->
                answer.status() / 100 == 2
                    ? seen(number, target).map(done -> answer).otherwise(answer)
                    : Future.succeededFuture(answer));
  }

  private Future<PipelineRecord> seen(long number, ProcessClient.Target target) {
    return ports
        .processes()
        .status(target)
        .compose(
            status -> {
              LifecycleInput input =
                  StatusReading.answered(
                      pipeline, number, status, ports.settings().grace(), ports.clock().instant());
              return submit(now -> observation.timely(now, input));
            });
  }

  /**
   * Ends the process but not the wish to run: the next start of the node brings the pipeline back.
   */
  public Future<Void> park() {
    parking = true;
    long number = pipeline.deployment().number();
    boolean up =
        pipeline.resources().status() == ResourcesStatus.PROVISIONED
            || pipeline.resources().status() == ResourcesStatus.PROVISIONING;
    if (!up) {
      return Future.succeededFuture();
    }
    return saved(number, ports.timers().nanos() + ports.settings().parkSaveLimit().toNanos())
        .compose(done -> removal.end())
        .compose(done -> ports.host().leftSuspended(pipeline.id(), number))
        .compose(
            suspended ->
                submit(
                    now ->
                        suspended
                            ? new LifecycleInput.ProcessSuspended(number)
                            : new LifecycleInput.Parked(number)))
        .mapEmpty();
  }

  /** Gives a process that is saving its state, which somebody was promised, some time for it. */
  private Future<Void> saved(long number, long untilNanos) {
    boolean saving =
        pipeline.deployment().number() == number
            && pipeline.resources().status() == ResourcesStatus.PROVISIONED
            && Intent.of(pipeline).filter(i -> i.desired() == RuntimeStatus.SUSPENDED).isPresent();
    if (over || !saving || ports.timers().nanos() >= untilNanos) {
      return Future.succeededFuture();
    }
    return ports
        .host()
        .leftSuspended(pipeline.id(), number)
        .compose(
            suspended -> {
              Promise<Void> later = Promise.promise();
              if (suspended) {
                later.complete();
              } else {
                ports
                    .timers()
                    .later(
                        ports.settings().observeInitializing(),
                        () -> saved(number, untilNanos).onComplete(later));
              }
              return later.future();
            });
  }

  /** Another node owns the pipeline now. */
  public void release() {
    end(ApiErrors.notOwner());
  }

  /** The node is closed: nothing more is decided; what is published stays. */
  public void close() {
    over = true;
    ports.log().unfollow();
  }

  // ---- inbox ----------------------------------------------------------------------------------

  private static Work fact(Function<PipelineRecord, LifecycleInput> input) {
    return new Work(input, Promise.promise(), true);
  }

  private void next() {
    if (busy || over) {
      return;
    }
    Work work = inbox.poll();
    if (work != null) {
      busy = true;
      decide(work);
    }
  }

  private void idle() {
    busy = false;
    next();
  }

  private void decide(Work work) {
    Instant now = ports.clock().instant();
    LifecycleInput input = work.input().apply(pipeline);
    Decision decision = ports.rules().decide(pipeline, input, now);
    if (decision instanceof Decision.Rejected rejected) {
      work.promise().tryFail(rejected.error().exception());
      idle();
    } else if (decision instanceof Decision.Unchanged unchanged) {
      work.promise().tryComplete(pipeline);
      perform(unchanged.effects());
      idle();
    } else if (decision instanceof Decision.Changed changed) {
      write(work, input, changed, now);
    } else {
      delete(work);
    }
  }

  // ---- writing --------------------------------------------------------------------------------

  private void write(Work work, LifecycleInput input, Decision.Changed changed, Instant now) {
    PipelineRecord after = changed.next();
    Optional<Guard> guard = ports.guards().guard(pipeline.shard());
    Optional<Guard> destination = ports.guards().guard(after.shard());
    if (guard.isEmpty() || destination.isEmpty()) {
      refused(work, ApiErrors.notOwner());
      return;
    }
    PipelineEvent event =
        changed.recordEvent() ? PipelineEvent.of(ports.identifiers().uuid7(now), now, after) : null;
    Future<WriteResult> result;
    if (!after.name().equals(pipeline.name())) {
      result = ports.store().rename(guard.get(), destination.get(), pipeline, after, event);
    } else if (input instanceof LifecycleInput.ProcessReported) {
      result = ports.store().recordProcess(guard.get(), pipeline, after, event);
    } else {
      result = ports.store().update(guard.get(), pipeline, after, event);
    }
    result
        .onSuccess(written -> written(work, changed, written))
        .onFailure(
            cause -> {
              if (work.fact() && isUnstorable(cause)) {
                unstorable(work, input, cause);
              } else {
                notWritten(work, new Lost(after.shard(), false), cause);
              }
            });
  }

  private void written(Work work, Decision.Changed changed, WriteResult result) {
    if (result instanceof WriteResult.Committed committed) {
      commit(changed.next().withRevision(committed.revision()));
      work.promise().tryComplete(pipeline);
      if (over) {
        return;
      }
      perform(changed.effects());
      if (changed.then() == null) {
        idle();
      } else {
        decide(fact(now -> changed.then()));
      }
    } else if (result instanceof WriteResult.DuplicateName) {
      work.promise().tryFail(ApiErrors.duplicateName().exception());
      idle();
    } else if (result instanceof WriteResult.RowGone) {
      work.promise().tryFail(ApiErrors.unknownPipelineName(pipeline.name()).exception());
      end(ApiErrors.unknownPipelineName(pipeline.name()));
    } else if (result instanceof WriteResult.NotOwner) {
      work.promise().tryFail(ApiErrors.notOwner().exception());
      end(ApiErrors.notOwner());
    } else {
      // Its revision moved, or it names a process that is not known here.
      recover(work, new Lost(changed.next().shard(), false), "its row was written by another");
    }
  }

  /**
   * A write of which the outcome may not be known.
   *
   * @param shard where the row is if it has landed
   * @param deletion whether the row is gone if it has landed
   */
  private record Lost(int shard, boolean deletion) {}

  private void notWritten(Work work, Lost lost, Throwable cause) {
    if (cause instanceof OutcomeUnknownException) {
      recover(work, lost, cause.toString());
      return;
    }
    LOG.warn("Pipeline {}: a write was refused: {}", pipeline.id(), cause.toString());
    refused(work, ApiErrors.databaseUnavailable(String.valueOf(cause.getMessage())));
  }

  private static boolean isUnstorable(Throwable cause) {
    return cause instanceof StoreException refused
        && (refused.reason() == StoreException.Reason.NUL_CHARACTER
            || refused.reason() == StoreException.Reason.INVALID_VALUE);
  }

  /** A fact that the database will never take must not hold up what follows: it fails instead. */
  private void unstorable(Work work, LifecycleInput input, Throwable cause) {
    LOG.error("Pipeline {}: {} cannot be stored: {}", pipeline.id(), name(input), cause.toString());
    String why = "what was reported cannot be stored: " + cause.getMessage();
    if (input instanceof LifecycleInput.SqlCompiled compiled) {
      decide(fact(now -> new LifecycleInput.CompileBroken(compiled.programVersion(), why)));
    } else if (input instanceof LifecycleInput.CompileRejected rejected) {
      decide(fact(now -> new LifecycleInput.CompileBroken(rejected.programVersion(), why)));
    } else if (input instanceof LifecycleInput.ProcessReported reported) {
      decide(
          fact(
              now ->
                  new LifecycleInput.DeploymentFailed(
                      reported.number(), ApiErrors.runnerProvisionError(why))));
    } else if (input instanceof LifecycleInput.DeploymentFailed failed) {
      decide(
          fact(
              now ->
                  new LifecycleInput.DeploymentFailed(
                      failed.number(), ApiErrors.runnerCheckError(UNSTORABLE_ERROR))));
    } else {
      idle();
    }
    work.promise().tryComplete(pipeline);
  }

  private static String name(LifecycleInput input) {
    return input.getClass().getSimpleName();
  }

  /**
   * The write certainly had no effect. A request is told so; a fact is tried again, before anything
   * else is, and requests that would have to wait for that are told too.
   */
  private void refused(Work work, ApiError error) {
    if (!work.fact()) {
      work.promise().tryFail(error.exception());
      idle();
      return;
    }
    List<Work> told = inbox.stream().filter(waiting -> !waiting.fact()).toList();
    inbox.removeIf(waiting -> !waiting.fact());
    tryAgain(work);
    // Whoever is told may put something in at once.
    told.forEach(waiting -> waiting.promise().tryFail(error.exception()));
  }

  private void tryAgain(Work fact) {
    inbox.addFirst(fact);
    ports.timers().later(ports.settings().retryDelay(), this::idle);
  }

  /**
   * Acts on nothing until the row has been read at a revision that no lost write can follow (SAFETY
   * rule 11).
   *
   * @param lost the write that may have landed
   */
  private void recover(Work work, Lost lost, String reason) {
    LOG.warn("Pipeline {}: reloading, because {}", pipeline.id(), reason);
    if (!work.fact()) {
      work.promise()
          .tryFail(ApiErrors.outcomeUnknown("the database did not confirm the change").exception());
    }
    if (over) {
      return;
    }
    reload(pipeline.shard())
        .compose(
            result ->
                result instanceof ReloadResult.RowGone && lost.shard() != pipeline.shard()
                    ? reload(lost.shard())
                    : Future.succeededFuture(result))
        .onSuccess(result -> reloaded(work, lost.deletion(), result))
        .onFailure(
            cause ->
                ports
                    .timers()
                    .later(
                        ports.settings().retryDelay(),
                        () -> recover(work, lost, cause.toString())));
  }

  private Future<ReloadResult> reload(int shard) {
    Optional<Guard> guard = ports.guards().guard(shard);
    return guard.isEmpty()
        ? Future.succeededFuture(new ReloadResult.NotOwner())
        : ports.store().reload(guard.get(), pipeline.tenantId(), pipeline.id());
  }

  private void reloaded(Work work, boolean deletion, ReloadResult result) {
    if (result instanceof ReloadResult.Reloaded reloaded) {
      commit(reloaded.pipeline());
      if (work.fact()) {
        inbox.addFirst(work);
      }
      self.reconcile();
      idle();
    } else if (result instanceof ReloadResult.RowGone) {
      end(ApiErrors.unknownPipelineName(pipeline.name()));
      if (deletion) {
        // The lost statement has landed.
        removal.removeFiles();
      }
    } else {
      end(ApiErrors.notOwner());
    }
  }

  private void delete(Work work) {
    Optional<Guard> guard = ports.guards().guard(pipeline.shard());
    if (guard.isEmpty()) {
      refused(work, ApiErrors.notOwner());
      return;
    }
    ports
        .store()
        .delete(guard.get(), pipeline)
        .onSuccess(
            result -> {
              if (result instanceof WriteResult.Committed
                  || result instanceof WriteResult.RowGone) {
                end(ApiErrors.unknownPipelineName(pipeline.name()));
                work.promise().tryComplete(pipeline);
                removal.removeFiles();
              } else if (result instanceof WriteResult.NotOwner) {
                work.promise().tryFail(ApiErrors.notOwner().exception());
                end(ApiErrors.notOwner());
              } else {
                recover(work, new Lost(pipeline.shard(), true), "its row was written by another");
              }
            })
        .onFailure(cause -> notWritten(work, new Lost(pipeline.shard(), true), cause));
  }

  /** Shows a committed state; no more once another node may show a later one. */
  private void commit(PipelineRecord next) {
    PipelineRecord before = pipeline;
    pipeline = next;
    if (over) {
      return;
    }
    observation.committed(before, next);
    ports.publication().published(before, next);
    transitions.committed(ports.clock().instant(), before, next);
    if (next.resources().status() == ResourcesStatus.STOPPED) {
      ports.log().unfollow();
    }
  }

  private void end(ApiError why) {
    if (over) {
      return;
    }
    over = true;
    compilation.withdraw();
    onEnd.run();
    ports.publication().withdrawn(pipeline);
    ports.log().unfollow();
    ports.log().end();
    List<Work> left = new ArrayList<>(inbox);
    inbox.clear();
    left.forEach(work -> work.promise().tryFail(why.exception()));
  }

  // ---- effects --------------------------------------------------------------------------------

  private void perform(List<Effect> effects) {
    for (Effect effect : effects) {
      if (effect instanceof Effect.Reconcile) {
        self.reconcile();
      } else if (effect instanceof Effect.ReconcileAfter after) {
        ports.timers().later(after.delay(), self::reconcile);
      } else if (effect instanceof Effect.Compile compile) {
        compilation.compile(compile.programVersion());
      } else if (effect instanceof Effect.Launch launch) {
        launching.launch(launch.number());
      } else if (effect instanceof Effect.Grant grant) {
        leases.grant(grant.number());
      } else if (effect instanceof Effect.Observe observe) {
        observation.observe(observe.number());
      } else if (effect instanceof Effect.Kill kill) {
        removal.kill(kill.number());
      } else if (effect instanceof Effect.RemoveStorage remove) {
        removal.removeStorage(remove.belowGeneration());
      }
    }
  }

  /** What the parts see of this actor. */
  private final class Whole implements Self {
    @Override
    public PipelineRecord pipeline() {
      return pipeline;
    }

    @Override
    public boolean live(long deploymentNumber) {
      return !over
          && !parking
          && pipeline.deployment().number() == deploymentNumber
          && pipeline.resources().status() == ResourcesStatus.PROVISIONED
          && pipeline.resources().desired() == ResourcesDesiredStatus.PROVISIONED;
    }

    @Override
    public boolean present() {
      return !over;
    }

    @Override
    public boolean commanding() {
      return commands > 0;
    }

    @Override
    public Future<PipelineRecord> report(Function<PipelineRecord, LifecycleInput> input) {
      Work work = fact(input);
      ports
          .timers()
          .soon(
              () -> {
                if (over) {
                  work.promise().tryFail(ApiErrors.notOwner().exception());
                  return;
                }
                inbox.add(work);
                next();
              });
      return work.promise().future();
    }

    @Override
    public void reconcile() {
      report(
          now ->
              new LifecycleInput.Reconcile(
                  new LifecycleInput.FreshDeployment(
                      ports.identifiers().uuid7(ports.clock().instant()),
                      ports.identifiers().secret(),
                      ports.host().hostId())));
    }
  }
}
