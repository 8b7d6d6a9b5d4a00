package io.weirkeeper.verticles.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateAuthoritiesTest {
  private final Vertx vertx = Vertx.vertx();
  @TempDir Path folder;

  @AfterEach
  void close() {
    await(vertx.close());
  }

  @Test
  void whatLeadsToThemIsTrustedBesideWhatThePlatformTrusts() throws Exception {
    Path certificate = folder.resolve("c.pem");
    Path key = folder.resolve("k.pem");
    new TestingCertificate(Instant.parse("2200-01-01T00:00:00Z")).write(certificate, key);
    HttpServerOptions options = new HttpServerOptions().setSsl(true);
    options.setKeyCertOptions(
        ServerCertificate.watch(vertx, certificate, key, Clock.systemUTC())
            .options()
            .getKeyCertOptions());
    HttpServer server =
        await(
            vertx
                .createHttpServer(options)
                .requestHandler(request -> request.response().end("hello"))
                .listen(0, "127.0.0.1"));

    TrustOptions authorities = PrivateAuthorities.read(certificate);
    assertThat(get(server, new HttpClientOptions().setTrustOptions(authorities)))
        .isEqualTo("hello");
    assertThatThrownBy(() -> get(server, new HttpClientOptions()))
        .hasStackTraceContaining("SSLHandshakeException");
    X509TrustManager manager =
        (X509TrustManager) authorities.getTrustManagerFactory(vertx).getTrustManagers()[0];
    assertThat(manager.getAcceptedIssuers()).hasSizeGreaterThan(10);
  }

  @Test
  void aFileWithoutCertificatesIsNamed() throws IOException {
    Path file = folder.resolve("ca.pem");
    assertThatThrownBy(() -> PrivateAuthorities.read(file)).hasMessageContaining(file.toString());
    Files.writeString(file, "");
    assertThatThrownBy(() -> PrivateAuthorities.read(file))
        .hasMessageContaining(file + ": expected certificates");
    Files.writeString(file, "nonsense");
    assertThatThrownBy(() -> PrivateAuthorities.read(file))
        .hasMessageContaining(file + ": expected certificates");
  }

  private String get(HttpServer server, HttpClientOptions options) {
    return await(
        vertx
            .createHttpClient(options.setSsl(true))
            .request(HttpMethod.GET, server.actualPort(), "127.0.0.1", "/")
            .compose(request -> request.send())
            .compose(response -> response.body())
            .map(Object::toString));
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }
}
