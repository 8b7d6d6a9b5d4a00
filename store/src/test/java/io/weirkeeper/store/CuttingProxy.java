package io.weirkeeper.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A TCP proxy before PostgreSQL that can lose answers, hold them back, or cut connections. */
final class CuttingProxy implements AutoCloseable {
  enum Mode {
    PASS,
    /** Any answer cuts the connection. */
    CUT_AT_ANSWER,
    /** The answer that tells of a statement's end, and so follows its commit, cuts it. */
    CUT_AT_COMMIT,
    /** Requests reach the server; its answers are never delivered. */
    SWALLOW_ANSWERS
  }

  private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final PostgresUri server;
  private volatile Mode mode = Mode.PASS;

  CuttingProxy(PostgresUri server) throws IOException {
    this.server = server;
    daemon(this::accept);
  }

  PostgresUri uri() {
    return new PostgresUri(
        "localhost",
        listening.getLocalPort(),
        server.database(),
        server.user(),
        server.password(),
        "disable");
  }

  void mode(Mode next) {
    mode = next;
  }

  void cutAll() {
    open.forEach(CuttingProxy::quietly);
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket client = listening.accept();
        Socket upstream = new Socket(server.host(), server.port());
        open.add(client);
        open.add(upstream);
        daemon(() -> copy(client, upstream, false));
        daemon(() -> copy(upstream, client, true));
      } catch (IOException e) {
        if (!listening.isClosed()) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private void copy(Socket from, Socket to, boolean answers) {
    try (InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      byte[] buffer = new byte[65_536];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        if (answers && cuts(buffer, n)) {
          return;
        }
        if (!answers || mode != Mode.SWALLOW_ANSWERS) {
          out.write(buffer, 0, n);
        }
      }
    } catch (IOException e) {
      // The other side was cut: so is this one.
    } finally {
      quietly(from);
      quietly(to);
    }
  }

  private boolean cuts(byte[] answer, int length) {
    return mode == Mode.CUT_AT_ANSWER
        || mode == Mode.CUT_AT_COMMIT
            && new String(answer, 0, length, StandardCharsets.ISO_8859_1).contains("SELECT 1\0");
  }

  private static void quietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed one way or the other.
    }
  }

  private static void daemon(Runnable body) {
    Thread thread = new Thread(body, "cutting-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listening.close();
    cutAll();
  }
}
