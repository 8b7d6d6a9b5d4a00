package io.weirkeeper.verticles.tls;

import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Authorities of an organisation's own, trusted beside those that every Java platform knows. */
public final class PrivateAuthorities {
  private PrivateAuthorities() {}

  /**
   * Reads a PEM file of certificates. Blocks.
   *
   * @throws IOException when it holds none; the message names it
   */
  public static TrustOptions read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      Collection<? extends Certificate> own =
          CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (own.isEmpty()) {
        throw new IOException(file + ": expected certificates in PEM, found none");
      }
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (Certificate each : own) {
        store.setCertificateEntry("own-" + number++, each);
      }
      for (X509Certificate each : manager(null).getAcceptedIssuers()) {
        store.setCertificateEntry("platform-" + number++, each);
      }
      return TrustOptions.wrap(manager(store));
    } catch (GeneralSecurityException e) {
      throw new IOException(file + ": expected certificates in PEM, found: " + e.getMessage(), e);
    } catch (java.nio.file.NoSuchFileException e) {
      throw new IOException("There is no file " + file + "; expected certificates in PEM", e);
    }
  }

  /** Of a store, or of the platform for null. */
  private static X509TrustManager manager(KeyStore store) throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    for (TrustManager each : factory.getTrustManagers()) {
      if (each instanceof X509TrustManager manager) {
        return manager;
      }
    }
    throw new GeneralSecurityException("the platform has no X.509 trust manager");
  }
}
