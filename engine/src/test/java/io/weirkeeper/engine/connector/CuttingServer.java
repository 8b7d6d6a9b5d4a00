package io.weirkeeper.engine.connector;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An HTTP server with one page, which cuts connections as told. */
final class CuttingServer implements AutoCloseable {
  /** Ranges asked for; "" when none. */
  final List<String> ranges = new CopyOnWriteArrayList<>();

  private final ServerSocket socket;
  private volatile byte[] content;
  volatile String status = "200 OK";
  volatile String version = "\"1\"";
  volatile boolean knowsRanges = true;

  /** Bytes of the body after which a connection is cut; the last entry holds for all later ones. */
  volatile List<Integer> cuts = List.of(Integer.MAX_VALUE);

  CuttingServer(String text) throws IOException {
    content = text.getBytes(StandardCharsets.UTF_8);
    socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::serve, "cutting-server");
    thread.setDaemon(true);
    thread.start();
  }

  String url() {
    return "http://127.0.0.1:" + socket.getLocalPort() + "/page";
  }

  private void serve() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        Thread thread = new Thread(() -> answer(client), "cutting-client");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        // Closed.
      }
    }
  }

  private void answer(Socket client) {
    try (client;
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII))) {
      String range = "";
      for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
        if (line.startsWith("Range: ")) {
          range = line.substring("Range: bytes=".length());
        }
      }
      int cut;
      synchronized (this) {
        cut = cuts.get(Math.min(ranges.size(), cuts.size() - 1));
        ranges.add(range);
      }
      int from = range.isEmpty() || !knowsRanges ? 0 : Integer.parseInt(range.replace("-", ""));
      String head =
          "HTTP/1.1 "
              + (from > 0 && status.startsWith("200") ? "206 Partial Content" : status)
              + "\r\nETag: "
              + version
              + "\r\nConnection: close\r\nContent-Length: "
              + (content.length - from)
              + (from > 0
                  ? "\r\nContent-Range: bytes "
                      + from
                      + "-"
                      + (content.length - 1)
                      + "/"
                      + content.length
                  : "")
              + "\r\n\r\n";
      OutputStream out = client.getOutputStream();
      out.write(head.getBytes(StandardCharsets.US_ASCII));
      out.write(content, from, Math.min(cut, content.length - from));
      out.flush();
    } catch (IOException e) {
      // The client has gone.
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
