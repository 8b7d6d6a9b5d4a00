package io.weirkeeper.verticles.http.auth;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * What a request says about its caller (spec: auth §2, §5).
 *
 * @param token after {@code Bearer}
 * @param tenant value of {@code Feldera-Tenant}, or null
 */
record Credential(String token, String tenant) {
  private static final CharSequence TENANT = HttpHeaders.createOptimized("feldera-tenant");
  private static final CharSequence PROTOCOLS =
      HttpHeaders.createOptimized("sec-websocket-protocol");
  private static final String SCHEME = "Bearer ";
  private static final String TOKEN_PROTOCOL = "feldera-bearer.";
  private static final String TENANT_PROTOCOL = "feldera-tenant.";

  /** The credential of a request, or null when it has none. */
  static Credential of(HttpServerRequest request) {
    String authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
    if (authorization == null) {
      String protocols = request.getHeader(PROTOCOLS);
      return protocols == null ? null : ofProtocols(protocols, tenant(request));
    }
    if (!authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return null;
    }
    String token = authorization.substring(SCHEME.length()).strip();
    return token.isEmpty() ? null : new Credential(token, tenant(request));
  }

  private static String tenant(HttpServerRequest request) {
    String tenant = request.getHeader(TENANT);
    return tenant == null || tenant.isEmpty() ? null : tenant;
  }

  /** A browser can't set headers of a WebSocket; it sends these instead. */
  private static Credential ofProtocols(String protocols, String header) {
    String token = null;
    String tenant = header;
    for (String each : protocols.split(",")) {
      String protocol = each.strip();
      if (protocol.startsWith(TOKEN_PROTOCOL)) {
        token = decoded(protocol.substring(TOKEN_PROTOCOL.length()));
      } else if (protocol.startsWith(TENANT_PROTOCOL)) {
        String named = decoded(protocol.substring(TENANT_PROTOCOL.length()));
        tenant = named == null || named.isEmpty() ? tenant : named;
      }
    }
    return token == null || token.isEmpty() ? null : new Credential(token, tenant);
  }

  private static String decoded(String text) {
    try {
      return new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
