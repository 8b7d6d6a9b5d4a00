package io.weirkeeper.verticles.pipeline;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.weirkeeper.cluster.OwnershipListener;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.ApiException;
import io.weirkeeper.core.api.PipelineJson;
import io.weirkeeper.core.auth.AccessErrors;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.PipelineEvent;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ShardMap;
import io.weirkeeper.store.Guard;
import io.weirkeeper.store.OutcomeUnknownException;
import io.weirkeeper.store.ShardPage;
import io.weirkeeper.store.UnreadableRow;
import io.weirkeeper.store.WriteResult;
import io.weirkeeper.verticles.bus.Addresses;
import io.weirkeeper.verticles.bus.Answer;
import io.weirkeeper.verticles.bus.LocalCodec;
import io.weirkeeper.verticles.bus.PipelineRequest;
import io.weirkeeper.verticles.process.ProcessHost;
import io.weirkeeper.verticles.snapshot.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The door to the pipelines of a node: loads them when shards are gained, finds the verticle of a
 * request, creates pipelines, and lets go of them when shards are lost.
 */
public final class ShardsVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(ShardsVerticle.class);
  private static final Duration TRIM_INTERVAL = Duration.ofSeconds(30);
  private static final int INSERT_ATTEMPTS = 3;
  private static final Duration SESSION_POLL = Duration.ofMillis(10);

  /** Shards that are loaded together: they answer while the others are still being loaded. */
  private static final int SHARDS_AT_ONCE = 16;

  /**
   * Longest that a command may take inside a pipeline's verticle before its outcome counts as
   * unknown.
   */
  private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(30);

  /** Longest farewell of one pipeline when the node stops. */
  private static final Duration PARK_TIMEOUT = Duration.ofSeconds(8);

  private final PipelineServices services;
  private final Runnable onEnded;
  private final PipelineDirectory directory = new PipelineDirectory();
  private final Set<Integer> loading = ConcurrentHashMap.newKeySet();
  private final Map<UUID, Deployed> deployed = new ConcurrentHashMap<>();
  private final Map<String, UnreadableRow> unreadable = new HashMap<>();

  /** Pipelines whose start is being decided, by tenant. On this verticle's event loop. */
  private final Map<UUID, Set<UUID>> starting = new HashMap<>();

  private final Promise<Void> loaded = Promise.promise();
  private volatile boolean stopping;

  /** What is remembered of a pipeline here; everything else is its verticle's. */
  private record Deployed(int shard, long deploymentNumber) {
    Deployed moved(int other) {
      return new Deployed(other, deploymentNumber);
    }
  }

  /**
   * The door of a node.
   *
   * @param services shared by all pipelines
   * @param onEnded runs when this node's incarnation is over and the program must end
   */
  public ShardsVerticle(PipelineServices services, Runnable onEnded) {
    this.services = services;
    this.onEnded = onEnded;
  }

  @Override
  public Future<?> start() {
    vertx.eventBus().<PipelineRequest>localConsumer(Addresses.PIPELINES, this::onRequest);
    vertx.setPeriodic(TRIM_INTERVAL.toMillis(), timer -> trimEvents());
    return Future.succeededFuture();
  }

  /** Completes when the shards that were gained first are loaded. */
  public Future<Void> loaded() {
    return loaded.future();
  }

  /**
   * Whether every owned shard is loaded: only then is an unknown name really unknown (SAFETY rule
   * 11).
   */
  public boolean isLoaded() {
    return loaded.future().succeeded() && loading.isEmpty();
  }

  /** Whether the pipelines of a shard are loaded, if this node owns it. */
  public boolean isLoaded(int shard) {
    return !loading.contains(shard);
  }

  /** What the node's session tells about its shards. */
  public OwnershipListener listener() {
    return new OwnershipListener() {
      @Override
      public void gained(List<Guard> guards) {
        if (guards.isEmpty()) {
          return;
        }
        guards.forEach(guard -> loading.add(guard.shard()));
        context.runOnContext(now -> load(guards));
      }

      @Override
      public void lost(List<Guard> guards) {
        context.runOnContext(now -> drop(guards));
      }

      @Override
      public void ended(End why) {
        LOG.error("This node's incarnation is over: {}", why);
        onEnded.run();
      }
    };
  }

  /**
   * Ends all pipeline processes of this host but leaves what should be running as it is.
   *
   * @return completes when all are gone, or given up
   */
  public Future<Void> park() {
    stopping = true;
    List<Future<?>> farewells = new ArrayList<>();
    DeliveryOptions options = LocalCodec.within(PARK_TIMEOUT);
    for (UUID id : deployed.keySet()) {
      farewells.add(
          vertx
              .eventBus()
              .request(PipelineVerticle.address(id), new PipelineVerticle.Park(), options)
              .onFailure(cause -> LOG.warn("Pipeline {} was not parked: {}", id, cause.toString()))
              .otherwiseEmpty());
    }
    return farewells.isEmpty() ? Future.succeededFuture() : Future.join(farewells).mapEmpty();
  }

  /** Lets the pipelines' processes run on; nothing more is written. */
  public void leaveRunning() {
    stopping = true;
  }

  // ---- loading --------------------------------------------------------------------------------

  private void load(List<Guard> guards) {
    Guard first = guards.get(0);
    if (services.ownership().get().guard(first.shard()).isEmpty()) {
      // The session tells of its first shards before it is there to be asked.
      vertx.setTimer(SESSION_POLL.toMillis(), timer -> load(guards));
      return;
    }
    int now = Math.min(SHARDS_AT_ONCE, guards.size());
    List<Integer> shards = guards.subList(0, now).stream().map(Guard::shard).toList();
    services
        .store()
        .loadShards(shards, this::deployPage)
        .onSuccess(
            done -> {
              loading.removeAll(shards);
              if (now < guards.size()) {
                load(guards.subList(now, guards.size()));
              } else if (loading.isEmpty()) {
                sweep();
                loaded.tryComplete();
              }
            })
        .onFailure(
            cause -> {
              LOG.warn(
                  "Loading {} shards failed, trying again: {}", shards.size(), cause.toString());
              vertx.setTimer(services.settings().retryDelay().toMillis(), timer -> load(guards));
            });
  }

  private Future<Void> deployPage(ShardPage page) {
    List<Future<?>> deployments = new ArrayList<>();
    for (PipelineRecord pipeline : page.pipelines()) {
      if (directory.reserve(pipeline.tenantId(), pipeline.name(), pipeline.id())) {
        deployments.add(deploy(pipeline, false));
      }
    }
    for (UnreadableRow row : page.unreadable()) {
      LOG.error("Pipeline {} ({}) cannot be read: {}", row.id(), row.name(), row.reason());
      unreadable.put(row.tenantId() + "/" + row.name(), row);
    }
    return deployments.isEmpty() ? Future.succeededFuture() : Future.all(deployments).mapEmpty();
  }

  private Future<?> deploy(PipelineRecord pipeline, boolean created) {
    deployed.put(pipeline.id(), new Deployed(pipeline.shard(), pipeline.deployment().number()));
    return vertx.deployVerticle(
        new PipelineVerticle(
            services,
            directory,
            pipeline,
            created,
            shard -> deployed.computeIfPresent(pipeline.id(), (id, old) -> old.moved(shard)),
            () -> deployed.remove(pipeline.id())));
  }

  private void drop(List<Guard> guards) {
    Set<Integer> shards = ConcurrentHashMap.newKeySet();
    guards.forEach(guard -> shards.add(guard.shard()));
    deployed.forEach(
        (id, pipeline) -> {
          if (shards.contains(pipeline.shard())) {
            vertx
                .eventBus()
                .send(
                    PipelineVerticle.address(id),
                    new PipelineVerticle.Release(),
                    LocalCodec.reply());
          }
        });
  }

  /** Ends processes of this host that no row can want any more (SAFETY rule 14). */
  private void sweep() {
    services
        .host()
        .found()
        .onFailure(cause -> LOG.warn("Cannot look for left-over processes: {}", cause.toString()))
        .onSuccess(
            found -> {
              for (ProcessHost.Found process : found) {
                // Numbers only rise: what is below the number that was loaded is superseded for
                // good.
                Deployed row = deployed.get(process.pipelineId());
                boolean superseded =
                    row == null || process.deploymentNumber() < row.deploymentNumber();
                if (superseded) {
                  services
                      .host()
                      .kill(process.report())
                      .onFailure(
                          cause ->
                              LOG.warn(
                                  "Left-over process {} stays: {}",
                                  process.report().pid(),
                                  cause.toString()));
                }
              }
            });
  }

  private void trimEvents() {
    if (!stopping) {
      services
          .store()
          .trimEvents(services.eventRetention())
          .onFailure(cause -> LOG.warn("Cannot trim events: {}", cause.toString()));
    }
  }

  // ---- requests -------------------------------------------------------------------------------

  private void onRequest(Message<PipelineRequest> message) {
    // In a future, so that whatever is thrown becomes an answer too.
    Future.succeededFuture(message.body())
        .compose(this::answer)
        .recover(ShardsVerticle::errorAnswer)
        .onSuccess(reply -> message.reply(reply, LocalCodec.reply()));
  }

  private static Future<Object> errorAnswer(Throwable cause) {
    if (cause instanceof ApiException refused) {
      return Future.succeededFuture(Answer.error(refused.error()));
    }
    String reference = UUID.randomUUID().toString();
    LOG.error("A request failed, reference {}", reference, cause);
    return Future.succeededFuture(Answer.error(ApiErrors.internalError(reference)));
  }

  private Future<Object> answer(PipelineRequest request) {
    int shard = ShardMap.shardOf(request.tenantId(), request.name());
    if (stopping || loading.contains(shard) || services.ownership().get().guard(shard).isEmpty()) {
      return refused(ApiErrors.notOwner());
    }
    UnreadableRow broken = unreadable.get(request.tenantId() + "/" + request.name());
    if (broken != null) {
      return refused(ApiErrors.internalError(broken.id().toString()));
    }
    if (request instanceof PipelineRequest.Create create) {
      return create(create.tenantId(), create.definition());
    }
    Optional<UUID> id = directory.find(request.tenantId(), request.name());
    if (id.isPresent()) {
      return request instanceof PipelineRequest.Start
          ? start(id.get(), request)
          : forward(id.get(), request);
    }
    if (request instanceof PipelineRequest.Conditional conditional
        && conditional.request() instanceof PipelineRequest.Replace) {
      String given = conditional.ifMatch() == null ? "*" : conditional.ifMatch().given();
      return refused(ApiErrors.preconditionFailed(given, null, 0));
    }
    if (request instanceof PipelineRequest.Replace replace) {
      return replace.name().equals(replace.definition().name())
          ? create(replace.tenantId(), replace.definition())
          : refused(ApiErrors.cannotRenameNonExistingPipeline());
    }
    return refused(ApiErrors.unknownPipelineName(request.name()));
  }

  private static Future<Object> refused(ApiError error) {
    return Future.succeededFuture(Answer.error(error));
  }

  /** Starts, unless as many of the tenant's run as may; starts under way count. */
  private Future<Object> start(UUID id, PipelineRequest request) {
    int most = services.quotas().running();
    if (most == 0) {
      return forward(id, request);
    }
    Set<UUID> others = new HashSet<>(starting.getOrDefault(request.tenantId(), Set.of()));
    services.snapshots().list(request.tenantId()).stream()
        .map(Snapshot::pipeline)
        .filter(pipeline -> !pipeline.resources().fullyStopped())
        .forEach(pipeline -> others.add(pipeline.id()));
    others.remove(id);
    if (others.size() >= most) {
      return refused(AccessErrors.runningQuotaExceeded(most));
    }
    starting.computeIfAbsent(request.tenantId(), any -> new HashSet<>()).add(id);
    return forward(id, request)
        .onComplete(
            done ->
                starting.computeIfPresent(
                    request.tenantId(),
                    (tenant, ids) -> {
                      ids.remove(id);
                      return ids.isEmpty() ? null : ids;
                    }));
  }

  private Future<Object> forward(UUID id, PipelineRequest request) {
    return vertx
        .eventBus()
        .<Object>request(PipelineVerticle.address(id), request, LocalCodec.within(COMMAND_TIMEOUT))
        .map(Message::body)
        .recover(
            cause ->
                // Nobody listens: the pipeline ended between look-up and delivery.
                directory.find(request.tenantId(), request.name()).isEmpty()
                    ? refused(ApiErrors.unknownPipelineName(request.name()))
                    : refused(ApiErrors.outcomeUnknown(String.valueOf(cause.getMessage()))));
  }

  private Future<Object> create(UUID tenantId, Definition definition) {
    Instant now = services.clock().instant();
    UUID id = Ids.uuid7(now.toEpochMilli());
    int most = services.quotas().pipelines();
    if (most > 0
        && directory.number(tenantId) >= most
        && directory.find(tenantId, definition.name()).isEmpty()) {
      return refused(AccessErrors.pipelineQuotaExceeded(most));
    }
    if (!directory.reserve(tenantId, definition.name(), id)) {
      return refused(ApiErrors.duplicateName());
    }
    PipelineRecord pipeline =
        PipelineRecord.create(tenantId, id, definition, services.platformVersion(), now);
    PipelineEvent event = PipelineEvent.of(Ids.uuid7(now.toEpochMilli()), now, pipeline);
    return insert(pipeline, event, INSERT_ATTEMPTS)
        .compose(result -> inserted(pipeline, result))
        .onFailure(
            cause -> {
              if (cause instanceof OutcomeUnknownException) {
                resolveLater(pipeline, event);
              } else {
                directory.remove(tenantId, definition.name(), id);
              }
            })
        .recover(
            cause ->
                cause instanceof OutcomeUnknownException
                    ? refused(ApiErrors.outcomeUnknown("the database did not confirm the creation"))
                    : Future.failedFuture(cause));
  }

  /** Keeps the name reserved until it is known whether the row exists. */
  private void resolveLater(PipelineRecord pipeline, PipelineEvent event) {
    vertx.setTimer(
        services.settings().retryDelay().toMillis(),
        timer ->
            insert(pipeline, event, 1)
                .compose(result -> inserted(pipeline, result))
                .onFailure(cause -> resolveLater(pipeline, event)));
  }

  /** An insert of which the outcome is not known is sent again: the id makes that safe. */
  private Future<WriteResult> insert(PipelineRecord pipeline, PipelineEvent event, int attempts) {
    Optional<Guard> guard = services.ownership().get().guard(pipeline.shard());
    if (guard.isEmpty()) {
      return Future.failedFuture(ApiErrors.notOwner().exception());
    }
    return services
        .store()
        .insert(guard.get(), pipeline, event)
        .recover(
            cause -> {
              if (!(cause instanceof OutcomeUnknownException)) {
                return Future.failedFuture(
                    ApiErrors.databaseUnavailable(String.valueOf(cause.getMessage())).exception());
              }
              return attempts > 1
                  ? insert(pipeline, event, attempts - 1)
                  : Future.failedFuture(cause);
            });
  }

  private Future<Object> inserted(PipelineRecord pipeline, WriteResult result) {
    if (result instanceof WriteResult.Committed) {
      return deploy(pipeline, true)
          .map(done -> Answer.json(201, PipelineJson.info(pipeline), 2 * pipeline.revision()));
    }
    directory.remove(pipeline.tenantId(), pipeline.name(), pipeline.id());
    return refused(
        result instanceof WriteResult.DuplicateName
            ? ApiErrors.duplicateName()
            : ApiErrors.notOwner());
  }
}
