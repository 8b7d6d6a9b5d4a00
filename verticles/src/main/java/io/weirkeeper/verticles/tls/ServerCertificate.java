package io.weirkeeper.verticles.tls;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate that the REST front shows, as its two PEM files are now. The files are looked at
 * every {@link #INTERVAL}; new ones are taken once they were the same at two looks, so that a pair
 * of which one half has been replaced is given time. What can't be used leaves the pair before in
 * use, and is told in the log and by {@link #says}. Connections that are open keep theirs.
 */
public final class ServerCertificate {
  /** Between two looks at the files. */
  public static final Duration INTERVAL = Duration.ofSeconds(1);

  /** TLS versions that clients may speak. */
  static final Set<String> PROTOCOLS = Set.of("TLSv1.2", "TLSv1.3");

  private static final int MAX_FILE_BYTES = 1 << 20;
  private static final byte[] PROBE =
      "weirkeeper".getBytes(java.nio.charset.StandardCharsets.UTF_8);
  private static final Logger LOG = LoggerFactory.getLogger(ServerCertificate.class);

  private final Vertx vertx;
  private final Path certificates;
  private final Path key;
  private final Clock clock;
  private final List<Consumer<ServerSSLOptions>> listeners = new CopyOnWriteArrayList<>();
  private volatile InUse inUse;
  private volatile String trouble = "";

  // Of the timer alone, which never runs twice at once.
  private Pair lastSeen;
  private Pair refused;

  /** What both files hold. */
  private record Pair(byte[] certificates, byte[] key) {
    private boolean isSameAs(Pair other) {
      return other != null
          && Arrays.equals(certificates, other.certificates)
          && Arrays.equals(key, other.key);
    }
  }

  private record InUse(Pair pair, Instant expires, ServerSSLOptions options) {}

  private ServerCertificate(Vertx vertx, Path certificates, Path key, Clock clock) {
    this.vertx = vertx;
    this.certificates = certificates;
    this.key = key;
    this.clock = clock;
  }

  /**
   * Reads the files, and watches them from now on. Blocks.
   *
   * @param certificates PEM file with the server's certificate first, then those that lead to the
   *     root
   * @param key PEM file with its private key, not encrypted
   * @throws IOException when they can't be used; the message says which and why
   */
  public static ServerCertificate watch(Vertx vertx, Path certificates, Path key, Clock clock)
      throws IOException {
    ServerCertificate server = new ServerCertificate(vertx, certificates, key, clock);
    server.lastSeen = server.read();
    server.inUse = server.checked(server.lastSeen);
    LOG.info("Serving https: {}", server.says());
    vertx.setPeriodic(
        INTERVAL.toMillis(),
        tick ->
            vertx
                .executeBlocking(server::look, true)
                .onFailure(failure -> LOG.error("Certificate not looked at", failure)));
    return server;
  }

  /** What a server needs to show it. */
  public ServerSSLOptions options() {
    return inUse.options().copy();
  }

  /** Who wants to hear of another certificate; called on a worker. */
  public void whenChanged(Consumer<ServerSSLOptions> listener) {
    listeners.add(listener);
  }

  /** Whether clients can trust what is shown: it has not expired. */
  public boolean isValid() {
    return clock.instant().isBefore(inUse.expires());
  }

  /** In words, until when the certificate in use is good, and what is wrong with newer files. */
  public String says() {
    String now = "good until " + inUse.expires() + " (" + certificates + ")";
    return trouble.isEmpty() ? now : now + "; newer files are not used: " + trouble;
  }

  private Void look() {
    Pair now;
    try {
      now = read();
    } catch (IOException e) {
      refuse(null, e.getMessage());
      return null;
    }
    boolean settled = now.isSameAs(lastSeen);
    lastSeen = now;
    if (now.isSameAs(inUse.pair())) {
      if (!trouble.isEmpty()) {
        LOG.info("The certificate's files are again those in use: {}", certificates);
      }
      trouble = "";
      refused = null;
    } else if (settled && !now.isSameAs(refused)) {
      take(now);
    }
    return null;
  }

  private void take(Pair now) {
    try {
      inUse = checked(now);
    } catch (IOException e) {
      refuse(now, e.getMessage());
      return;
    }
    trouble = "";
    refused = null;
    LOG.info("Another certificate is in use: {}", says());
    listeners.forEach(listener -> listener.accept(options()));
  }

  /** Says what is wrong, once for each state of the files. */
  private void refuse(Pair pair, String why) {
    refused = pair;
    if (!why.equals(trouble)) {
      trouble = why;
      LOG.warn("The certificate's new files are not used, the one before stays: {}", why);
    }
  }

  private Pair read() throws IOException {
    return new Pair(content(certificates), content(key));
  }

  private static byte[] content(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
      if (bytes.length > MAX_FILE_BYTES) {
        throw new IOException(
            file + ": expected a PEM file, found more than " + MAX_FILE_BYTES + " bytes");
      }
      return bytes;
    } catch (java.nio.file.NoSuchFileException e) {
      throw new IOException("There is no file " + file + "; expected a PEM file", e);
    } catch (java.nio.file.FileSystemException e) {
      throw new IOException(file + " can't be read: " + e.getMessage(), e);
    }
  }

  /** Tries the pair as a server would, so that no handshake is the first to find out. */
  private InUse checked(Pair pair) throws IOException {
    PemKeyCertOptions pem =
        new PemKeyCertOptions()
            .addCertValue(Buffer.buffer(pair.certificates()))
            .addKeyValue(Buffer.buffer(pair.key()));
    X509Certificate certificate;
    try {
      X509KeyManager manager = manager(pem);
      String alias = alias(manager);
      certificate = manager.getCertificateChain(alias)[0];
      if (!belongTogether(certificate.getPublicKey(), manager.getPrivateKey(alias))) {
        throw new IOException(
            "the key in " + key + " is not that of the certificate in " + certificates);
      }
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      // The library's own message; it never quotes a key.
      throw new IOException(
          "expected a PEM certificate in "
              + certificates
              + " and its key, not encrypted, in "
              + key
              + ", found: "
              + e.getMessage(),
          e);
    }
    Instant expires = certificate.getNotAfter().toInstant();
    if (!clock.instant().isBefore(expires)) {
      throw new IOException("the certificate in " + certificates + " has expired at " + expires);
    }
    ServerSSLOptions options =
        new ServerSSLOptions()
            .setKeyCertOptions(pem)
            .setUseAlpn(false)
            .setEnabledSecureTransportProtocols(PROTOCOLS);
    return new InUse(pair, expires, options);
  }

  private X509KeyManager manager(PemKeyCertOptions pem) throws Exception {
    for (KeyManager each : pem.getKeyManagerFactory(vertx).getKeyManagers()) {
      if (each instanceof X509KeyManager manager) {
        return manager;
      }
    }
    throw new IOException("no key");
  }

  private static String alias(X509KeyManager manager) throws IOException {
    for (String type : List.of("RSA", "EC", "EdDSA", "Ed25519", "RSASSA-PSS")) {
      String[] aliases = manager.getServerAliases(type, null);
      if (aliases != null && aliases.length > 0) {
        return aliases[0];
      }
    }
    throw new IOException("a key of a kind that servers can't use; expected RSA, EC or Ed25519");
  }

  private static boolean belongTogether(PublicKey open, PrivateKey secret)
      throws GeneralSecurityException {
    String algorithm =
        switch (open.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "EdDSA", "Ed25519" -> "Ed25519";
          default -> "SHA256withRSA";
        };
    Signature signature = Signature.getInstance(algorithm);
    try {
      signature.initSign(secret);
    } catch (java.security.InvalidKeyException e) {
      // Of another kind than the certificate.
      return false;
    }
    signature.update(PROBE);
    byte[] signed = signature.sign();
    signature.initVerify(open);
    signature.update(PROBE);
    try {
      return signature.verify(signed);
    } catch (java.security.SignatureException e) {
      // Some kinds throw for what another key made.
      return false;
    }
  }
}
