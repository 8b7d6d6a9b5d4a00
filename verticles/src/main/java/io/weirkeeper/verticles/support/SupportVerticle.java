package io.weirkeeper.verticles.support;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.PipelineJson;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.verticles.bus.Addresses;
import io.weirkeeper.verticles.bus.Answer;
import io.weirkeeper.verticles.bus.LocalCodec;
import io.weirkeeper.verticles.bus.LogLines;
import io.weirkeeper.verticles.bus.PipelineRequest;
import io.weirkeeper.verticles.bus.ProcessRoute;
import io.weirkeeper.verticles.snapshot.Snapshot;
import io.weirkeeper.verticles.snapshot.SnapshotTable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects support data of running pipelines now and then, and makes bundles on demand. What comes
 * from a process is streamed into files; nothing grows with it but the disk.
 */
public final class SupportVerticle extends VerticleBase implements SupportBundles {
  private static final Logger LOG = LoggerFactory.getLogger(SupportVerticle.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LOOKUP = Duration.ofSeconds(10);
  private static final int WORKERS = 2;

  private final SupportSettings settings;
  private final SnapshotTable snapshots;
  private final BooleanSupplier readsValid;
  private final JsonNode systemConfiguration;
  private final Clock clock;
  private final Collections collections;
  private WorkerExecutor workers;
  private HttpClient processes;
  private int making;
  private boolean collecting;

  /**
   * One instance a node.
   *
   * @param readsValid whether the snapshots are all there is
   * @param systemConfiguration what the server says about itself
   */
  public SupportVerticle(
      SupportSettings settings,
      SnapshotTable snapshots,
      BooleanSupplier readsValid,
      JsonNode systemConfiguration,
      Clock clock) {
    this.settings = settings;
    this.snapshots = snapshots;
    this.readsValid = readsValid;
    this.systemConfiguration = systemConfiguration;
    this.clock = clock;
    this.collections = new Collections(settings.directory(), settings.retention());
  }

  @Override
  public Future<?> start() {
    workers = vertx.createSharedWorkerExecutor("support", WORKERS);
    processes =
        vertx.createHttpClient(new HttpClientOptions().setKeepAlive(false).setTcpNoDelay(true));
    if (!settings.frequency().isZero()) {
      vertx.setPeriodic(settings.frequency().toMillis(), tick -> collectAll());
    }
    return onWorker(
        () -> {
          collections.clean();
          return null;
        });
  }

  @Override
  public Future<?> stop() {
    return processes.close().eventually(workers::close);
  }

  // ---- bundles

  @Override
  public Future<Path> bundle(BundleRequest request) {
    io.vertx.core.Promise<Path> made = io.vertx.core.Promise.promise();
    context.runOnContext(now -> bundleHere(request).onComplete(made));
    return made.future();
  }

  private Future<Path> bundleHere(BundleRequest request) {
    PipelineRecord pipeline =
        snapshots.find(request.tenantId(), request.name()).map(Snapshot::pipeline).orElse(null);
    if (pipeline == null) {
      return Future.failedFuture(ApiErrors.unknownPipelineName(request.name()).exception());
    }
    if (making >= settings.maxAtOnce()) {
      return Future.failedFuture(
          ApiErrors.queueFull("support bundles", settings.maxAtOnce()).exception());
    }
    making++;
    Future<Void> collected =
        request.collect() && !request.parts().isEmpty()
            ? collect(pipeline, request.parts())
            : Future.succeededFuture();
    return collected
        .compose(done -> onWorker(() -> collections.archive(pipeline, request, clock.instant())))
        .onComplete(done -> making--)
        .recover(
            failure -> {
              LOG.error("No support bundle pipeline={}", pipeline.id(), failure);
              return Future.failedFuture(
                  ApiErrors.unableToCreateSupportBundle(String.valueOf(failure.getMessage()))
                      .exception());
            });
  }

  // ---- collections

  /** One pipeline after the other, so that many don't weigh more than one. */
  private void collectAll() {
    if (collecting || !readsValid.getAsBoolean()) {
      return;
    }
    collecting = true;
    Collection<Snapshot> all = snapshots.all();
    Deque<PipelineRecord> running =
        all.stream()
            .map(Snapshot::pipeline)
            .filter(each -> each.resources().status() == ResourcesStatus.PROVISIONED)
            .collect(Collectors.toCollection(ArrayDeque::new));
    Set<java.util.UUID> known =
        all.stream().map(each -> each.pipeline().id()).collect(Collectors.toSet());
    onWorker(
            () -> {
              collections.keepOnly(known);
              return null;
            })
        .compose(done -> collectNext(running))
        .onFailure(failure -> LOG.warn("Support data was not collected", failure))
        .onComplete(done -> collecting = false);
  }

  private Future<Void> collectNext(Deque<PipelineRecord> left) {
    PipelineRecord next = left.poll();
    if (next == null) {
      return Future.succeededFuture();
    }
    return collect(next, EnumSet.allOf(BundlePart.class))
        .onFailure(failure -> LOG.warn("No support data pipeline={}", next.id(), failure))
        .otherwiseEmpty()
        .compose(done -> collectNext(left));
  }

  private Future<Void> collect(PipelineRecord pipeline, Set<BundlePart> parts) {
    Instant time = clock.instant();
    List<String> missing = new ArrayList<>();
    return onWorker(collections::begin)
        .compose(
            folder ->
                collectInto(folder, pipeline, parts, missing)
                    .compose(
                        done ->
                            onWorker(
                                () -> {
                                  collections.finish(
                                      folder, pipeline.id(), time, summary(parts, missing));
                                  return (Void) null;
                                }))
                    .recover(
                        failure ->
                            onWorker(
                                    () -> {
                                      collections.abandon(folder);
                                      return (Void) null;
                                    })
                                .transform(any -> Future.failedFuture(failure))));
  }

  private static String summary(Set<BundlePart> parts, List<String> missing) {
    String have = parts.size() - missing.size() + " of " + parts.size() + " files";
    return missing.isEmpty() ? have : have + "; missing: " + String.join("; ", missing);
  }

  private Future<Void> collectInto(
      Path folder, PipelineRecord pipeline, Set<BundlePart> parts, List<String> missing) {
    Future<ProcessRoute> route =
        ask(new PipelineRequest.Route(pipeline.tenantId(), pipeline.name()), ProcessRoute.class);
    Future<Void> chain = Future.succeededFuture();
    for (BundlePart part : BundlePart.values()) {
      if (parts.contains(part)) {
        chain =
            chain.compose(
                done ->
                    collect(folder, pipeline, part, route)
                        .recover(
                            failure -> {
                              missing.add(part.file() + " (" + failure.getMessage() + ")");
                              return Future.succeededFuture();
                            }));
      }
    }
    return chain;
  }

  private Future<Void> collect(
      Path folder, PipelineRecord pipeline, BundlePart part, Future<ProcessRoute> route) {
    Path file = folder.resolve(part.file());
    if (part.source() != null) {
      return route.compose(to -> download(to, part.source(), file));
    }
    return switch (part) {
      case LOGS ->
          ask(new PipelineRequest.LogBacklog(pipeline.tenantId(), pipeline.name()), LogLines.class)
              .compose(
                  log -> write(file, () -> Redaction.text(String.join("\n", log.lines()) + "\n")));
      case PIPELINE_CONFIG -> write(file, () -> pretty(Redaction.json(PipelineJson.all(pipeline))));
      case SYSTEM_CONFIG -> write(file, () -> pretty(systemConfiguration));
      case DATAFLOW_GRAPH -> {
        JsonNode info = pipeline.program().info();
        JsonNode graph = info == null ? null : info.get("dataflow");
        yield graph == null || graph.isNull()
            ? Future.failedFuture("the program has none")
            : write(file, () -> pretty(graph));
      }
      default ->
          ask(
                  new PipelineRequest.Events(pipeline.tenantId(), pipeline.name(), null, true),
                  Answer.class)
              .compose(
                  events ->
                      events.status() == 200
                          ? write(file, () -> pretty(Redaction.json(events.body())))
                          : Future.failedFuture(events.body().path("message").asText()));
    };
  }

  private <T> Future<T> ask(PipelineRequest request, Class<T> type) {
    return vertx
        .eventBus()
        .<Object>request(Addresses.PIPELINES, request, LocalCodec.within(LOOKUP))
        .compose(
            reply ->
                type.isInstance(reply.body())
                    ? Future.succeededFuture(type.cast(reply.body()))
                    : Future.failedFuture(
                        ((Answer) reply.body()).body().path("message").asText("no answer")));
  }

  private static String pretty(JsonNode json) throws JsonProcessingException {
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json);
  }

  private Future<Void> write(Path file, Callable<String> text) {
    return onWorker(
        () -> {
          Files.write(file, text.call().getBytes(StandardCharsets.UTF_8));
          return null;
        });
  }

  private Future<Void> download(ProcessRoute route, String path, Path file) {
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setHost(route.address())
            .setPort(route.port())
            .setURI(path)
            .setTimeout(settings.fileTimeout().toMillis());
    return processes
        .request(options)
        .compose(
            request ->
                request
                    .putHeader("Authorization", "Bearer " + route.bearerToken())
                    .send()
                    .compose(
                        response ->
                            response.statusCode() == 200
                                ? new Download(vertx, request, response, settings.maxFileBytes())
                                    .into(file)
                                : Future.<Void>failedFuture(
                                    "the process answered " + response.statusCode()))
                    .onFailure(failure -> request.reset()))
        .timeout(settings.fileTimeout().toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS)
        .recover(
            failure ->
                onWorker(() -> Files.deleteIfExists(file))
                    .transform(any -> Future.failedFuture(failure)));
  }

  private <T> Future<T> onWorker(Callable<T> work) {
    return workers.executeBlocking(work, false);
  }
}
