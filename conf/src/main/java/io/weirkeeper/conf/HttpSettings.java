package io.weirkeeper.conf;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where the program listens.
 *
 * @param port port of the API, {@code --port}, default 8080; 0 takes a free one
 * @param bind address to listen on, {@code --bind}, default 127.0.0.1
 * @param managementPort port of health and metrics, {@code --management-port}, default: the next
 *     after {@code port}, or a free one when that is 0
 * @param managementBind address of health and metrics, {@code --management-bind}, default
 *     127.0.0.1: that port speaks plain HTTP and asks nobody who they are
 * @param tls certificate and key, {@code --enable-https} with {@code --https-tls-cert-path} and
 *     {@code --https-tls-key-path}; empty for plain HTTP, the default
 * @param allowUnauthenticated permits {@code bind} beyond loopback though nobody is asked who they
 *     are, {@code --allow-unauthenticated}, default false
 */
public record HttpSettings(
    int port,
    String bind,
    int managementPort,
    String managementBind,
    Optional<Tls> tls,
    boolean allowUnauthenticated) {

  /**
   * Files of the server's certificate, both in PEM.
   *
   * @param certificates the server's, then those that lead to the root
   * @param key private key of the first, not encrypted
   */
  public record Tls(Path certificates, Path key) {}

  private static final int MAX_PORT = 65_535;
  private static final Set<String> LOOPBACK_NAMES =
      Set.of("localhost", "::1", "[::1]", "0:0:0:0:0:0:0:1");

  static final Key<Integer> PORT =
      Key.number("port", "8080", 0, MAX_PORT, "port of the API; 0 takes a free one")
          .alsoFlag("api-port");
  static final Key<String> BIND =
      Key.text("bind", "ADDRESS", "127.0.0.1", "address to listen on").alsoFlag("bind-address");
  static final Key<Integer> MANAGEMENT_PORT =
      Key.number("management-port", "port + 1", 0, MAX_PORT, "port of health and metrics");
  static final Key<String> MANAGEMENT_BIND =
      Key.text(
          "management-bind",
          "ADDRESS",
          "127.0.0.1",
          "address of health and metrics: plain HTTP, and nobody is asked who they are");
  static final Key<Boolean> HTTPS =
      Key.toggle("enable-https", "serve the API with TLS; needs a certificate and its key");
  static final Key<Path> CERTIFICATE =
      Key.path(
          "https-tls-cert-path",
          "FILE",
          "none",
          "PEM: the server's certificate, then those that lead to the root");
  static final Key<Path> KEY =
      Key.path("https-tls-key-path", "FILE", "none", "PEM: the certificate's private key");
  static final Key<Boolean> ALLOW_UNAUTHENTICATED =
      Key.toggle(
          "allow-unauthenticated",
          "permit --bind beyond loopback although nobody is asked who they are");

  static final List<Key<?>> KEYS =
      List.of(
          PORT,
          BIND,
          MANAGEMENT_PORT,
          MANAGEMENT_BIND,
          HTTPS,
          CERTIFICATE,
          KEY,
          ALLOW_UNAUTHENTICATED);

  static HttpSettings from(Values values, boolean authenticated) {
    int port = values.get(PORT).orElse(8080);
    String bind = values.get(BIND).orElse("127.0.0.1");
    int managementPort = values.get(MANAGEMENT_PORT).orElse(port == 0 ? 0 : port + 1);
    if (managementPort > MAX_PORT) {
      throw new SettingsException(
          "Setting 'port' is "
              + port
              + ", so there is no port after it for management; give --management-port.");
    }
    if (port != 0 && port == managementPort) {
      throw new SettingsException(
          "Settings 'port' ("
              + values.source(PORT)
              + ") and 'management-port' ("
              + values.source(MANAGEMENT_PORT)
              + ") are both "
              + port
              + "; give two ports.");
    }
    boolean allow = values.get(ALLOW_UNAUTHENTICATED).orElse(false);
    if (!allow && !authenticated && !isLoopback(bind)) {
      throw new SettingsException(
          "Setting 'bind' from "
              + values.source(BIND)
              + ": '"
              + bind
              + "' can be reached from other machines, and nobody is asked who they are: anybody"
              + " there could run programs and read data. Use 127.0.0.1, or set"
              + " --auth-provider, or add --allow-unauthenticated if that is wanted.");
    }
    return new HttpSettings(
        port,
        bind,
        managementPort,
        values.get(MANAGEMENT_BIND).orElse("127.0.0.1"),
        tls(values),
        allow);
  }

  private static Optional<Tls> tls(Values values) {
    if (!values.get(HTTPS).orElse(false)) {
      List.of(CERTIFICATE, KEY)
          .forEach(
              each ->
                  values
                      .get(each)
                      .ifPresent(
                          path ->
                              values.warn(
                                  "Setting '"
                                      + each.name()
                                      + "' has no effect without "
                                      + HTTPS.flag()
                                      + ".")));
      return Optional.empty();
    }
    return Optional.of(new Tls(needed(values, CERTIFICATE), needed(values, KEY)));
  }

  private static Path needed(Values values, Key<Path> key) {
    return values
        .get(key)
        .orElseThrow(
            () ->
                new SettingsException(
                    "Setting '"
                        + HTTPS.name()
                        + "' from "
                        + values.source(HTTPS)
                        + " needs "
                        + key.flag()
                        + " (or "
                        + key.variable()
                        + ") too."));
  }

  // Names are not resolved: what a name means can change between this check and the bind.
  private static boolean isLoopback(String bind) {
    return LOOPBACK_NAMES.contains(bind) || bind.matches("127(\\.\\d{1,3}){3}");
  }
}
