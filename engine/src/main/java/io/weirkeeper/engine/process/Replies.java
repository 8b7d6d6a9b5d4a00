package io.weirkeeper.engine.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

/** Whole answers and small bodies. */
final class Replies {
  private Replies() {}

  static final ObjectMapper JSON = new ObjectMapper();

  static void json(RoutingContext ctx, int status, Object body) {
    json(ctx.response(), status, body);
  }

  static void json(HttpServerResponse response, int status, Object body) {
    raw(response, status, bytes(body));
  }

  /** Sends JSON bytes, unless the answer has begun already or its client has gone. */
  static void raw(HttpServerResponse response, int status, byte[] json) {
    if (response.ended() || response.closed() || response.headWritten()) {
      return;
    }
    var unused =
        response
            .setStatusCode(status)
            .putHeader("Content-Type", "application/json")
            .end(Buffer.buffer(json));
  }

  static void error(HttpServerResponse response, ApiError error) {
    json(response, error.status(), error.body());
  }

  static byte[] bytes(Object body) {
    try {
      return JSON.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("An answer can't be written as JSON", e);
    }
  }

  /** Reads a body of at most {@code limit} bytes; fails with 413 beyond. */
  static Future<Buffer> body(HttpServerRequest request, int limit) {
    Promise<Buffer> whole = Promise.promise();
    Buffer body = Buffer.buffer();
    request.handler(
        piece -> {
          if (body.length() + piece.length() > limit) {
            whole.tryFail(
                new ApiError(
                    413,
                    "PayloadTooLarge",
                    "The body of this request may have " + limit + " bytes"));
          } else {
            body.appendBuffer(piece);
          }
        });
    request.exceptionHandler(whole::tryFail);
    request.endHandler(end -> whole.tryComplete(body));
    return whole.future();
  }
}
