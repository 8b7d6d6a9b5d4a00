package io.weirkeeper.verticles.http;

import io.vertx.core.http.HttpMethod;
import io.weirkeeper.core.auth.Role;
import java.util.Objects;

/**
 * An operation of the API.
 *
 * @param id its {@code operationId} in the contract
 * @param method HTTP method
 * @param path template with {@code {placeholders}}
 * @param role least role that may use it; null outside of {@code /v0}, where nobody is asked
 * @param noCache whether its JSON answers say {@code Cache-Control: no-cache}
 * @param handler answers it
 */
record Operation(
    String id, HttpMethod method, String path, Role role, boolean noCache, Handler handler) {

  /** Answers a request, now or later; may throw what {@link Exchange#fail} knows. */
  @FunctionalInterface
  interface Handler {
    void handle(Exchange exchange);
  }

  Operation {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(method, "method");
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(handler, "handler");
  }

  /** Whether nobody is asked who they are: nothing below {@code /v0} is public. */
  boolean isPublic() {
    return !path.equals("/v0") && !path.startsWith("/v0/");
  }
}
