package io.weirkeeper.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WildClientsTest {
  private static final Buffer CHUNK = Buffer.buffer(new byte[64 << 10]);

  private static FrontTimeouts stalledAfter(Duration limit) {
    FrontTimeouts d = FrontTimeouts.DEFAULTS;
    return new FrontTimeouts(
        d.command(),
        d.lookup(),
        d.connect(),
        d.process(),
        d.slowProcess(),
        d.ingress(),
        d.connectorStats(),
        d.metrics(),
        d.compiler(),
        d.body(),
        d.idleConnection(),
        limit,
        d.drain(),
        d.shutdown());
  }

  private static void fill(HttpServerRequest request) {
    while (!request.response().writeQueueFull()) {
      request.response().write(CHUNK);
    }
    request.response().drainHandler(drained -> fill(request));
  }

  @Test
  void aClientThatStopsReadingIsCutOffAndTheRequestToTheProcessToo() {
    Duration limit = Duration.ofMillis(500);
    try (Fixture fixture = new Fixture(s -> s.withTimeouts(stalledAfter(limit))).routed()) {
      boolean[] cut = {false};
      fixture.process =
          request -> {
            request.response().setChunked(true);
            request.connection().closeHandler(closed -> cut[0] = true);
            fill(request);
          };
      try (RawClient client = fixture.raw()) {
        client.head("GET /v0/pipelines/p/time_series_stream HTTP/1.1", "Host: x");
        Fixture.until("the process to be cut off", () -> cut[0]);
        Fixture.until(
            "the end to be observed",
            () ->
                fixture.observed.contains(
                    "get_pipeline_time_series_stream " + HttpObserver.CLIENT_GONE));
      }
    }
  }

  @Test
  void aStreamWithNothingToSayIsNotAStall() throws InterruptedException {
    Duration limit = Duration.ofMillis(200);
    try (Fixture fixture = new Fixture(s -> s.withTimeouts(stalledAfter(limit))).routed()) {
      HttpServerRequest[] upstream = {null};
      fixture.process =
          request -> {
            upstream[0] = request;
            request.response().setChunked(true).write("first\n");
          };
      try (RawClient client = fixture.raw()) {
        client.head("GET /v0/pipelines/p/time_series_stream HTTP/1.1", "Host: x");
        client.responseHead();
        assertThat(client.line()).isEqualTo("6");
        assertThat(client.line()).isEqualTo("first");
        client.line();
        // Several sweeps with nothing sent.
        long until = System.nanoTime() + Duration.ofMillis(2_500).toNanos();
        Fixture.until("some sweeps", () -> System.nanoTime() > until);
        upstream[0].response().write("second\n");
        assertThat(client.line()).isEqualTo("7");
        assertThat(client.line()).isEqualTo("second");
      }
    }
  }

  @Test
  void aHandlerThatFailsWithAnErrorIsAnswered500InTheErrorFormat() {
    try (Fixture fixture = new Fixture()) {
      fixture.support =
          request -> {
            throw new StackOverflowError("for a test");
          };
      HttpResponse<String> response = fixture.get("/v0/pipelines/p/support_bundle");
      assertThat(response.statusCode()).isEqualTo(500);
      assertThat(Fixture.code(response)).isEqualTo("InternalError");
      assertThat(response.body()).doesNotContain("StackOverflow");
      assertThat(fixture.get("/v0/config").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void headAnswersLikeGetWithoutABodyAlsoForALongList() {
    try (Fixture fixture = new Fixture()) {
      for (int i = 0; i < 300; i++) {
        fixture.publish("p" + i, same -> same);
      }
      HttpResponse<String> head =
          fixture.send(
              fixture.request("/v0/pipelines").method("HEAD", HttpRequest.BodyPublishers.noBody()));
      assertThat(head.statusCode()).isEqualTo(200);
      assertThat(head.body()).isEmpty();
      try (RawClient client = fixture.raw()) {
        client.head("HEAD /v0/pipelines/p1 HTTP/1.1", "Host: x");
        assertThat(client.responseHead()).startsWith("HTTP/1.1 200");
        // The next answer begins where the head ended: there was no body.
        client.head("GET /v0/pipelines/nobody HTTP/1.1", "Host: x");
        assertThat(client.response()).startsWith("HTTP/1.1 404");
      }
    }
  }
}
