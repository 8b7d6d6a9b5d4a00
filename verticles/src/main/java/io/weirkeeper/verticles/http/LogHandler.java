package io.weirkeeper.verticles.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.verticles.bus.LogFollower;
import io.weirkeeper.verticles.bus.PipelineRequest;

/** Follows the log of a pipeline until the client goes away (spec: lifecycle §9). */
final class LogHandler {
  /** Lines are gathered up to this many bytes before they are written. */
  private static final int BATCH_BYTES = 64 << 10;

  private final Front front;
  private final PipelineBus bus;

  LogHandler(Front front, PipelineBus bus) {
    this.front = front;
    this.bus = bus;
  }

  void handle(Exchange exchange) {
    if (exchange.request().version() == HttpVersion.HTTP_1_0) {
      exchange.text(400, "A stream needs HTTP/1.1: HTTP/1.0 has no chunks");
      return;
    }
    ApiError full = front.takeStream(exchange);
    if (full != null) {
      exchange.error(full);
      return;
    }
    bus.ask(new PipelineRequest.Logs(exchange.tenantId(), exchange.param(0)), LogFollower.class)
        .onSuccess(follower -> new Following(exchange, follower).begin())
        .onFailure(exchange::fail);
  }

  /** One client that follows; on the event loop of its connection. */
  private final class Following {
    private final Exchange exchange;
    private final HttpServerResponse response;
    private final LogFollower follower;
    private Buffer batch = Buffer.buffer();
    private boolean flushing;
    private boolean ended;

    Following(Exchange exchange, LogFollower follower) {
      this.exchange = exchange;
      this.response = exchange.response();
      this.follower = follower;
    }

    void begin() {
      exchange.whenOver(follower::close);
      if (exchange.isOver()) {
        return;
      }
      response.putHeader(HttpHeaders.CONTENT_TYPE, Exchange.PLAIN_TEXT);
      response.putHeader("X-Content-Type-Options", "nosniff");
      response.putHeader(HttpHeaders.CONTENT_ENCODING, HttpHeaders.IDENTITY);
      response.setChunked(true);
      response.writeHead();
      follower.start(this::line, this::end);
    }

    private void line(String line) {
      if (exchange.isOver()) {
        return;
      }
      batch.appendString(line).appendString("\n");
      if (batch.length() >= BATCH_BYTES) {
        flush();
      } else {
        flushSoon();
      }
    }

    /** Lines that arrive together go out together. */
    private void flushSoon() {
      if (!flushing) {
        flushing = true;
        front
            .vertx()
            .runOnContext(
                now -> {
                  flushing = false;
                  flush();
                });
      }
    }

    private void flush() {
      if (exchange.isOver() || batch.length() == 0) {
        return;
      }
      Buffer ready = batch;
      batch = Buffer.buffer();
      response.write(ready);
      if (response.writeQueueFull() && !ended) {
        follower.pause();
        response.drainHandler(drained -> follower.resume());
      }
    }

    private void end() {
      if (exchange.isOver()) {
        return;
      }
      ended = true;
      flush();
      exchange.endWith(Buffer.buffer("Logs have ended\n"));
    }
  }
}
