package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Health and metrics on a port of their own, for whoever runs the server: {@code /healthz} (the
 * database answers), {@code /livez} (this event loop turns), {@code /readyz} (every part is ready,
 * or which isn't, in words) and {@code /metrics} for Prometheus.
 */
public final class ManagementVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(ManagementVerticle.class);

  /** Another shared free port than that of the API. */
  private static final int SHARED_FREE_PORT = -2;

  private static final Set<HttpMethod> METHODS = Set.of(HttpMethod.GET, HttpMethod.HEAD);
  private static final int IDLE_SECONDS = 75;
  private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final String bindAddress;
  private final int port;
  private final BooleanSupplier databaseReachable;
  private final Supplier<List<Part>> parts;
  private final Supplier<String> metrics;
  private HttpServer server;

  /**
   * A part of the server.
   *
   * @param name for example {@code compiler}
   * @param ready whether it can do its work
   * @param says in words how it is, and what it waits for
   */
  public record Part(String name, boolean ready, String says) {
    /** Refuses missing parts. */
    public Part {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(says, "says");
    }
  }

  /**
   * One instance.
   *
   * @param port TCP port; 0 takes a free one
   * @param databaseReachable outcome of the last probe; must not block
   * @param parts what has to be ready; must not block
   * @param metrics Prometheus text; may take a while, it runs on a worker
   */
  public ManagementVerticle(
      String bindAddress,
      int port,
      BooleanSupplier databaseReachable,
      Supplier<List<Part>> parts,
      Supplier<String> metrics) {
    this.bindAddress = bindAddress;
    this.port = port;
    this.databaseReachable = databaseReachable;
    this.parts = parts;
    this.metrics = metrics;
  }

  @Override
  public Future<?> start() {
    HttpServerOptions options =
        new HttpServerOptions()
            .setTcpNoDelay(true)
            .setHttp2ClearTextEnabled(false)
            .setCompressionSupported(true)
            .setIdleTimeout(IDLE_SECONDS);
    server = vertx.createHttpServer(options).requestHandler(this::handle);
    return server.listen(port == 0 ? SHARED_FREE_PORT : port, bindAddress);
  }

  @Override
  public Future<?> stop() {
    return server.shutdown(1, TimeUnit.SECONDS);
  }

  /** The port that this instance listens on, once it is deployed. */
  public int actualPort() {
    return server.actualPort();
  }

  private void handle(HttpServerRequest request) {
    String path = request.path() == null ? "" : request.path();
    switch (path) {
      case "/healthz", "/livez", "/readyz", "/metrics" -> {
        if (METHODS.contains(request.method())) {
          answer(path, request.response());
        } else {
          request.response().putHeader(HttpHeaders.ALLOW, "GET, HEAD").setStatusCode(405).end();
        }
      }
      default -> text(request.response(), 404, "Known paths: /healthz /livez /readyz /metrics\n");
    }
  }

  private void answer(String path, HttpServerResponse response) {
    switch (path) {
      case "/livez" -> json(response, 200, status("alive"));
      case "/healthz" -> {
        boolean healthy = databaseReachable.getAsBoolean();
        json(
            response,
            healthy ? 200 : 500,
            status(healthy ? "healthy" : "unhealthy: the last probe of the database failed"));
      }
      case "/readyz" -> ready(response);
      default -> metrics(response);
    }
  }

  private void ready(HttpServerResponse response) {
    List<Part> now = parts.get();
    boolean ready = now.stream().allMatch(Part::ready);
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("ready", ready);
    ArrayNode list = body.putArray("parts");
    for (Part part : now) {
      list.addObject().put("name", part.name()).put("ready", part.ready()).put("says", part.says());
    }
    json(response, ready ? 200 : 503, body);
  }

  private void metrics(HttpServerResponse response) {
    vertx
        .executeBlocking(metrics::get)
        .onSuccess(
            text -> {
              response.putHeader(HttpHeaders.CONTENT_TYPE, METRICS_TYPE);
              response.end(text);
            })
        .onFailure(
            failure -> {
              LOG.warn("Metrics can't be rendered", failure);
              text(response, 500, "The metrics can't be rendered; see the log\n");
            });
  }

  private static ObjectNode status(String status) {
    return JsonNodeFactory.instance.objectNode().put("status", status);
  }

  private static void json(HttpServerResponse response, int status, ObjectNode body) {
    response.setStatusCode(status);
    response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
    response.end(Exchange.bytes(body));
  }

  private static void text(HttpServerResponse response, int status, String body) {
    response.setStatusCode(status);
    response.putHeader(HttpHeaders.CONTENT_TYPE, Exchange.PLAIN_TEXT);
    response.end(body);
  }
}
