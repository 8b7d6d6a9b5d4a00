package io.weirkeeper.verticles.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import java.util.Iterator;

/** Writes a long JSON list item by item, as fast as the client reads and not faster. */
final class ListWriter {
  /** Items are written together up to this size: a write costs more than a copy. */
  private static final int PIECE_BYTES = 32 << 10;

  private final Exchange exchange;
  private final HttpServerResponse response;
  private final Iterator<Buffer> items;
  private Buffer piece = Buffer.buffer(PIECE_BYTES);
  private Gzip gzip;
  private boolean first = true;

  /**
   * A list.
   *
   * @param items asked for only as fast as they are written
   */
  ListWriter(Exchange exchange, Iterator<Buffer> items) {
    this.exchange = exchange;
    this.response = exchange.response();
    this.items = items;
  }

  void begin() {
    exchange.beginJson(200).setChunked(true);
    if (exchange.request().method().equals(HttpMethod.HEAD)) {
      exchange.end();
      return;
    }
    if (exchange.acceptsGzip()) {
      gzip = new Gzip();
      response.putHeader(HttpHeaders.CONTENT_ENCODING, Exchange.GZIP);
    }
    piece.appendByte((byte) '[');
    go();
  }

  private void go() {
    while (items.hasNext()) {
      if (exchange.isOver()) {
        return;
      }
      if (response.writeQueueFull()) {
        response.drainHandler(drained -> go());
        return;
      }
      if (!first) {
        piece.appendByte((byte) ',');
      }
      first = false;
      piece.appendBuffer(items.next());
      if (piece.length() >= PIECE_BYTES) {
        writePiece();
      }
    }
    piece.appendByte((byte) ']');
    if (gzip == null) {
      exchange.endWith(piece);
    } else {
      gzip.add(piece);
      exchange.endWith(gzip.finish());
    }
  }

  private void writePiece() {
    Buffer ready = piece;
    if (gzip != null) {
      gzip.add(piece);
      ready = gzip.take();
    }
    if (ready.length() > 0) {
      response.write(ready);
    }
    piece = Buffer.buffer(PIECE_BYTES);
  }
}
