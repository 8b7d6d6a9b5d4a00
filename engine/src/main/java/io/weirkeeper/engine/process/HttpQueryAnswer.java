package io.weirkeeper.engine.process;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The answer as a body (spec §6). It begins with the first block of rows: an error before that is a
 * whole error answer, a later one a last line of the body.
 */
final class HttpQueryAnswer implements QueryAnswer {
  private final HttpServerResponse response;
  private final boolean json;
  private final Departure departure = new Departure();
  private boolean begun;

  HttpQueryAnswer(HttpServerResponse response, boolean json) {
    this.response = response;
    this.json = json;
    response.exceptionHandler(e -> departure.happened());
    response.closeHandler(v -> departure.happened());
  }

  @Override
  public void whenGone(Runnable action) {
    departure.then(action);
  }

  @Override
  public boolean isGone() {
    return departure.hasHappened();
  }

  @Override
  public void write(byte[] rows) throws IOException, InterruptedException, TimeoutException {
    head();
    try {
      response
          .write(Buffer.buffer(rows))
          .toCompletionStage()
          .toCompletableFuture()
          .get(Limits.QUERY_SLOW_CLIENT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  @Override
  public void end() {
    head();
    var unused = response.end();
  }

  @Override
  public void fail(ApiError error, byte[] pending) {
    if (!begun) {
      Replies.error(response, error);
      return;
    }
    String line = "ERROR: " + error.getMessage().replaceAll("[\\r\\n]+", " ") + "\n";
    var unused =
        response.end(Buffer.buffer(pending).appendBuffer(Buffer.buffer(TextTable.utf8(line))));
  }

  @Override
  public void abort() {
    response.reset();
  }

  private void head() {
    if (!begun) {
      begun = true;
      response
          .setStatusCode(200)
          .putHeader("Content-Type", json ? "application/json" : "text/plain")
          .setChunked(true);
    }
  }
}
