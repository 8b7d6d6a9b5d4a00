package io.weirkeeper.verticles.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Cross-origin rules of {@code /v0} and {@code /config} (spec: api-semantics §1.3). They come
 * first, so that refusals carry the headers too.
 */
final class Cors {
  private static final List<String> METHODS = List.of("GET", "POST", "PATCH", "PUT", "DELETE");
  private static final List<String> HEADERS =
      List.of("authorization", "accept", "content-type", "feldera-tenant");
  private static final String VARY =
      "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

  private final boolean permissive;
  private final Set<String> allowedOrigins;

  Cors(boolean permissive, List<String> allowedOrigins) {
    this.permissive = permissive;
    this.allowedOrigins = Set.copyOf(allowedOrigins);
  }

  static boolean covers(String path) {
    return isOrBelow(path, "/v0") || isOrBelow(path, "/config");
  }

  private static boolean isOrBelow(String path, String root) {
    return path.startsWith(root)
        && (path.length() == root.length() || path.charAt(root.length()) == '/');
  }

  /** Applies the rules; returns whether the request goes on. */
  boolean admit(HttpServerRequest request) {
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    if (origin == null) {
      return true;
    }
    HttpServerResponse response = request.response();
    if (!permissive && !allowedOrigins.isEmpty() && !allowedOrigins.contains(origin)) {
      refuse(response, "Origin is not allowed to make this request");
      return false;
    }
    response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    response.putHeader(HttpHeaders.VARY, VARY);
    String method = request.getHeader(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD);
    if (!request.method().equals(HttpMethod.OPTIONS) || method == null) {
      return true;
    }
    preflight(request, method);
    return false;
  }

  private void preflight(HttpServerRequest request, String method) {
    HttpServerResponse response = request.response();
    String headers = request.getHeader(HttpHeaders.ACCESS_CONTROL_REQUEST_HEADERS);
    if (!permissive && !METHODS.contains(method)) {
      refuse(response, "Requested method is not allowed");
      return;
    }
    if (!permissive && headers != null) {
      for (String header : headers.split(",", -1)) {
        if (!header.isBlank() && !HEADERS.contains(header.trim().toLowerCase(Locale.ROOT))) {
          refuse(response, "One or more headers requested are not allowed");
          return;
        }
      }
    }
    response.putHeader(
        HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, permissive ? method : String.join(", ", METHODS));
    if (!permissive) {
      response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, String.join(", ", HEADERS));
    } else if (headers != null) {
      response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, headers);
    }
    response.end();
  }

  private static void refuse(HttpServerResponse response, String reason) {
    response.setStatusCode(400);
    response.putHeader(HttpHeaders.CONTENT_TYPE, Exchange.PLAIN_TEXT);
    response.end(reason);
  }
}
