package io.weirkeeper.engine.process;

import io.vertx.core.Future;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The answer as text messages of whole rows (spec §6), ended by a normal close. An error is a last
 * text message with an error body and a close with {@link #FAILED}.
 */
final class WebSocketQueryAnswer implements QueryAnswer {
  static final short NORMAL = 1000;
  static final short LEAVING = 1001;
  static final short REFUSED = 1008;
  static final short TOO_LARGE = 1009;
  static final short FAILED = 1011;

  private final ServerWebSocket socket;
  private final Departure departure;

  WebSocketQueryAnswer(ServerWebSocket socket, Departure departure) {
    this.socket = socket;
    this.departure = departure;
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
    int begin = 0;
    while (begin < rows.length) {
      int end = messageEnd(rows, begin);
      await(message(new String(rows, begin, end - begin, StandardCharsets.UTF_8)));
      begin = end;
    }
  }

  /** A message ends after the last row that fits, or after the first if that alone is larger. */
  private static int messageEnd(byte[] rows, int begin) {
    if (rows.length - begin <= Limits.QUERY_BLOCK_BYTES) {
      return rows.length;
    }
    int end = begin + Limits.QUERY_BLOCK_BYTES;
    while (end > begin && rows[end - 1] != '\n') {
      end--;
    }
    if (end > begin) {
      return end;
    }
    end = begin + Limits.QUERY_BLOCK_BYTES;
    while (end < rows.length && rows[end - 1] != '\n') {
      end++;
    }
    return end;
  }

  /** Larger messages than a frame may hold are cut into frames by Vert.x. */
  private Future<Void> message(String text) {
    return socket.writeTextMessage(text);
  }

  private static void await(Future<Void> written)
      throws IOException, InterruptedException, TimeoutException {
    try {
      written
          .toCompletionStage()
          .toCompletableFuture()
          .get(Limits.QUERY_SLOW_CLIENT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  @Override
  public void end() {
    var unused = socket.close(NORMAL);
  }

  @Override
  public void fail(ApiError error, byte[] pending) {
    if (pending.length > 0) {
      var unused = message(new String(pending, StandardCharsets.UTF_8));
    }
    refuse(socket, error, FAILED);
  }

  /** Says what is wrong, and closes. */
  static void refuse(ServerWebSocket socket, ApiError error, short code) {
    if (socket.isClosed()) {
      return;
    }
    String body = new String(Replies.bytes(error.body()), StandardCharsets.UTF_8);
    var unused =
        socket
            .writeFrame(WebSocketFrame.textFrame(body, true))
            .eventually(() -> socket.close(code, error.errorCode()));
  }

  @Override
  public void abort() {
    var unused = socket.close(REFUSED, "The client does not read");
  }
}
