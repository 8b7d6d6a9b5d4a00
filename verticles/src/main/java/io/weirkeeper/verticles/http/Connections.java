package io.weirkeeper.verticles.http;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * The client connections of one instance, to close those that hold no request for too long, or
 * whose client doesn't take its answer. An idle timeout of the socket would also cut logs and
 * change streams that have nothing to say. Used on one event loop.
 */
final class Connections {
  private final int limit;
  private final long idleNanos;
  private final long stallNanos;
  private final Map<HttpConnection, State> open = new HashMap<>();

  /** What a client gets in pieces of which the response does not know. */
  interface Outflow {
    /** Whether the client has something to take. */
    boolean waits();

    /** A number that grows with each piece taken. */
    long taken();
  }

  private static final class State {
    private int requests;
    private long idleSince;
    private HttpServerResponse response;
    private Outflow outflow;
    private long written;
    private long progressAt;

    /** Whether the client has taken nothing since a time although something waits for it. */
    private boolean stalledSince(long limit, long now) {
      boolean waits =
          outflow == null ? response.ended() || response.writeQueueFull() : outflow.waits();
      long taken = outflow == null ? response.bytesWritten() : outflow.taken();
      if (!waits || taken != written) {
        written = taken;
        progressAt = now;
      }
      return now - progressAt > limit;
    }
  }

  Connections(int limit, long idleNanos, long stallNanos) {
    this.limit = limit;
    this.idleNanos = idleNanos;
    this.stallNanos = stallNanos;
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

  void requestBegan(HttpConnection connection, HttpServerResponse response, long now) {
    State state = open.get(connection);
    if (state != null) {
      state.requests++;
      state.response = response;
      state.written = 0;
      state.progressAt = now;
    }
  }

  /** The connection is no longer one of HTTP; who took it over tells when it is closed. */
  void upgraded(HttpConnection connection, Outflow outflow) {
    State state = open.get(connection);
    if (state != null) {
      state.outflow = outflow;
    }
  }

  void closed(HttpConnection connection) {
    open.remove(connection);
  }

  void requestEnded(HttpConnection connection, long now) {
    State state = open.get(connection);
    if (state != null) {
      state.requests--;
      state.idleSince = now;
    }
  }

  /** Closes what has been idle for too long, and cuts off clients that stopped reading. */
  void sweep(long now) {
    closeIdle(now, idleNanos);
    List<HttpConnection> stalled = new ArrayList<>();
    open.forEach(
        (connection, state) -> {
          if (state.requests > 0 && state.stalledSince(stallNanos, now)) {
            stalled.add(connection);
          }
        });
    stalled.forEach(Connections::cut);
  }

  /** Without waiting for what the client does not take, as an orderly close would. */
  private static void cut(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      base.channel().unsafe().close(base.channel().newPromise());
    } else {
      connection.close();
    }
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
