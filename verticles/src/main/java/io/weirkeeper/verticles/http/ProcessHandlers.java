package io.weirkeeper.verticles.http;

import io.vertx.core.http.HttpMethod;
import io.weirkeeper.core.api.ApiErrors;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;

/** Operations that a pipeline's process answers (spec: api-semantics §5.2). */
final class ProcessHandlers {
  private static final Set<String> METRICS_FORMATS = Set.of("prometheus", "json");

  private final Front front;
  private final ProcessProxy proxy;
  private final SocketProxy sockets;
  private final FrontTimeouts timeouts;

  ProcessHandlers(Front front, ProcessProxy proxy, SocketProxy sockets) {
    this.front = front;
    this.proxy = proxy;
    this.sockets = sockets;
    this.timeouts = front.settings().timeouts();
  }

  /** Forwards to a path of the process, without a body, and passes the answer on whole. */
  Operation.Handler whole(HttpMethod method, String path) {
    return exchange -> whole(exchange, method, path, timeouts.process());
  }

  /** The same for work that takes the process a while. */
  Operation.Handler slow(HttpMethod method, String path) {
    return exchange -> whole(exchange, method, path, timeouts.slowProcess());
  }

  private void whole(Exchange exchange, HttpMethod method, String path, Duration timeout) {
    proxy.whole(exchange, method, withQuery(exchange, path), null, timeout);
  }

  /** Forwards a small body too. */
  Operation.Handler withBody(HttpMethod method, String path) {
    return exchange ->
        exchange
            .wholeBody()
            .onSuccess(
                body ->
                    proxy.whole(
                        exchange, method, withQuery(exchange, path), body, timeouts.process()))
            .onFailure(exchange::fail);
  }

  /** Forwards and pipes the answer, for as long as it lasts once it began. */
  Operation.Handler streamed(HttpMethod method, String path, Duration untilHead) {
    return exchange -> proxy.stream(exchange, method, withQuery(exchange, path), false, untilHead);
  }

  void metrics(Exchange exchange) {
    exchange.query().oneOf("format", "prometheus", METRICS_FORMATS);
    whole(exchange, HttpMethod.GET, "/metrics", timeouts.process());
  }

  void completionStatus(Exchange exchange) {
    exchange.query().requiredText("token");
    whole(exchange, HttpMethod.GET, "/completion_status", timeouts.process());
  }

  void approve(Exchange exchange) {
    PipelineHandlers.checkBootstrap(
        exchange.query().bool("silent_bootstrap", false),
        exchange.query().bool("concurrent_bootstrap", false));
    whole(exchange, HttpMethod.POST, "/approve", timeouts.process());
  }

  void activate(Exchange exchange) {
    exchange.query().oneOf("initial", "running", Set.of("running", "paused"));
    whole(exchange, HttpMethod.POST, "/activate", timeouts.process());
  }

  void ingress(Exchange exchange) {
    proxy.stream(
        exchange,
        HttpMethod.POST,
        withQuery(exchange, "/ingress/" + encoded(exchange.param(1))),
        true,
        timeouts.ingress());
  }

  void egress(Exchange exchange) {
    proxy.stream(
        exchange,
        HttpMethod.POST,
        withQuery(exchange, "/egress/" + encoded(exchange.param(1))),
        true,
        null);
  }

  void query(Exchange exchange) {
    if (SocketProxy.isAsked(exchange.request())) {
      sockets.open(exchange, "/query");
      return;
    }
    proxy.stream(exchange, HttpMethod.GET, withQuery(exchange, "/query"), false, null);
  }

  /** GET something of an input connector. */
  Operation.Handler input(String what) {
    return exchange ->
        whole(
            exchange,
            HttpMethod.GET,
            "/input_endpoints/" + endpoint(exchange) + "/" + what,
            timeouts.process());
  }

  /** GET something of an output connector. */
  Operation.Handler output(String what) {
    return exchange ->
        whole(
            exchange,
            HttpMethod.GET,
            "/output_endpoints/" + endpoint(exchange) + "/" + what,
            timeouts.process());
  }

  void inputAction(Exchange exchange) {
    String action = exchange.param(3);
    if (!action.equals("start") && !action.equals("pause")) {
      exchange.error(ApiErrors.invalidConnectorAction(action));
      return;
    }
    input(action).handle(exchange);
  }

  void outputCommand(Exchange exchange) {
    exchange
        .wholeBody()
        .onSuccess(
            body ->
                proxy.whole(
                    exchange,
                    HttpMethod.POST,
                    withQuery(exchange, "/output_endpoints/" + endpoint(exchange) + "/command"),
                    body,
                    timeouts.process()))
        .onFailure(exchange::fail);
  }

  /** The name of a connector at its process: {@code <table>.<connector>}, encoded. */
  private static String endpoint(Exchange exchange) {
    return encoded(canonical(exchange.param(1)) + "." + exchange.param(2));
  }

  /** One segment of a path, well formed whatever the client sent. */
  private static String encoded(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** An SQL identifier as it is stored: folded to lower case unless quoted. */
  static String canonical(String identifier) {
    boolean quoted =
        identifier.length() >= 2 && identifier.startsWith("\"") && identifier.endsWith("\"");
    return quoted
        ? identifier.substring(1, identifier.length() - 1)
        : identifier.toLowerCase(Locale.ROOT);
  }

  private static String withQuery(Exchange exchange, String path) {
    String query = exchange.request().query();
    return query == null || query.isEmpty() ? path : path + "?" + query;
  }
}
