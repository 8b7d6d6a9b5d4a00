package io.weirkeeper.verticles.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.auth.AccessErrors;
import io.weirkeeper.core.pipeline.ShardMap;
import io.weirkeeper.verticles.snapshot.ReadRight;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What the parts of one instance of the REST front share; used on its event loop. */
final class Front {
  private final Vertx vertx;
  private final FrontSettings settings;
  private final FrontServices services;
  private final HttpClient processes;
  private final Connections connections;
  private final Auditing auditing;
  private final StreamWatch watch;
  private final Set<Runnable> onStop = new HashSet<>();
  private int streams;

  Front(Vertx vertx, FrontSettings settings, FrontServices services, HttpClient processes) {
    this.vertx = vertx;
    this.settings = settings;
    this.services = services;
    this.processes = processes;
    this.auditing = new Auditing(services.audit());
    this.watch = new StreamWatch(vertx, services.authenticator());
    this.connections =
        new Connections(
            settings.limits().connections(),
            settings.timeouts().idleConnection().toNanos(),
            settings.timeouts().stalledReader().toNanos());
  }

  Vertx vertx() {
    return vertx;
  }

  FrontSettings settings() {
    return settings;
  }

  FrontServices services() {
    return services;
  }

  /** Whether this node may answer now for the pipeline that the path names. */
  boolean mayRead(Exchange exchange) {
    ReadRight reads = services.reads();
    return reads.all() || reads.of(ShardMap.shardOf(exchange.tenantId(), exchange.param(0)));
  }

  /** The client for pipeline processes. */
  HttpClient processes() {
    return processes;
  }

  /** Looks whether those who are served for long still may be; to be called at intervals. */
  void watchStreams() {
    watch.look(System.nanoTime());
  }

  Auditing auditing() {
    return auditing;
  }

  Connections connections() {
    return connections;
  }

  /**
   * Takes one of the places for streams until the exchange is over.
   *
   * @return why not, or null
   */
  ApiError takeStream(Exchange exchange) {
    if (streams >= settings.limits().streams()) {
      return ApiErrors.tooManyStreams(settings.limits().streams());
    }
    TenantLimits tenants = services.limits();
    if (!tenants.takeStream(exchange.tenantId())) {
      return AccessErrors.streamQuotaExceeded(tenants.quotas().streams());
    }
    streams++;
    exchange.whenOver(
        () -> {
          streams--;
          tenants.leaveStream(exchange.tenantId());
        });
    watch.take(exchange);
    return null;
  }

  /** What to do when this instance stops, until it is forgotten. */
  void onStop(Runnable action) {
    onStop.add(action);
  }

  void forget(Runnable action) {
    onStop.remove(action);
  }

  /** Says goodbye to those who wait for nothing else. */
  void stop() {
    List.copyOf(onStop).forEach(Runnable::run);
  }
}
