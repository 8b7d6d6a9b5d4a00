package io.weirkeeper.verticles.support;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.file.AsyncFile;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import java.nio.file.Path;

/** Streams an answer into a file, up to a limit. */
final class Download {
  private final Vertx vertx;
  private final HttpClientRequest request;
  private final HttpClientResponse response;
  private final long limit;
  private final Promise<Void> complete = Promise.promise();
  private long received;

  Download(Vertx vertx, HttpClientRequest request, HttpClientResponse response, long limit) {
    this.vertx = vertx;
    this.request = request;
    this.response = response;
    this.limit = limit;
  }

  Future<Void> into(Path file) {
    response.pause();
    return vertx
        .fileSystem()
        .open(file.toString(), new OpenOptions().setWrite(true).setCreateNew(true))
        .compose(
            open -> {
              pump(open);
              return complete
                  .future()
                  .transform(
                      done ->
                          open.close()
                              .compose(
                                  closed ->
                                      done.succeeded()
                                          ? Future.succeededFuture()
                                          : Future.failedFuture(done.cause())));
            });
  }

  private void pump(AsyncFile file) {
    file.exceptionHandler(complete::tryFail);
    response.exceptionHandler(complete::tryFail);
    response.endHandler(done -> complete.tryComplete());
    response.handler(
        chunk -> {
          received += chunk.length();
          if (received > limit) {
            complete.tryFail("it has more than " + limit + " bytes");
            request.reset();
            return;
          }
          file.write(chunk);
          if (file.writeQueueFull()) {
            response.pause();
            file.drainHandler(drained -> response.resume());
          }
        });
    response.resume();
  }
}
