package io.weirkeeper.engine.process;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A real WebSocket client of a pipeline process. */
final class QuerySocket implements WebSocket.Listener {
  final List<String> messages = new CopyOnWriteArrayList<>();
  private final StringBuilder parts = new StringBuilder();
  private final CompletableFuture<Integer> closed = new CompletableFuture<>();
  private final boolean reads;
  final WebSocket socket;

  private QuerySocket(Child child, boolean reads) {
    this.reads = reads;
    socket =
        child
            .http
            .newWebSocketBuilder()
            .header("Authorization", "Bearer " + child.token)
            .buildAsync(URI.create("ws://127.0.0.1:" + child.report.port() + "/query"), this)
            .join();
  }

  static QuerySocket open(Child child) {
    return new QuerySocket(child, true);
  }

  /** Reads nothing until asked to. */
  static QuerySocket stalled(Child child) {
    return new QuerySocket(child, false);
  }

  QuerySocket ask(String sql, String format) throws IOException {
    return send(Child.JSON.writeValueAsString(Map.of("sql", sql, "format", format)));
  }

  QuerySocket send(String message) {
    socket.sendText(message, true).join();
    return this;
  }

  /** Waits for the close; its code. */
  int closed() throws Exception {
    return closed.get(Child.PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  String text() {
    return String.join("", messages);
  }

  JsonNode last() throws IOException {
    return Child.JSON.readTree(messages.get(messages.size() - 1));
  }

  @Override
  public void onOpen(WebSocket opened) {
    if (reads) {
      opened.request(Long.MAX_VALUE);
    }
  }

  @Override
  public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
    parts.append(data);
    if (last) {
      messages.add(parts.toString());
      parts.setLength(0);
    } else {
      // A message comes in pieces, and each counts.
      from.request(1);
    }
    return null;
  }

  @Override
  public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
    messages.add("binary");
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
    closed.complete(code);
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable error) {
    closed.completeExceptionally(error);
  }
}
