package io.weirkeeper.verticles.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.ApiException;
import io.weirkeeper.core.api.EventJson;
import io.weirkeeper.core.api.PipelineJson;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.IfMatch;
import io.weirkeeper.core.pipeline.LifecycleInput;
import io.weirkeeper.core.pipeline.PipelineEvent;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.verticles.actor.PipelineActor;
import io.weirkeeper.verticles.actor.PipelinePorts;
import io.weirkeeper.verticles.actor.Publication;
import io.weirkeeper.verticles.bus.Answer;
import io.weirkeeper.verticles.bus.LocalCodec;
import io.weirkeeper.verticles.bus.PipelineRequest;
import io.weirkeeper.verticles.bus.ProcessRoute;
import io.weirkeeper.verticles.process.ProcessClient;
import io.weirkeeper.verticles.process.ProcessClient.ProcessAnswer;
import io.weirkeeper.verticles.snapshot.Snapshot;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pipeline on the event bus: turns requests into calls of its {@link PipelineActor}, which holds
 * all behaviour, and lends it timers, log and snapshots.
 */
public final class PipelineVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(PipelineVerticle.class);

  private final PipelineServices services;
  private final PipelineDirectory directory;
  private final PipelineRecord loaded;
  private final boolean created;
  private final IntConsumer onMoved;
  private final Runnable onEnd;
  private final SnapshotPublication publication = new SnapshotPublication();
  private PipelineActor actor;
  private VerticleLog log;
  private MessageConsumer<Object> consumer;

  /**
   * The verticle of a pipeline.
   *
   * @param created whether the row was just inserted by this node, rather than loaded after a claim
   * @param onMoved told the shard of a new name
   * @param onEnd runs once when this node has no more say over the pipeline
   */
  PipelineVerticle(
      PipelineServices services,
      PipelineDirectory directory,
      PipelineRecord pipeline,
      boolean created,
      IntConsumer onMoved,
      Runnable onEnd) {
    this.services = services;
    this.directory = directory;
    this.loaded = pipeline;
    this.created = created;
    this.onMoved = onMoved;
    this.onEnd = onEnd;
  }

  /** Local address of a pipeline's verticle. */
  static String address(UUID pipelineId) {
    return "weirkeeper.pipeline." + pipelineId;
  }

  @Override
  public Future<?> start() {
    log = new VerticleLog(vertx, services, loaded.id(), loaded.name());
    actor =
        new PipelineActor(
            new PipelinePorts(
                services.settings(),
                services.lifecycle()::decide,
                services.store(),
                shard -> services.ownership().get().guard(shard),
                services.host(),
                services.client(),
                new BusCompiler(vertx.eventBus()),
                new ContextTimers(vertx, context),
                services.clock(),
                Ids.SECURE,
                log,
                publication),
            loaded,
            this::ended);
    consumer = vertx.eventBus().localConsumer(address(loaded.id()), this::onMessage);
    actor.begin(created);
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    actor.close();
    return consumer == null ? Future.succeededFuture() : consumer.unregister();
  }

  /** This node has no more say over the pipeline: it was deleted, or another node owns it. */
  private void ended() {
    onEnd.run();
    context.runOnContext(
        now ->
            vertx
                .undeploy(deploymentID())
                .onFailure(
                    cause -> LOG.warn("Cannot undeploy {}: {}", loaded.id(), cause.toString())));
  }

  // ---- requests -------------------------------------------------------------------------------

  private void onMessage(Message<Object> message) {
    if (message.body() instanceof Park) {
      actor.park().onComplete(done -> message.reply(Boolean.TRUE));
    } else if (message.body() instanceof Release) {
      actor.release();
    } else if (message.body() instanceof PipelineRequest request) {
      // In a future, so that whatever is thrown becomes an answer too.
      Future.succeededFuture(request)
          .compose(this::answer)
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
    if (request instanceof PipelineRequest.Conditional conditional) {
      IfMatch ifMatch = conditional.ifMatch();
      return change(
          conditional.request(),
          (now, input) ->
              ifMatch == null
                  ? input
                  : new LifecycleInput.Conditional(publication.translated(ifMatch, now), input));
    }
    return change(request, (now, input) -> input);
  }

  /** Changes to which a client may attach a condition. */
  private Future<Object> change(
      PipelineRequest request,
      BiFunction<PipelineRecord, LifecycleInput, LifecycleInput> onCondition) {
    if (request instanceof PipelineRequest.Replace replace) {
      return actor
          .submit(
              now -> onCondition.apply(now, new LifecycleInput.Edit(replace.definition(), true)))
          .map(this::info);
    } else if (request instanceof PipelineRequest.Patch patch) {
      return actor
          .submit(
              now ->
                  onCondition.apply(
                      now, new LifecycleInput.Edit(patched(now.definition(), patch), false)))
          .map(this::info);
    } else if (request instanceof PipelineRequest.Delete) {
      return actor
          .submit(now -> onCondition.apply(now, new LifecycleInput.Delete()))
          .map(done -> Answer.empty(200));
    }
    return other(request);
  }

  private Future<Object> other(PipelineRequest request) {
    if (request instanceof PipelineRequest.SetPlatformVersion set) {
      return actor
          .submit(now -> new LifecycleInput.SetPlatformVersion(set.platformVersion()))
          .map(done -> Answer.empty(200));
    } else if (request instanceof PipelineRequest.UpdateRuntime) {
      return actor.submit(now -> new LifecycleInput.UpdateRuntime()).map(this::info);
    } else if (request instanceof PipelineRequest.Start start) {
      return actor
          .submit(now -> new LifecycleInput.Start(start.launch(), start.dismissError()))
          .map(done -> Answer.text(202, "Pipeline is starting"));
    } else if (request instanceof PipelineRequest.Stop) {
      return actor
          .submit(now -> new LifecycleInput.Stop())
          .map(done -> Answer.text(202, "Pipeline is forcefully stopping"));
    } else if (request instanceof PipelineRequest.Suspend) {
      return actor
          .suspend()
          .map(
              answer ->
                  answer
                      .map(PipelineVerticle::passedOn)
                      .orElseGet(() -> Answer.text(202, "Pipeline is forcefully stopping")));
    } else if (request instanceof PipelineRequest.Clear) {
      return actor
          .submit(now -> new LifecycleInput.Clear(services.host().hostId()))
          .map(done -> Answer.text(202, "Pipeline storage is being cleared"));
    } else if (request instanceof PipelineRequest.DismissError) {
      return actor
          .submit(now -> new LifecycleInput.DismissError())
          .map(done -> Answer.text(200, "Deployment error is dismissed"));
    } else if (request instanceof PipelineRequest.Pause) {
      return actor.pause().map(PipelineVerticle::passedOn);
    } else if (request instanceof PipelineRequest.Resume) {
      return actor.resume().map(PipelineVerticle::passedOn);
    } else if (request instanceof PipelineRequest.Route) {
      return Future.succeededFuture(route());
    } else if (request instanceof PipelineRequest.Events events) {
      return events(events);
    } else if (request instanceof PipelineRequest.Logs) {
      return Future.succeededFuture(log.reader());
    } else if (request instanceof PipelineRequest.LogBacklog) {
      return Future.succeededFuture(log.lines());
    }
    return Future.failedFuture(
        new IllegalArgumentException("No such request: " + request.getClass()));
  }

  private Object info(PipelineRecord pipeline) {
    return Answer.json(200, PipelineJson.info(pipeline), publication.state());
  }

  private static Object passedOn(ProcessAnswer answer) {
    return Answer.json(answer.status(), answer.body(), 0);
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
          .events(loaded.tenantId(), loaded.id(), services.eventRetention())
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
          .latestEvent(loaded.tenantId(), loaded.id())
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
        .event(loaded.tenantId(), loaded.id(), id)
        .map(
            event ->
                event
                    .map(found -> Answer.json(200, json.apply(found), 0))
                    .orElseGet(
                        () ->
                            Answer.error(ApiErrors.unknownPipelineMonitorEvent(request.event()))));
  }

  private Object route() {
    Optional<ApiError> error = actor.noProcess();
    if (error.isPresent()) {
      return Answer.error(error.get());
    }
    ProcessClient.Target target = actor.target();
    return new ProcessRoute(
        target.report().address(),
        target.report().port(),
        target.bearerToken(),
        actor.pipeline().name());
  }

  // ---- snapshots ------------------------------------------------------------------------------

  /** Publishes committed states to the node's snapshots, directory and observer. */
  private final class SnapshotPublication implements Publication {
    private Snapshot snapshot;

    /** The states that a client saw, as the rows that they are now. */
    IfMatch translated(IfMatch ifMatch, PipelineRecord now) {
      return new IfMatch(
          ifMatch.seen().stream()
              .filter(state -> snapshot.isState(state.revision()))
              .map(state -> new IfMatch.State(state.pipelineId(), now.revision()))
              .toList(),
          ifMatch.given());
    }

    long state() {
      return snapshot.state();
    }

    @Override
    public void published(PipelineRecord before, PipelineRecord next) {
      if (before != null && !before.name().equals(next.name())) {
        directory.renamed(next.tenantId(), before.name(), next.name(), next.id());
      }
      if (before != null && before.shard() != next.shard()) {
        onMoved.accept(next.shard());
      }
      Snapshot fresh =
          snapshot != null
              ? snapshot.followedBy(next)
              : created
                  ? Snapshot.written(next, services.renderer())
                  : Snapshot.loaded(next, services.renderer());
      services.snapshots().publish(snapshot, fresh);
      snapshot = fresh;
      services.observer().changed(before, next);
    }

    @Override
    public void withdrawn(PipelineRecord last) {
      services.snapshots().remove(snapshot);
      services.observer().changed(last, null);
      directory.remove(last.tenantId(), last.name(), last.id());
    }
  }
}
