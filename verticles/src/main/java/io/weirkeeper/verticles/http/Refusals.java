package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.api.ErrorCode;
import io.weirkeeper.core.api.ServerJson;
import io.weirkeeper.core.auth.Admission;

/** How callers are told that they may not come in: four forms (spec: auth §7). */
final class Refusals {
  private static final String JSON = "application/json";
  private static final CharSequence AUTHENTICATE = HttpHeaders.createOptimized("www-authenticate");

  private Refusals() {}

  /**
   * Answers a caller who was not admitted.
   *
   * @param sessionAsked whether they ask who they are, which is answered without a tenant too
   */
  static void answer(HttpServerResponse response, Admission admission, boolean sessionAsked) {
    if (admission instanceof Admission.Unauthenticated unauthenticated) {
      String reason = unauthenticated.reason();
      response.setStatusCode(401);
      response.putHeader(
          AUTHENTICATE,
          reason.isEmpty() ? "Bearer" : "Bearer error_description=\"" + quoted(reason) + '"');
      response.end();
    } else if (admission instanceof Admission.Rejected rejected) {
      ObjectNode body = JsonNodeFactory.instance.objectNode();
      body.put("message", rejected.message());
      body.put("error_code", ErrorCode.AUTHENTICATION_FAILED);
      response.setStatusCode(401);
      response.putHeader(HttpHeaders.CONTENT_TYPE, Exchange.PLAIN_TEXT);
      response.end(Exchange.bytes(body));
    } else if (admission instanceof Admission.Refused refused) {
      whole(response, refused.error());
    } else if (admission instanceof Admission.Undecided undecided) {
      if (sessionAsked) {
        response.putHeader(HttpHeaders.CONTENT_TYPE, JSON);
        response.end(Exchange.bytes(ServerJson.session(null, undecided.memberships())));
      } else {
        whole(response, undecided.error());
      }
    } else {
      throw new IllegalArgumentException("Admitted callers are not refused");
    }
  }

  private static void whole(HttpServerResponse response, ApiError error) {
    if (error.status() == 503 || error.status() == 429) {
      response.putHeader("Retry-After", "5");
    }
    response.setStatusCode(error.status());
    response.putHeader(HttpHeaders.CONTENT_TYPE, JSON);
    response.end(Exchange.bytes(error.body()));
  }

  /** The reasons are ours, but one may quote what a library said. */
  private static String quoted(String reason) {
    StringBuilder text = new StringBuilder(reason.length());
    for (char c : reason.toCharArray()) {
      text.append(c < ' ' || c > '~' || c == '"' || c == '\\' ? '_' : c);
    }
    return text.toString();
  }
}
