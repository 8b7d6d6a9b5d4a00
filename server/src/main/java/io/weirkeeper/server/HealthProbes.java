package io.weirkeeper.server;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.weirkeeper.core.monitor.Probe;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/** How the monitor asks the parts of this node (spec: lifecycle §11). */
final class HealthProbes {
  /** A disk that is fuller than this is trouble for whoever writes to it. */
  private static final int FULL_PERCENT = 95;

  private final Vertx vertx;
  private final HttpClient http;
  private final Path data;

  HealthProbes(Vertx vertx, Path data) {
    this.vertx = vertx;
    // The node asks itself, by an address that its certificate need not name, and sends no secret.
    this.http =
        vertx.createHttpClient(new HttpClientOptions().setTrustAll(true).setVerifyHost(false));
    this.data = data;
  }

  /** Asks the REST front over HTTP, as a client would; it looks at the database. */
  Future<Probe> api(String url) {
    return http.request(
            new RequestOptions().setMethod(HttpMethod.GET).setAbsoluteURI(url + "/healthz"))
        .compose(request -> request.send())
        .compose(
            response ->
                response
                    .body()
                    .map(body -> new Probe(response.statusCode() == 200, body.toString())));
  }

  /** Asks for the compiler's trouble and for room on the disk. */
  Future<Probe> compiler(Supplier<Optional<String>> trouble) {
    Optional<String> found = trouble.get();
    return found.isPresent()
        ? Future.succeededFuture(new Probe(false, found.get()))
        : vertx.executeBlocking(this::disk, false);
  }

  private Probe disk() throws IOException {
    FileStore store = Files.getFileStore(data);
    long total = Math.max(1, store.getTotalSpace());
    long used = 100 - 100 * store.getUsableSpace() / total;
    return used >= FULL_PERCENT
        ? new Probe(false, "the disk of " + data + " is " + used + " % full")
        : new Probe(true, "healthy");
  }

  /** Whether pipelines can be run. */
  Future<Probe> runner(boolean current, boolean loaded) {
    if (!current) {
      return Future.succeededFuture(
          new Probe(false, "the node's session with the database is not current"));
    }
    return Future.succeededFuture(
        loaded ? new Probe(true, "healthy") : new Probe(false, "pipelines are being loaded"));
  }
}
