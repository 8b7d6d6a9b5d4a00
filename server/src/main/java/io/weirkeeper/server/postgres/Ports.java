package io.weirkeeper.server.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Optional;

/** TCP ports on loopback. */
final class Ports {
  private Ports() {}

  /** A port that is free now. */
  static int free() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether nobody listens on a port. */
  static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  /** Reads a port number. */
  static Optional<Integer> parse(String text) {
    String digits = text.strip();
    return digits.matches("[1-9]\\d{0,4}")
        ? Optional.of(Integer.valueOf(digits))
        : Optional.empty();
  }
}
