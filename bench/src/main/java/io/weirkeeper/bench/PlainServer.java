package io.weirkeeper.bench;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import java.net.URI;

/**
 * The least that an HTTP server can do on this machine: reads the body, drops it, and answers the
 * same bytes each time. A limit to compare with, measured by the same client in the same run.
 */
final class PlainServer implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server;

  PlainServer(byte[] answer) throws Exception {
    Buffer body = Buffer.buffer(answer);
    server =
        vertx
            .createHttpServer()
            .requestHandler(
                request -> {
                  request.handler(piece -> {});
                  request.endHandler(
                      end -> {
                        var unused =
                            request
                                .response()
                                .putHeader("Content-Type", "application/json")
                                .end(body);
                      });
                })
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.actualPort());
  }

  @Override
  public void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get();
  }
}
