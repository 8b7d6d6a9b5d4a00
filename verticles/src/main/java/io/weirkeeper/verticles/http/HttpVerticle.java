package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.auth.AccessErrors;
import io.weirkeeper.core.auth.Admission;
import io.weirkeeper.core.auth.Principal;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The REST API. Deploy as many instances as there are event loops to use: they share the port. Each
 * needs {@link io.weirkeeper.verticles.bus.LocalCodec} registered and sends its commands to {@link
 * io.weirkeeper.verticles.bus.Addresses}.
 *
 * <p>Order of checks (spec: api-semantics §1.2): cross-origin rules, who asks, whether the path is
 * known, whether the role suffices, and only then query string and body.
 */
public final class HttpVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(HttpVerticle.class);
  private static final String UNKNOWN = "unknown";

  /** Negative ports are shared by the servers of one Vert.x; 0 would give each its own. */
  private static final int SHARED_FREE_PORT = -1;

  /** Shorter than what any process keeps an idle connection for. */
  private static final int PROCESS_KEEP_ALIVE_SECONDS = 5;

  /** Largest piece of a body that is handed on at a time. */
  private static final int CHUNK_BYTES = 64 << 10;

  private static final long SWEEP_MILLIS = 1_000;

  /** With the poll of the generation, so that a stream outlives its right by a second or less. */
  private static final long WATCH_MILLIS = 500;

  private final FrontSettings settings;
  private final FrontServices services;
  private Front front;
  private RouteTree routes;
  private Cors cors;
  private HttpServer server;

  /** One instance; every instance gets the same settings and services. */
  public HttpVerticle(FrontSettings settings, FrontServices services) {
    this.settings = settings;
    this.services = services;
  }

  @Override
  public Future<?> start() {
    front = new Front(vertx, settings, services, processClient());
    routes = new RouteTree(Api.operations(front));
    cors = new Cors(settings.developerMode(), settings.allowedOrigins());
    server = vertx.createHttpServer(serverOptions());
    if (services.certificate() != null) {
      services.certificate().whenChanged(this::showCertificate);
    }
    server.connectionHandler(
        connection -> front.connections().opened(connection, System.nanoTime()));
    server.requestHandler(this::handle);
    vertx.setPeriodic(SWEEP_MILLIS, tick -> front.connections().sweep(System.nanoTime()));
    vertx.setPeriodic(WATCH_MILLIS, tick -> front.watchStreams());
    int port = settings.port() == 0 ? SHARED_FREE_PORT : settings.port();
    return server.listen(port, settings.bindAddress());
  }

  @Override
  public Future<?> stop() {
    front.connections().closeIdle();
    front.stop();
    return server.shutdown(settings.timeouts().shutdown().toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The port that this instance listens on, once it is deployed. */
  public int actualPort() {
    return server.actualPort();
  }

  private HttpServerOptions serverOptions() {
    FrontLimits limits = settings.limits();
    return SocketProxy.accept(tlsOptions())
        .setTcpNoDelay(true)
        .setTcpKeepAlive(true)
        .setHttp2ClearTextEnabled(false)
        .setMaxChunkSize(CHUNK_BYTES)
        .setMaxInitialLineLength(limits.requestLineBytes())
        .setMaxHeaderSize(limits.headerBytes());
  }

  private HttpServerOptions tlsOptions() {
    HttpServerOptions options = new HttpServerOptions();
    if (services.certificate() != null) {
      ServerSSLOptions tls = services.certificate().options();
      options
          .setSsl(true)
          .setKeyCertOptions(tls.getKeyCertOptions())
          .setEnabledSecureTransportProtocols(tls.getEnabledSecureTransportProtocols())
          // HTTP/2 would put many requests on a connection, which nothing here is made for.
          .setUseAlpn(false);
    }
    return options;
  }

  private void showCertificate(ServerSSLOptions options) {
    server
        .updateSSLOptions(options)
        .onFailure(failure -> LOG.error("The certificate in use could not be replaced", failure));
  }

  private HttpClient processClient() {
    FrontLimits limits = settings.limits();
    HttpClientOptions options =
        new HttpClientOptions()
            .setTcpNoDelay(true)
            .setTcpKeepAlive(true)
            .setKeepAliveTimeout(PROCESS_KEEP_ALIVE_SECONDS)
            .setMaxChunkSize(CHUNK_BYTES)
            .setMaxInitialLineLength(limits.requestLineBytes())
            .setMaxHeaderSize(limits.headerBytes())
            .setConnectTimeout((int) settings.timeouts().connect().toMillis());
    PoolOptions pool =
        new PoolOptions()
            .setHttp1MaxSize(limits.connectionsPerProcess())
            .setMaxWaitQueueSize(limits.waitingPerProcess());
    return vertx.createHttpClient(options, pool);
  }

  private void handle(HttpServerRequest request) {
    final long startNanos = System.nanoTime();
    String path = request.path() == null ? "" : request.path();
    if (Cors.covers(path) && !cors.admit(request)) {
      return;
    }
    boolean api = path.equals("/v0") || path.startsWith("/v0/");
    if (!api) {
      serve(request, path, Principal.NO_PROVIDER, startNanos);
      return;
    }
    Principal known = services.authenticator().known(request);
    if (known != null) {
      serve(request, path, known, startNanos);
    } else {
      admit(request, path, startNanos);
    }
  }

  /** Finds out who asks, while the body waits in the connection. */
  private void admit(HttpServerRequest request, String path, long startNanos) {
    front.connections().requestBegan(request.connection(), request.response(), startNanos);
    request.pause();
    services
        .authenticator()
        .admit(request)
        .onComplete(
            done ->
                context.runOnContext(
                    here -> {
                      front.connections().requestEnded(request.connection(), System.nanoTime());
                      admitted(request, path, done.result(), startNanos);
                    }));
  }

  private void admitted(
      HttpServerRequest request, String path, Admission admission, long startNanos) {
    HttpServerResponse response = request.response();
    if (response.closed()) {
      services.observer().ended(UNKNOWN, HttpObserver.CLIENT_GONE, System.nanoTime() - startNanos);
      return;
    }
    if (admission instanceof Admission.Admitted welcome) {
      Exchange exchange = serve(request, path, welcome.principal(), startNanos);
      if (exchange == null || !exchange.holdsBody()) {
        request.resume();
      }
      return;
    }
    RouteTree.Match match = find(request, path);
    String operation = match == null ? UNKNOWN : match.operation().id();
    Refusals.answer(response, admission, operation.equals(ServerHandlers.SESSION));
    front.auditing().notAdmitted(request, admission, response.getStatusCode());
    request.resume();
    services.observer().ended(operation, response.getStatusCode(), System.nanoTime() - startNanos);
  }

  /** Answers who was admitted, or who need not be; null when the path is unknown. */
  private Exchange serve(
      HttpServerRequest request, String path, Principal principal, long startNanos) {
    boolean api = path.equals("/v0") || path.startsWith("/v0/");
    RouteTree.Match match = find(request, path);
    if (match == null) {
      handleUnknown(request, path, api);
      services
          .observer()
          .ended(UNKNOWN, request.response().getStatusCode(), System.nanoTime() - startNanos);
      return null;
    }
    Exchange exchange = new Exchange(front, request, principal, match, startNanos);
    ApiError refusal = Gate.refusal(match.operation(), principal);
    if (refusal == null && api && !services.limits().mayAsk(principal.tenantId())) {
      exchange.busy(
          AccessErrors.requestQuotaExceeded(services.limits().quotas().requestsPerSecond()));
      return exchange;
    }
    if (refusal != null) {
      front.auditing().readRefused(exchange, refusal.status());
      exchange.error(refusal);
      return exchange;
    }
    try {
      match.operation().handler().handle(exchange);
    } catch (Throwable e) {
      // Errors too: whatever a handler throws, its client gets an answer.
      exchange.fail(e);
    }
    return exchange;
  }

  /**
   * HEAD is a GET whose body Vert.x leaves out. A stream has no end that its head could tell of, so
   * there it is a method that no role may use.
   */
  private RouteTree.Match find(HttpServerRequest request, String path) {
    if (!request.method().equals(HttpMethod.HEAD)) {
      return routes.find(request.method(), path);
    }
    RouteTree.Match match = routes.find(HttpMethod.GET, path);
    return match == null || Api.STREAMS.contains(match.operation().id()) ? null : match;
  }

  private void handleUnknown(HttpServerRequest request, String path, boolean api) {
    HttpServerResponse response = request.response();
    boolean known = routes.knows(path);
    if (known && api) {
      ApiError error = ApiErrors.methodNotClassified(request.method().name(), path);
      ObjectNode body = error.body();
      // Spec: auth §7, this one body has no details.
      body.remove("details");
      response.setStatusCode(error.status());
      response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
      response.end(Exchange.bytes(body));
    } else if (known) {
      response.setStatusCode(405);
      response.putHeader(HttpHeaders.ALLOW, "GET, HEAD");
      response.end();
    } else if (api) {
      response.setStatusCode(404);
      response.end();
    } else {
      response.setStatusCode(404);
      response.putHeader(HttpHeaders.CONTENT_TYPE, Exchange.PLAIN_TEXT);
      response.end("There is nothing at this path; the API begins at /v0\n");
    }
  }
}
