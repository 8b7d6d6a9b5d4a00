package io.weirkeeper.verticles.http;

import io.vertx.core.http.HttpConnection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/**
 * The client connections of one instance, to close those that hold no request for too long. An idle
 * timeout of the socket would also cut logs and change streams that have nothing to say. Used on
 * one event loop.
 */
final class Connections {
  private final int limit;
  private final long idleNanos;
  private final Map<HttpConnection, State> open = new HashMap<>();

  private static final class State {
    private int requests;
    private long idleSince;
  }

  Connections(int limit, long idleNanos) {
    this.limit = limit;
    this.idleNanos = idleNanos;
  }

  void opened(HttpConnection connection, long now) {
    if (open.size() >= limit) {
      connection.close();
      return;
    }
    State state = new State();
    state.idleSince = now;
    open.put(connection, state);
    connection.closeHandler(closed -> open.remove(connection));
  }

  void requestBegan(HttpConnection connection) {
    State state = open.get(connection);
    if (state != null) {
      state.requests++;
    }
  }

  void requestEnded(HttpConnection connection, long now) {
    State state = open.get(connection);
    if (state != null) {
      state.requests--;
      state.idleSince = now;
    }
  }

  /** Closes what has been idle for too long. */
  void sweep(long now) {
    closeIdle(now, idleNanos);
  }

  /** Closes all that hold no request, because the server stops. */
  void closeIdle() {
    closeIdle(System.nanoTime(), -1);
  }

  private void closeIdle(long now, long longerThan) {
    Iterator<Map.Entry<HttpConnection, State>> entries = open.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<HttpConnection, State> entry = entries.next();
      State state = entry.getValue();
      if (state.requests == 0 && now - state.idleSince > longerThan) {
        entries.remove();
        entry.getKey().close();
      }
    }
  }

  int count() {
    return open.size();
  }
}
