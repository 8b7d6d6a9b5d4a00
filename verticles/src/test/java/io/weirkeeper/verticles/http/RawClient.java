package io.weirkeeper.verticles.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A socket that speaks HTTP by hand. */
final class RawClient implements AutoCloseable {
  final Socket socket;

  RawClient(int port) {
    try {
      socket = new Socket("127.0.0.1", port);
      socket.setSoTimeout((int) Fixture.PATIENCE.toMillis());
      socket.setTcpNoDelay(true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends lines, each ended as HTTP wants it, and the empty line. */
  RawClient head(String... lines) {
    return text(String.join("\r\n", lines) + "\r\n\r\n");
  }

  RawClient text(String text) {
    return bytes(text.getBytes(StandardCharsets.UTF_8));
  }

  RawClient bytes(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads a response with a Content-Length, or a chunked one whole. */
  String response() {
    String head = responseHead();
    String lower = head.toLowerCase(Locale.ROOT);
    if (lower.contains("transfer-encoding: chunked")) {
      StringBuilder body = new StringBuilder();
      while (true) {
        int length = Integer.parseInt(line(), 16);
        body.append(read(length));
        line();
        if (length == 0) {
          return head + body;
        }
      }
    }
    int at = lower.indexOf("content-length: ");
    int length = at < 0 ? 0 : Integer.parseInt(lower.substring(at + 16, lower.indexOf("\r\n", at)));
    return head + read(length);
  }

  String responseHead() {
    StringBuilder head = new StringBuilder();
    while (true) {
      String line = line();
      head.append(line).append("\r\n");
      if (line.isEmpty()) {
        return head.toString();
      }
    }
  }

  String line() {
    try {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      InputStream in = socket.getInputStream();
      while (true) {
        int b = in.read();
        if (b < 0) {
          throw new IOException("Closed after '" + line + "'");
        }
        if (b == '\n') {
          return line.toString(StandardCharsets.UTF_8).replace("\r", "");
        }
        line.write(b);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String read(int length) {
    return new String(readBytes(length), StandardCharsets.UTF_8);
  }

  byte[] readBytes(int length) {
    try {
      byte[] bytes = socket.getInputStream().readNBytes(length);
      if (bytes.length < length) {
        throw new IOException("Closed after " + bytes.length + " of " + length + " bytes");
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the other side closes the connection. */
  boolean isClosedByPeer() {
    try {
      return socket.getInputStream().read() < 0;
    } catch (IOException e) {
      return e.getMessage() != null && e.getMessage().contains("reset");
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
