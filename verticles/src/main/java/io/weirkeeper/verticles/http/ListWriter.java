package io.weirkeeper.verticles.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;

/** Writes a long JSON list item by item, as fast as the client reads. */
final class ListWriter {
  private static final Buffer BEGIN = Buffer.buffer("[");
  private static final Buffer NEXT = Buffer.buffer(",");
  private static final Buffer END = Buffer.buffer("]");

  private final Exchange exchange;
  private final HttpServerResponse response;
  private final List<Buffer> items;
  private final long length;
  private Gzip gzip;
  private int next;

  /**
   * A list.
   *
   * @param length of the whole list, brackets and commas included
   */
  ListWriter(Exchange exchange, List<Buffer> items, long length) {
    this.exchange = exchange;
    this.response = exchange.response();
    this.items = items;
    this.length = length;
  }

  void begin() {
    exchange.beginJson(200);
    if (exchange.acceptsGzip()) {
      gzip = new Gzip();
      response.putHeader(HttpHeaders.CONTENT_ENCODING, Exchange.GZIP);
      response.setChunked(true);
    } else {
      response.putHeader(HttpHeaders.CONTENT_LENGTH, Long.toString(length));
    }
    write(BEGIN);
    go();
  }

  private void go() {
    while (next < items.size()) {
      if (exchange.isOver()) {
        return;
      }
      if (response.writeQueueFull()) {
        response.drainHandler(drained -> go());
        return;
      }
      if (next > 0) {
        write(NEXT);
      }
      write(items.get(next));
      next++;
    }
    if (gzip == null) {
      exchange.endWith(END);
    } else {
      gzip.add(END);
      exchange.endWith(gzip.finish());
    }
  }

  private void write(Buffer plain) {
    if (gzip == null) {
      response.write(plain);
      return;
    }
    gzip.add(plain);
    Buffer ready = gzip.take();
    if (ready.length() > 0) {
      response.write(ready);
    }
  }
}
