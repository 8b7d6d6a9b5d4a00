package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.ClusterEventJson;
import io.weirkeeper.core.api.ServerJson;
import io.weirkeeper.core.monitor.ClusterMonitor;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.store.ClusterEventStore;
import io.weirkeeper.store.StoreException;
import io.weirkeeper.verticles.bus.PipelineRequest;
import io.weirkeeper.verticles.snapshot.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What concerns the server and not one pipeline (spec: api-semantics §1.4, §6). */
final class ServerHandlers {
  /** The operation that tells callers who they are. */
  static final String SESSION = "get_config_session";

  private static final Logger LOG = LoggerFactory.getLogger(ServerHandlers.class);
  private static final Set<String> EVENT_SELECTORS = Set.of("all", "status");
  private static final Buffer HEALTHY = Buffer.buffer("{\"status\":\"healthy\"}");
  private static final Buffer UNHEALTHY =
      Buffer.buffer(
          "{\"status\":\"unhealthy: unable to reach database (see logs for further details)\"}");

  /** Name of the header with this server's own version. */
  private static final String VERSION_HEADER = "Weirkeeper-Version";

  private final Front front;
  private final PipelineBus bus;
  private final ProcessProxy proxy;
  private final Buffer configuration;
  private final Buffer demos;

  ServerHandlers(Front front, PipelineBus bus, ProcessProxy proxy) {
    this.front = front;
    this.bus = bus;
    this.proxy = proxy;
    FrontSettings settings = front.settings();
    this.configuration =
        Exchange.bytes(
            ServerJson.configuration(
                settings.ownVersion(), settings.revision(), settings.unstableFeatures()));
    this.demos = Exchange.bytes(settings.demos());
  }

  void healthz(Exchange exchange) {
    boolean healthy = front.services().databaseReachable().getAsBoolean();
    exchange.json(healthy ? 200 : 500, healthy ? HEALTHY : UNHEALTHY);
  }

  void robots(Exchange exchange) {
    exchange.text(200, "User-agent: *\nDisallow: /\n");
  }

  void authentication(Exchange exchange) {
    exchange.json(200, front.services().authenticator().configuration());
  }

  void config(Exchange exchange) {
    exchange.response().putHeader(VERSION_HEADER, front.settings().ownVersion());
    exchange.json(200, configuration);
  }

  void demos(Exchange exchange) {
    exchange.json(200, demos);
  }

  void session(Exchange exchange) {
    exchange.json(
        200, ServerJson.session(exchange.principal(), exchange.principal().memberships()));
  }

  void owners(Exchange exchange) {
    exchange.json(200, front.services().authenticator().owners());
  }

  void clusterHealth(Exchange exchange) {
    ClusterMonitor monitor = front.services().monitor().get();
    if (!monitor.hasChecked()) {
      exchange.error(ApiErrors.noClusterMonitorEventsAvailable());
      return;
    }
    ObjectNode health = ClusterEventJson.health(monitor);
    boolean healthy = health.get("all_healthy").booleanValue();
    if (!healthy) {
      // An answer, not an error body; it is still a 503 of our own.
      exchange.response().putHeader("Retry-After", "5");
    }
    exchange.json(healthy ? 200 : 503, health);
  }

  // ---- metrics of all pipelines

  void metrics(Exchange exchange) {
    if (!front.services().reads().all()) {
      exchange.error(ApiErrors.readNotCurrent());
      return;
    }
    List<Snapshot> running =
        front.services().snapshots().list(exchange.tenantId()).stream()
            .filter(snapshot -> hasMetrics(snapshot.pipeline().runtime().status()))
            .toList();
    Scatter.gather(running, front.settings().limits().parallelScrapes(), this::scrape)
        .onSuccess(parts -> exchange.text(200, joined(parts)))
        .onFailure(exchange::fail);
  }

  private static boolean hasMetrics(RuntimeStatus status) {
    return status == RuntimeStatus.RUNNING || status == RuntimeStatus.PAUSED;
  }

  private Future<Buffer> scrape(Snapshot snapshot) {
    Duration timeout = front.settings().timeouts().metrics();
    int limit = front.settings().limits().wholeAnswerBytes();
    var pipeline = snapshot.pipeline();
    return bus.route(new PipelineRequest.Route(pipeline.tenantId(), pipeline.name()))
        .compose(route -> proxy.fetch(route, "/metrics?format=prometheus", timeout, limit))
        .recover(
            failure -> {
              LOG.debug("No metrics pipeline={} reason={}", pipeline.id(), failure.getMessage());
              return Future.succeededFuture(Buffer.buffer());
            });
  }

  private static Buffer joined(List<Buffer> parts) {
    Buffer all = Buffer.buffer();
    for (Buffer part : parts) {
      all.appendBuffer(part);
      if (part.length() > 0 && part.getByte(part.length() - 1) != '\n') {
        all.appendByte((byte) '\n');
      }
    }
    return all;
  }

  // ---- the cluster over time

  void clusterEvents(Exchange exchange) {
    front
        .services()
        .clusterEvents()
        .newestFirst()
        .onSuccess(
            events -> {
              ArrayNode list = JsonNodeFactory.instance.arrayNode();
              events.forEach(event -> list.add(ClusterEventJson.status(event)));
              exchange.json(200, list);
            })
        .onFailure(failure -> unread(exchange, failure));
  }

  void clusterEvent(Exchange exchange) {
    boolean all = exchange.query().oneOf("selector", "status", EVENT_SELECTORS).equals("all");
    String id = exchange.param(0);
    boolean latest = id.equals("latest");
    if (!latest && !PipelineHandlers.UUID_FORM.matcher(id).matches()) {
      exchange.error(ApiErrors.invalidUuidParam(id, "expected 8-4-4-4-12 hex digits or 'latest'"));
      return;
    }
    ClusterEventStore store = front.services().clusterEvents();
    (latest ? store.latest() : store.find(UUID.fromString(id)))
        .onSuccess(
            found -> {
              if (found.isPresent()) {
                exchange.json(
                    200,
                    all ? ClusterEventJson.all(found.get()) : ClusterEventJson.status(found.get()));
              } else {
                exchange.error(
                    latest
                        ? ApiErrors.noClusterMonitorEventsAvailable()
                        : ApiErrors.unknownClusterMonitorEvent(id));
              }
            })
        .onFailure(failure -> unread(exchange, failure));
  }

  private static void unread(Exchange exchange, Throwable failure) {
    exchange.fail(
        failure instanceof StoreException
            ? ApiErrors.databaseUnavailable(failure.getMessage()).exception()
            : failure);
  }
}
