package io.weirkeeper.verticles.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.ApiException;
import io.weirkeeper.core.api.EventJson;
import io.weirkeeper.core.api.PipelineJson;
import io.weirkeeper.core.compile.CompileRequest;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.deploy.ProcessSecret;
import io.weirkeeper.core.pipeline.Decision;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.Deployment;
import io.weirkeeper.core.pipeline.Effect;
import io.weirkeeper.core.pipeline.LifecycleInput;
import io.weirkeeper.core.pipeline.LifecycleInput.ProcessFate;
import io.weirkeeper.core.pipeline.PipelineEvent;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.store.Guard;
import io.weirkeeper.store.OutcomeUnknownException;
import io.weirkeeper.store.ReloadResult;
import io.weirkeeper.store.WriteResult;
import io.weirkeeper.verticles.bus.Addresses;
import io.weirkeeper.verticles.bus.Answer;
import io.weirkeeper.verticles.bus.CompileJob;
import io.weirkeeper.verticles.bus.LocalCodec;
import io.weirkeeper.verticles.bus.PipelineRequest;
import io.weirkeeper.verticles.bus.ProcessRoute;
import io.weirkeeper.verticles.process.ProcessClient;
import io.weirkeeper.verticles.process.ProcessClient.ProcessAnswer;
import io.weirkeeper.verticles.process.ProcessHost;
import io.weirkeeper.verticles.process.StartRefusedException;
import io.weirkeeper.verticles.snapshot.Snapshot;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pipeline: its state in memory, its timeouts, its process; the only writer of its row.
 *
 * <p>Everything that happens becomes an input in the inbox; inputs are decided one at a time. The
 * order is always: decide, write under the guard, publish the snapshot, acknowledge, carry out the
 * effects.
 */
public final class PipelineVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(PipelineVerticle.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Longer than any queue of the compiler; the compiler verticle has the real limit. */
  private static final Duration COMPILE_REPLY_TIMEOUT = Duration.ofHours(24);

  private static final int CHALLENGE_ATTEMPTS = 5;

  private final PipelineServices services;
  private final PipelineDirectory directory;
  private final boolean created;
  private final Runnable onEnd;
  private final Deque<Work> inbox = new ArrayDeque<>();
  private final List<LogTail> tails = new ArrayList<>();
  private PipelineRecord pipeline;
  private Snapshot snapshot;
  private PipelineLog log;
  private WorkerExecutor tailWorkers;
  private MessageConsumer<Object> consumer;
  private boolean busy;
  private boolean over;
  private boolean parking;
  private long compiling;
  private long launched;
  private long observing;
  private long killing;
  private long removing;
  private long lastWriteNanos;

  /**
   * An input that waits; without a promise it is the verticle's own and is tried until it is
   * decided.
   */
  private record Work(
      Function<PipelineRecord, LifecycleInput> input, Promise<PipelineRecord> promise) {}

  /**
   * The verticle of a pipeline.
   *
   * @param created whether the row was just inserted by this node, rather than loaded after a claim
   * @param onEnd runs once when this node has no more say over the pipeline
   */
  PipelineVerticle(
      PipelineServices services,
      PipelineDirectory directory,
      PipelineRecord pipeline,
      boolean created,
      Runnable onEnd) {
    this.services = services;
    this.directory = directory;
    this.pipeline = pipeline;
    this.created = created;
    this.onEnd = onEnd;
  }

  /** Local address of a pipeline's verticle. */
  static String address(UUID pipelineId) {
    return "weirkeeper.pipeline." + pipelineId;
  }

  @Override
  public Future<?> start() {
    tailWorkers = vertx.createSharedWorkerExecutor("pipeline-logs", 2);
    log = new PipelineLog(vertx, services.clock().instant());
    publish(null, pipeline);
    consumer = vertx.eventBus().localConsumer(address(pipeline.id()), this::onMessage);
    if (created) {
      reconcile();
    } else {
      processFate().onComplete(fate -> submit(new LifecycleInput.Loaded(fate.result())));
    }
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    over = true;
    closeTails();
    return consumer == null ? Future.succeededFuture() : consumer.unregister();
  }

  // ---- requests -------------------------------------------------------------------------------

  private void onMessage(Message<Object> message) {
    if (message.body() instanceof Park) {
      park().onComplete(done -> message.reply(Boolean.TRUE));
    } else if (message.body() instanceof Release) {
      end();
    } else if (message.body() instanceof PipelineRequest request) {
      answer(request)
          .recover(PipelineVerticle::errorAnswer)
          .onSuccess(reply -> message.reply(reply, LocalCodec.reply()));
    }
  }

  /** Tells the verticle that the node stops and takes the process along. */
  record Park() {}

  /** Tells the verticle that another node owns the pipeline now. */
  record Release() {}

  private static Future<Object> errorAnswer(Throwable cause) {
    if (cause instanceof ApiException refused) {
      return Future.succeededFuture(Answer.error(refused.error()));
    }
    String reference = UUID.randomUUID().toString();
    LOG.error("A request failed, reference {}", reference, cause);
    return Future.succeededFuture(Answer.error(ApiErrors.internalError(reference)));
  }

  private Future<Object> answer(PipelineRequest request) {
    if (request instanceof PipelineRequest.Replace replace) {
      return submit(now -> new LifecycleInput.Edit(replace.definition(), true))
          .map(PipelineVerticle::info);
    } else if (request instanceof PipelineRequest.Patch patch) {
      return submit(now -> new LifecycleInput.Edit(patched(now.definition(), patch), false))
          .map(PipelineVerticle::info);
    } else if (request instanceof PipelineRequest.UpdateRuntime) {
      return submit(now -> new LifecycleInput.UpdateRuntime()).map(PipelineVerticle::info);
    } else if (request instanceof PipelineRequest.Delete) {
      return submit(now -> new LifecycleInput.Delete()).map(done -> Answer.empty(200));
    } else if (request instanceof PipelineRequest.Start start) {
      return submit(now -> new LifecycleInput.Start(start.launch(), start.dismissError()))
          .map(done -> Answer.text(202, "Pipeline is starting"));
    } else if (request instanceof PipelineRequest.Stop) {
      return submit(now -> new LifecycleInput.Stop())
          .map(done -> Answer.text(202, "Pipeline is forcefully stopping"));
    } else if (request instanceof PipelineRequest.Clear) {
      return submit(now -> new LifecycleInput.Clear())
          .map(done -> Answer.text(202, "Pipeline storage is being cleared"));
    } else if (request instanceof PipelineRequest.DismissError) {
      return submit(now -> new LifecycleInput.DismissError())
          .map(done -> Answer.text(200, "Deployment error is dismissed"));
    } else if (request instanceof PipelineRequest.Pause) {
      return command((target, right) -> services.client().pause(target, right));
    } else if (request instanceof PipelineRequest.Resume) {
      return command((target, right) -> services.client().start(target, right));
    } else if (request instanceof PipelineRequest.Route) {
      return Future.succeededFuture(route());
    } else if (request instanceof PipelineRequest.Events events) {
      return events(events);
    } else if (request instanceof PipelineRequest.Logs) {
      return Future.succeededFuture(log.follow());
    }
    return Future.failedFuture(
        new IllegalArgumentException("No such request: " + request.getClass()));
  }

  private static Object info(PipelineRecord pipeline) {
    return Answer.json(200, PipelineJson.info(pipeline), pipeline.revision());
  }

  private static Definition patched(Definition old, PipelineRequest.Patch patch) {
    return new Definition(
        Objects.requireNonNullElse(patch.newName(), old.name()),
        Objects.requireNonNullElse(patch.description(), old.description()),
        Objects.requireNonNullElse(patch.tags(), old.tags()),
        Objects.requireNonNullElse(patch.runtimeConfig(), old.runtimeConfig()),
        Objects.requireNonNullElse(patch.programCode(), old.programCode()),
        Objects.requireNonNullElse(patch.udfRust(), old.udfRust()),
        Objects.requireNonNullElse(patch.udfToml(), old.udfToml()),
        Objects.requireNonNullElse(patch.programConfig(), old.programConfig()));
  }

  private Future<Object> events(PipelineRequest.Events request) {
    Function<PipelineEvent, JsonNode> json =
        event -> request.all() ? EventJson.all(event) : EventJson.status(event);
    if (request.event() == null) {
      return services
          .store()
          .events(
              pipeline.tenantId(), pipeline.id(), io.weirkeeper.store.PipelineStore.EVENT_RETENTION)
          .map(
              events -> {
                ArrayNode list = JsonNodeFactory.instance.arrayNode();
                events.forEach(event -> list.add(json.apply(event)));
                return Answer.json(200, list, 0);
              });
    }
    if (request.event().equals("latest")) {
      return services
          .store()
          .latestEvent(pipeline.tenantId(), pipeline.id())
          .map(
              event ->
                  event
                      .map(found -> Answer.json(200, json.apply(found), 0))
                      .orElseGet(() -> Answer.error(ApiErrors.noPipelineMonitorEventsAvailable())));
    }
    UUID id;
    try {
      id = UUID.fromString(request.event());
    } catch (IllegalArgumentException e) {
      return Future.failedFuture(
          ApiErrors.invalidUuidParam(request.event(), "expected a UUID or 'latest'").exception());
    }
    return services
        .store()
        .event(pipeline.tenantId(), pipeline.id(), id)
        .map(
            event ->
                event
                    .map(found -> Answer.json(200, json.apply(found), 0))
                    .orElseGet(
                        () ->
                            Answer.error(ApiErrors.unknownPipelineMonitorEvent(request.event()))));
  }

  /** Why the process can't be spoken to now (spec: api-semantics §5.1). */
  private Optional<ApiError> noProcess() {
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

  private Object route() {
    Optional<ApiError> error = noProcess();
    if (error.isPresent()) {
      return Answer.error(error.get());
    }
    ProcessClient.Target target = target();
    return new ProcessRoute(
        target.report().address(), target.report().port(), target.bearerToken(), pipeline.name());
  }

  private interface Command {
    Future<ProcessAnswer> send(ProcessClient.Target target, ProcessClient.Right right);
  }

  /**
   * Sends a command; the answer waits until its effect is committed, so that a client reads its own
   * write.
   */
  private Future<Object> command(Command command) {
    Optional<ApiError> error = noProcess();
    if (error.isPresent()) {
      return Future.failedFuture(error.get().exception());
    }
    Optional<Guard> guard = services.ownership().get().guard(pipeline.shard());
    if (guard.isEmpty()) {
      return Future.failedFuture(ApiErrors.notOwner().exception());
    }
    long number = pipeline.deployment().number();
    ProcessClient.Target target = target();
    return command
        .send(target, new ProcessClient.Right(guard.get().epoch(), pipeline.revision()))
        .recover(
            cause ->
                Future.failedFuture(
                    ApiErrors.pipelineInteractionUnreachable(
                            pipeline.name(), "pause or resume", cause.toString())
                        .exception()))
        .compose(
            answer -> {
              Answer reply = Answer.json(answer.status(), answer.body(), 0);
              if (answer.status() / 100 != 2) {
                return Future.succeededFuture(reply);
              }
              return services
                  .client()
                  .status(target)
                  .compose(status -> submit(now -> observation(number, status)))
                  .map(done -> (Object) reply)
                  .otherwise(reply);
            });
  }

  private ProcessClient.Target target() {
    Deployment deployment = pipeline.deployment();
    return new ProcessClient.Target(
        pipeline.id(),
        deployment.number(),
        ProcessSecret.ofHex(deployment.secret()),
        deployment.process());
  }

  // ---- deciding and writing -------------------------------------------------------------------

  private void submit(LifecycleInput input) {
    context.runOnContext(
        now -> {
          inbox.add(new Work(ignored -> input, null));
          next();
        });
  }

  private Future<PipelineRecord> submit(Function<PipelineRecord, LifecycleInput> input) {
    if (inbox.size() >= services.settings().maxInbox()) {
      return Future.failedFuture(
          ApiErrors.queueFull("requests for this pipeline", services.settings().maxInbox())
              .exception());
    }
    Promise<PipelineRecord> promise = Promise.promise();
    inbox.add(new Work(input, promise));
    next();
    return promise.future();
  }

  private void reconcile() {
    submit(new LifecycleInput.Reconcile(freshDeployment()));
  }

  private LifecycleInput.FreshDeployment freshDeployment() {
    return new LifecycleInput.FreshDeployment(
        Ids.uuid7(services.clock().instant().toEpochMilli()),
        Ids.secret(),
        services.host().hostId());
  }

  private void next() {
    if (busy || over) {
      if (over) {
        inbox.forEach(work -> fail(work, ApiErrors.notOwner()));
        inbox.clear();
      }
      return;
    }
    Work work = inbox.poll();
    if (work != null) {
      busy = true;
      decide(work, work.input().apply(pipeline));
    }
  }

  private void idle() {
    busy = false;
    next();
  }

  private void decide(Work work, LifecycleInput input) {
    Instant now = services.clock().instant();
    Decision decision = services.lifecycle().decide(pipeline, input, now);
    if (decision instanceof Decision.Rejected rejected) {
      fail(work, rejected.error());
      idle();
    } else if (decision instanceof Decision.Unchanged unchanged) {
      succeed(work);
      perform(unchanged.effects());
      idle();
    } else if (decision instanceof Decision.Changed changed) {
      write(work, input, changed, now);
    } else {
      delete(work);
    }
  }

  private static void fail(Work work, ApiError error) {
    if (work.promise() != null) {
      work.promise().tryFail(error.exception());
    }
  }

  private void succeed(Work work) {
    if (work.promise() != null) {
      work.promise().tryComplete(pipeline);
    }
  }

  private void write(Work work, LifecycleInput input, Decision.Changed changed, Instant now) {
    PipelineRecord after = changed.next();
    Optional<Guard> guard = services.ownership().get().guard(pipeline.shard());
    Optional<Guard> destination = services.ownership().get().guard(after.shard());
    if (guard.isEmpty() || destination.isEmpty()) {
      fail(work, ApiErrors.notOwner());
      if (work.promise() == null) {
        retryLater(input);
      }
      idle();
      return;
    }
    PipelineEvent event =
        changed.recordEvent() ? PipelineEvent.of(Ids.uuid7(now.toEpochMilli()), now, after) : null;
    Future<WriteResult> result;
    if (!after.name().equals(pipeline.name())) {
      result = services.store().rename(guard.get(), destination.get(), pipeline, after, event);
    } else if (input instanceof LifecycleInput.ProcessReported) {
      result = services.store().recordProcess(guard.get(), pipeline, after, event);
    } else {
      result = services.store().update(guard.get(), pipeline, after, event);
    }
    result
        .onSuccess(written -> written(work, input, changed, written))
        .onFailure(cause -> notWritten(work, input, cause));
  }

  private void written(
      Work work, LifecycleInput input, Decision.Changed changed, WriteResult result) {
    if (result instanceof WriteResult.Committed committed) {
      commit(changed.next().withRevision(committed.revision()));
      succeed(work);
      perform(changed.effects());
      if (changed.then() == null) {
        idle();
      } else {
        decide(new Work(ignored -> changed.then(), null), changed.then());
      }
    } else if (result instanceof WriteResult.DuplicateName) {
      fail(work, ApiErrors.duplicateName());
      idle();
    } else if (result instanceof WriteResult.ProcessTaken) {
      LOG.warn("Pipeline {}: another process had reported for this deployment", pipeline.id());
      idle();
    } else if (result instanceof WriteResult.RowGone) {
      fail(work, ApiErrors.unknownPipelineName(pipeline.name()));
      end();
    } else if (result instanceof WriteResult.NotOwner) {
      fail(work, ApiErrors.notOwner());
      end();
    } else {
      recover(work, input, "its row was written by another");
    }
  }

  private void notWritten(Work work, LifecycleInput input, Throwable cause) {
    if (cause instanceof OutcomeUnknownException) {
      recover(work, input, cause.toString());
      return;
    }
    LOG.warn("Pipeline {}: a write was refused: {}", pipeline.id(), cause.toString());
    if (work.promise() != null) {
      fail(work, ApiErrors.databaseUnavailable(String.valueOf(cause.getMessage())));
    } else {
      retryLater(input);
    }
    idle();
  }

  /**
   * Own inputs are facts: they are decided again until the decision is written or no longer fits.
   */
  private void retryLater(LifecycleInput input) {
    vertx.setTimer(
        services.settings().retryDelay().toMillis(),
        timer -> {
          if (!over) {
            submit(input);
          }
        });
  }

  /**
   * Acts on nothing until the row has been read at a revision that no lost write can follow (SAFETY
   * rule 11).
   */
  private void recover(Work work, LifecycleInput input, String reason) {
    LOG.warn("Pipeline {}: reloading, because {}", pipeline.id(), reason);
    fail(work, ApiErrors.outcomeUnknown("the database did not confirm the change"));
    Optional<Guard> guard = services.ownership().get().guard(pipeline.shard());
    if (guard.isEmpty()) {
      end();
      return;
    }
    services
        .store()
        .reload(guard.get(), pipeline.tenantId(), pipeline.id())
        .onSuccess(
            result -> {
              if (result instanceof ReloadResult.Reloaded reloaded) {
                commit(reloaded.pipeline());
                if (work.promise() == null) {
                  inbox.addFirst(new Work(ignored -> input, null));
                }
                reconcile();
                idle();
              } else {
                end();
              }
            })
        .onFailure(
            cause ->
                vertx.setTimer(
                    services.settings().retryDelay().toMillis(),
                    timer -> recover(work, input, cause.toString())));
  }

  private void delete(Work work) {
    Optional<Guard> guard = services.ownership().get().guard(pipeline.shard());
    if (guard.isEmpty()) {
      fail(work, ApiErrors.notOwner());
      idle();
      return;
    }
    services
        .store()
        .delete(guard.get(), pipeline)
        .onSuccess(
            result -> {
              if (result instanceof WriteResult.Committed
                  || result instanceof WriteResult.RowGone) {
                end();
                succeed(work);
                services
                    .host()
                    .removePipeline(pipeline.id())
                    .onFailure(
                        cause ->
                            LOG.warn(
                                "Files of deleted pipeline {} remain: {}",
                                pipeline.id(),
                                cause.toString()));
              } else if (result instanceof WriteResult.NotOwner) {
                fail(work, ApiErrors.notOwner());
                end();
              } else {
                recover(work, new LifecycleInput.Delete(), "its row was written by another");
              }
            })
        .onFailure(cause -> notWritten(work, new LifecycleInput.Delete(), cause));
  }

  private void commit(PipelineRecord next) {
    PipelineRecord before = pipeline;
    pipeline = next;
    lastWriteNanos = System.nanoTime();
    if (!before.name().equals(next.name())) {
      directory.renamed(next.tenantId(), before.name(), next.name(), next.id());
    }
    publish(before, next);
    logTransitions(before, next);
    if (next.resources().status() == ResourcesStatus.STOPPED) {
      closeTails();
    }
  }

  private void publish(PipelineRecord before, PipelineRecord next) {
    Snapshot fresh = new Snapshot(next, services.renderer());
    services.snapshots().publish(snapshot, fresh);
    snapshot = fresh;
    services.observer().changed(before, next);
  }

  private void logTransitions(PipelineRecord before, PipelineRecord next) {
    Instant now = services.clock().instant();
    if (before.resources().status() != next.resources().status()) {
      transition(
          now,
          "Resources",
          before.resources().status().json(),
          next.resources().status().json(),
          next.resources().desired().json());
    }
    if (next.runtime().status() != null && before.runtime().status() != next.runtime().status()) {
      transition(
          now,
          "Runtime",
          before.runtime().status() == null ? "(none)" : before.runtime().status().json(),
          next.runtime().status().json(),
          String.valueOf(
              next.runtime().desired() == null ? null : next.runtime().desired().json()));
    }
    if (before.storage().status() != next.storage().status()) {
      log.controller(
          now,
          "INFO",
          "runner",
          "Storage transition: "
              + before.storage().status().json()
              + " -> "
              + next.storage().status().json(),
          next.id(),
          next.name());
    }
    if (next.deploymentError() != null
        && !Objects.equals(before.deploymentError(), next.deploymentError())) {
      log.controller(
          now,
          "ERROR",
          "runner",
          next.deploymentError().path("message").asText(),
          next.id(),
          next.name());
    }
  }

  private void transition(Instant now, String kind, String from, String to, String desired) {
    String text = kind + " transition: " + from + " -> " + to + " (desired: " + desired + ")";
    log.controller(now, "INFO", "runner", text, pipeline.id(), pipeline.name());
    LOG.info(
        "{} pipeline={} name={} shard={} deployment={}",
        text,
        pipeline.id(),
        pipeline.name(),
        pipeline.shard(),
        pipeline.deployment().number());
  }

  /** This node has no more say over the pipeline: it was deleted, or another node owns it. */
  private void end() {
    if (over) {
      return;
    }
    over = true;
    onEnd.run();
    services.snapshots().remove(snapshot);
    services.observer().changed(pipeline, null);
    directory.remove(pipeline.tenantId(), pipeline.name(), pipeline.id());
    log.end();
    next();
    vertx
        .undeploy(deploymentID())
        .onFailure(cause -> LOG.warn("Cannot undeploy {}: {}", pipeline.id(), cause.toString()));
  }

  // ---- effects --------------------------------------------------------------------------------

  private void perform(List<Effect> effects) {
    for (Effect effect : effects) {
      if (effect instanceof Effect.Reconcile) {
        reconcile();
      } else if (effect instanceof Effect.Compile compile) {
        compile(compile.programVersion());
      } else if (effect instanceof Effect.Launch launch) {
        launch(launch.number());
      } else if (effect instanceof Effect.Grant grant) {
        grant(grant.number());
      } else if (effect instanceof Effect.Observe observe) {
        observe(observe.number());
      } else if (effect instanceof Effect.Kill kill) {
        kill(kill.number());
      } else if (effect instanceof Effect.RemoveStorage remove) {
        removeStorage(remove.belowGeneration());
      }
    }
  }

  private void compile(long version) {
    if (compiling == version) {
      return;
    }
    compiling = version;
    Definition definition = pipeline.definition();
    CompileJob job =
        new CompileJob(
            pipeline.tenantId(),
            new CompileRequest(
                pipeline.id() + "/" + version,
                definition.programCode(),
                definition.udfRust(),
                definition.udfToml()),
            () -> submit(new LifecycleInput.CompileStarted(version)));
    DeliveryOptions options = LocalCodec.within(COMPILE_REPLY_TIMEOUT);
    vertx
        .eventBus()
        .<CompileResult>request(Addresses.COMPILER, job, options)
        .onComplete(
            reply -> {
              if (compiling == version) {
                compiling = 0;
              }
              submit(
                  reply.succeeded()
                      ? compiled(version, reply.result().body())
                      : new LifecycleInput.CompileBroken(version, reply.cause().getMessage()));
            });
  }

  private static LifecycleInput compiled(long version, CompileResult result) {
    ObjectNode sql = JSON.createObjectNode();
    sql.put("exit_code", result.outcome() == CompileResult.Outcome.SUCCESS ? 0 : 1);
    sql.set("messages", JSON.valueToTree(result.messages()));
    return switch (result.outcome()) {
      case SUCCESS ->
          new LifecycleInput.SqlCompiled(
              version, sql, result.programInfo(), JSON.valueToTree(result.plan()));
      case SQL_ERROR -> new LifecycleInput.CompileRejected(version, sql);
      case SYSTEM_ERROR -> new LifecycleInput.CompileBroken(version, result.systemError());
    };
  }

  private void launch(long number) {
    if (launched == number) {
      return;
    }
    launched = number;
    DeploymentSpec spec;
    try {
      spec = specification();
    } catch (JsonProcessingException e) {
      submit(
          new LifecycleInput.DeploymentFailed(
              number,
              ApiErrors.automatonInvalidProgramInfo(
                  JsonNodeFactory.instance.nullNode(),
                  "the stored plan cannot be read: " + e.getOriginalMessage())));
      return;
    }
    long timeoutSeconds =
        pipeline.definition().runtimeConfig().path("provisioning_timeout_secs").asLong(0);
    Duration timeout =
        timeoutSeconds > 0
            ? Duration.ofSeconds(timeoutSeconds)
            : services.settings().startTimeout();
    tail(number);
    services
        .host()
        .launch(spec, timeout)
        .onSuccess(report -> submit(new LifecycleInput.ProcessReported(number, report, leaseEnd())))
        .onFailure(
            cause -> {
              boolean late = cause instanceof StartRefusedException refused && refused.isTimeout();
              submit(
                  new LifecycleInput.DeploymentFailed(
                      number,
                      late
                          ? ApiErrors.automatonProvisioningTimeout(timeout)
                          : ApiErrors.runnerProvisionError(String.valueOf(cause.getMessage()))));
            });
    services
        .host()
        .removeDeployments(pipeline.id(), number)
        .onFailure(
            cause -> LOG.warn("Old deployments of {} remain: {}", pipeline.id(), cause.toString()));
  }

  private DeploymentSpec specification() throws JsonProcessingException {
    Deployment deployment = pipeline.deployment();
    Path working = services.host().workingDirectory(pipeline.id(), deployment.number());
    return new DeploymentSpec(
        pipeline.tenantId(),
        pipeline.id(),
        pipeline.name(),
        deployment.number(),
        deployment.id(),
        deployment.secret(),
        pipeline.launch().initial().column(),
        pipeline.definition().runtimeConfig(),
        JSON.treeToValue(pipeline.program().plan(), PipelinePlan.class),
        working.toString(),
        services.host().storageDirectory(pipeline.id(), pipeline.storage().generation()).toString(),
        ProcessHost.reportFile(working).toString(),
        services.host().bindAddress(),
        services.host().grantTimeout().toMillis());
  }

  private Instant leaseEnd() {
    return services.clock().instant().plus(services.settings().lease());
  }

  private void grant(long number) {
    Optional<Guard> guard = services.ownership().get().guard(pipeline.shard());
    if (guard.isEmpty()) {
      return;
    }
    services
        .client()
        .grant(
            target(),
            new ProcessClient.Right(guard.get().epoch(), pipeline.revision()),
            services.settings().lease())
        .onComplete(
            granted -> {
              if (granted.failed() || granted.result().status() != 200) {
                LOG.warn(
                    "Pipeline {}: lease of deployment {} was not taken: {}",
                    pipeline.id(),
                    number,
                    granted.failed()
                        ? granted.cause().toString()
                        : Integer.toString(granted.result().status()));
                vertx.setTimer(
                    services.settings().retryDelay().toMillis(),
                    timer -> {
                      if (live(number)) {
                        grant(number);
                      }
                    });
              }
            });
  }

  /** Whether this deployment is provisioned and shall be. */
  private boolean live(long number) {
    return !over
        && !parking
        && pipeline.deployment().number() == number
        && pipeline.resources().status() == ResourcesStatus.PROVISIONED
        && pipeline.resources().desired() == ResourcesDesiredStatus.PROVISIONED;
  }

  private void observe(long number) {
    if (observing == number || !live(number)) {
      return;
    }
    observing = number;
    ProcessReport report = pipeline.deployment().process();
    tail(number);
    services
        .host()
        .whenGone(report)
        .onComplete(gone -> context.runOnContext(now -> processGone(number)));
    if (pipeline.deployment().leaseUntil() == null
        || pipeline
            .deployment()
            .leaseUntil()
            .isBefore(leaseEnd().minus(services.settings().leaseRenewal()))) {
      submit(new LifecycleInput.RenewLease(number, leaseEnd()));
    }
    vertx.setPeriodic(
        services.settings().leaseRenewal().toMillis(),
        timer -> {
          if (live(number)) {
            submit(new LifecycleInput.RenewLease(number, leaseEnd()));
          } else {
            vertx.cancelTimer(timer);
          }
        });
    observeOnce(number);
  }

  private void processGone(long number) {
    if (live(number)) {
      submit(
          new LifecycleInput.DeploymentFailed(
              number,
              ApiErrors.runnerCheckError(
                  "the pipeline process ended by itself or was killed from outside; its log has its"
                      + " last words. Start the pipeline again")));
    }
  }

  private void observeOnce(long number) {
    if (!live(number)) {
      if (observing == number) {
        observing = 0;
      }
      return;
    }
    services
        .client()
        .status(target())
        .onComplete(
            answer -> {
              LifecycleInput input =
                  answer.succeeded()
                      ? observation(number, answer.result())
                      : unreachable(number, answer.cause());
              if (worthWriting(input)) {
                submit(input);
              }
              Duration delay =
                  pipeline.runtime().status() == RuntimeStatus.INITIALIZING
                      ? services.settings().observeInitializing()
                      : services.settings().observe();
              vertx.setTimer(delay.toMillis(), timer -> observeOnce(number));
            });
  }

  /** Mere details are written only so often (spec: lifecycle §2.2). */
  private boolean worthWriting(LifecycleInput input) {
    if (input instanceof LifecycleInput.ProcessObserved observed) {
      boolean sameStatus =
          observed.status() == pipeline.runtime().status()
              && (observed.desired() == null || observed.desired() == pipeline.runtime().desired());
      return !sameStatus
          || System.nanoTime() - lastWriteNanos > services.settings().detailsInterval().toNanos();
    }
    return true;
  }

  /** What an answer to GET /status means (spec: lifecycle §2.1). */
  private LifecycleInput observation(long number, ProcessAnswer answer) {
    JsonNode body = answer.body();
    if (answer.status() == 200) {
      if (body.isObject()) {
        return new LifecycleInput.ProcessObserved(
            number,
            runtimeStatus(body.path("runtime_status").asText()),
            objectOrNull(body.path("runtime_status_details")),
            runtimeStatus(body.path("runtime_desired_status").asText()),
            objectOrNull(body.path("storage_status_details")));
      }
      return new LifecycleInput.ProcessObserved(
          number, runtimeStatus(body.asText()), null, null, null);
    }
    if (answer.status() == 503) {
      String code = body.path("error_code").asText();
      boolean initializing = code.equals("Initializing");
      return initializing || code.equals("Suspended")
          ? new LifecycleInput.ProcessObserved(
              number,
              initializing ? RuntimeStatus.INITIALIZING : RuntimeStatus.SUSPENDED,
              null,
              null,
              null)
          : new LifecycleInput.ProcessObserved(
              number,
              RuntimeStatus.UNAVAILABLE,
              reason(body.path("message").asText(body.toString())),
              RuntimeStatus.UNAVAILABLE,
              null);
    }
    return new LifecycleInput.DeploymentFailed(
        number,
        new ApiError(
            answer.status(),
            body.path("error_code").asText("RunnerCheckError"),
            body.path("message").asText("The pipeline process answered " + answer.status()),
            body.path("details")));
  }

  private LifecycleInput unreachable(long number, Throwable cause) {
    Instant since = pipeline.resources().since();
    boolean grace =
        services.clock().instant().isBefore(since.plus(services.settings().grace()))
            && pipeline.runtime().status() == RuntimeStatus.INITIALIZING;
    return new LifecycleInput.ProcessObserved(
        number,
        grace ? RuntimeStatus.INITIALIZING : RuntimeStatus.UNAVAILABLE,
        reason("the pipeline process cannot be reached: " + cause.getMessage()),
        null,
        null);
  }

  private static RuntimeStatus runtimeStatus(String json) {
    for (RuntimeStatus status : RuntimeStatus.values()) {
      if (status.json().equals(json)) {
        return status;
      }
    }
    return RuntimeStatus.UNAVAILABLE;
  }

  private static JsonNode objectOrNull(JsonNode node) {
    return node.isObject() ? node : null;
  }

  private static JsonNode reason(String text) {
    return JsonNodeFactory.instance.objectNode().put("reason", text);
  }

  private void kill(long number) {
    if (killing == number) {
      return;
    }
    killing = number;
    ProcessReport report = pipeline.deployment().process();
    Future<Void> gone =
        report == null
            ? services.host().killUnrecorded(pipeline.id(), number)
            : services.host().kill(report);
    gone.onSuccess(
            done -> {
              killing = 0;
              submit(new LifecycleInput.ProcessStopped(number));
            })
        .onFailure(
            cause -> {
              killing = 0;
              LOG.warn(
                  "Pipeline {}: unable to stop (will retry) due to: {}",
                  pipeline.id(),
                  cause.toString());
              vertx.setTimer(services.settings().retryDelay().toMillis(), timer -> reconcile());
            });
  }

  private void removeStorage(long belowGeneration) {
    if (removing == belowGeneration) {
      return;
    }
    removing = belowGeneration;
    services
        .host()
        .removeStorage(pipeline.id(), belowGeneration)
        .onSuccess(
            done -> {
              removing = 0;
              submit(new LifecycleInput.StorageRemoved(belowGeneration - 1));
            })
        .onFailure(
            cause -> {
              removing = 0;
              LOG.warn(
                  "Pipeline {}: unable to clear (will retry) due to: {}",
                  pipeline.id(),
                  cause.toString());
              vertx.setTimer(services.settings().retryDelay().toMillis(), timer -> reconcile());
            });
  }

  private void tail(long number) {
    if (!tails.isEmpty()) {
      return;
    }
    Path working = services.host().workingDirectory(pipeline.id(), number);
    tails.add(new LogTail(vertx, tailWorkers, ProcessHost.outputFile(working), log::add));
    tails.add(new LogTail(vertx, tailWorkers, working.resolve("pipeline.log"), log::add));
  }

  private void closeTails() {
    tails.forEach(LogTail::close);
    tails.clear();
  }

  // ---- take-over and farewell -----------------------------------------------------------------

  /** What became of the recorded process; only this host's own evidence counts (SAFETY rule 13). */
  private Future<ProcessFate> processFate() {
    Deployment deployment = pipeline.deployment();
    if (pipeline.resources().status() != ResourcesStatus.PROVISIONED
        || deployment.process() == null) {
      return Future.succeededFuture(ProcessFate.NONE);
    }
    if (!services.host().hostId().equals(deployment.host())) {
      return Future.succeededFuture(ProcessFate.UNKNOWN);
    }
    return services
        .host()
        .exists(deployment.process())
        .compose(
            exists ->
                exists ? challenge(CHALLENGE_ATTEMPTS) : Future.succeededFuture(ProcessFate.GONE))
        .otherwise(ProcessFate.UNKNOWN);
  }

  private Future<ProcessFate> challenge(int attempts) {
    return services
        .client()
        .challenge(target())
        .map(same -> same ? ProcessFate.ALIVE : ProcessFate.UNKNOWN)
        .recover(
            cause -> {
              if (attempts <= 1) {
                return Future.succeededFuture(ProcessFate.UNKNOWN);
              }
              Promise<ProcessFate> again = Promise.promise();
              vertx.setTimer(
                  services.settings().observeInitializing().toMillis(),
                  timer -> challenge(attempts - 1).onComplete(again));
              return again.future();
            });
  }

  /**
   * Ends the process but not the wish to run: the next start of the node brings the pipeline back.
   */
  private Future<Void> park() {
    parking = true;
    long number = pipeline.deployment().number();
    ProcessReport report = pipeline.deployment().process();
    boolean up =
        pipeline.resources().status() == ResourcesStatus.PROVISIONED
            || pipeline.resources().status() == ResourcesStatus.PROVISIONING;
    if (!up) {
      return Future.succeededFuture();
    }
    Future<Void> gone =
        report == null
            ? services.host().killUnrecorded(pipeline.id(), number)
            : services.host().kill(report);
    return gone.compose(done -> submit(now -> new LifecycleInput.Parked(number))).mapEmpty();
  }
}
