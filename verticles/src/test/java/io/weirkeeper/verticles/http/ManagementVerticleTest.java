package io.weirkeeper.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ManagementVerticleTest {
  private final Vertx vertx = Vertx.vertx();
  private final AtomicBoolean database = new AtomicBoolean(true);
  private final AtomicReference<List<ManagementVerticle.Part>> parts =
      new AtomicReference<>(List.of());
  private final AtomicReference<Supplier<String>> metrics = new AtomicReference<>(() -> "x 1\n");
  private int port;

  @BeforeEach
  void open() {
    ManagementVerticle verticle =
        new ManagementVerticle(
            "127.0.0.1", 0, database::get, parts::get, () -> metrics.get().get());
    Fixture.await(vertx.deployVerticle(verticle));
    port = verticle.actualPort();
  }

  @AfterEach
  void close() {
    Fixture.await(vertx.close());
  }

  @Test
  void healthFollowsTheDatabase() {
    assertThat(get("/healthz").statusCode()).isEqualTo(200);
    database.set(false);
    assertThat(get("/healthz").statusCode()).isEqualTo(500);
    assertThat(get("/livez").statusCode()).isEqualTo(200);
  }

  @Test
  void readinessTellsWhichPartIsNotReadyAndWhy() {
    parts.set(
        List.of(
            new ManagementVerticle.Part("database", true, "connected"),
            new ManagementVerticle.Part("compiler", false, "warming up for 3 s")));
    HttpResponse<String> response = get("/readyz");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.body())
        .isEqualTo(
            "{\"ready\":false,\"parts\":[{\"name\":\"database\",\"ready\":true,"
                + "\"says\":\"connected\"},{\"name\":\"compiler\",\"ready\":false,"
                + "\"says\":\"warming up for 3 s\"}]}");
    parts.set(List.of(new ManagementVerticle.Part("database", true, "connected")));
    assertThat(get("/readyz").statusCode()).isEqualTo(200);
  }

  @Test
  void metricsAreServedForPrometheus() {
    HttpResponse<String> response = get("/metrics");
    assertThat(response.body()).isEqualTo("x 1\n");
    assertThat(response.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/plain; version=0.0.4");
    metrics.set(
        () -> {
          throw new IllegalStateException("broken");
        });
    assertThat(get("/metrics").statusCode()).isEqualTo(500);
  }

  @Test
  void otherPathsAndMethodsAreRefused() {
    assertThat(get("/v0/pipelines").statusCode()).isEqualTo(404);
    assertThat(
            send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/livez")).DELETE())
                .statusCode())
        .isEqualTo(405);
  }

  private HttpResponse<String> get(String path) {
    return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
