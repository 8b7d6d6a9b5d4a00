package io.weirkeeper.verticles.http;

import static io.weirkeeper.verticles.http.Fixture.code;
import static io.weirkeeper.verticles.http.Fixture.parse;
import static io.weirkeeper.verticles.http.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.verticles.bus.Answer;
import io.weirkeeper.verticles.bus.ProcessRoute;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessProxyTest {
  private static final int WHOLE_LIMIT = 100_000;
  private static final int STREAM_LIMIT = 3;
  private static final Duration INGRESS = Duration.ofMillis(800);

  private Fixture fixture;

  @BeforeEach
  void open() {
    FrontTimeouts d = FrontTimeouts.DEFAULTS;
    FrontLimits l = FrontLimits.DEFAULTS;
    fixture =
        new Fixture(
                settings ->
                    settings
                        .withTimeouts(
                            new FrontTimeouts(
                                d.command(),
                                d.lookup(),
                                d.connect(),
                                Duration.ofMillis(500),
                                d.slowProcess(),
                                INGRESS,
                                d.connectorStats(),
                                d.metrics(),
                                d.compiler(),
                                d.body(),
                                d.idleConnection(),
                                d.stalledReader(),
                                d.drain(),
                                d.shutdown()))
                        .withLimits(
                            new FrontLimits(
                                l.jsonBodyBytes(),
                                WHOLE_LIMIT,
                                l.drainBytes(),
                                l.requestLineBytes(),
                                l.headerBytes(),
                                l.connections(),
                                STREAM_LIMIT,
                                l.connectionsPerProcess(),
                                l.waitingPerProcess(),
                                l.parallelScrapes())))
            .routed();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  // ---- where requests go

  @ParameterizedTest
  @CsvSource({
    "GET,/stats,GET /stats",
    "GET,/metrics?format=json,GET /metrics?format=json",
    "GET,/time_series,GET /time_series",
    "GET,/time_series_stream,GET /time_series_stream",
    "GET,/heap_profile,GET /heap_profile",
    "GET,/circuit_profile,GET /dump_profile",
    "GET,/circuit_json_profile,GET /dump_json_profile",
    "GET,/samply_profile?latest=true,GET /samply_profile?latest=true",
    "POST,/samply_profile?duration_secs=1,POST /samply_profile?duration_secs=1",
    "GET,/query?sql=select%201,GET /query?sql=select%201",
    "POST,/ingress/%22T%22?format=json,POST /ingress/%22T%22?format=json",
    "POST,/ingress/%25zz+%C3%A9%2F?format=json,POST /ingress/%25zz%2B%C3%A9%2F?format=json",
    "POST,/egress/v?format=json,POST /egress/v?format=json",
    "POST,/egress/%ff,POST /egress/%EF%BF%BD",
    "GET,/completion_status?token=x,GET /completion_status?token=x",
    "GET,/tables/T1/connectors/c/completion_token,GET /input_endpoints/t1.c/completion_token",
    "GET,/tables/%22T1%22/connectors/C/stats,GET /input_endpoints/T1.C/stats",
    "GET,/views/V%20x/connectors/c/stats,GET /output_endpoints/v%20x.c/stats",
    "POST,/tables/t/connectors/c/start,GET /input_endpoints/t.c/start",
    "POST,/tables/t/connectors/c/pause,GET /input_endpoints/t.c/pause",
    "POST,/views/v/connectors/c/command,POST /output_endpoints/v.c/command",
    "POST,/start_transaction,POST /start_transaction",
    "POST,/commit_transaction,POST /commit_transaction",
    "POST,/clock/advance,POST /clock/advance",
    "POST,/approve?silent_bootstrap=true,POST /approve?silent_bootstrap=true",
    "POST,/activate?initial=paused,POST /activate?initial=paused",
    "POST,/checkpoint,POST /checkpoint",
    "POST,/checkpoint/sync,POST /checkpoint/sync",
    "GET,/checkpoint_status,GET /checkpoint_status",
    "GET,/checkpoint/sync_status,GET /checkpoint/sync_status",
    "GET,/checkpoints,GET /checkpoints",
    "GET,/checkpoints/remote,GET /checkpoints/remote",
    "POST,/rebalance,POST /rebalance",
    "POST,/start_compaction,POST /start_compaction"
  })
  void eachOperationHasItsPathAtTheProcess(String method, String path, String expected) {
    List<String> seen = new CopyOnWriteArrayList<>();
    fixture.process =
        request -> {
          seen.add(request.method() + " " + request.uri());
          request.response().end("ok");
        };
    HttpResponse<String> response = send(method, path);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("ok");
    assertThat(seen).containsExactly(expected);
  }

  @Test
  void anUnknownConnectorActionIsRefused() {
    HttpResponse<String> response = send("POST", "/tables/t/connectors/c/restart");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(code(response)).isEqualTo("InvalidConnectorAction");
  }

  // ---- headers

  @Test
  void credentialsAndHopHeadersOfTheClientStayHere() {
    Map<String, String> seen = new ConcurrentHashMap<>();
    fixture.process =
        request -> {
          request
              .headers()
              .forEach(h -> seen.put(h.getKey().toLowerCase(java.util.Locale.ROOT), h.getValue()));
          request.response().end("{}");
        };
    try (RawClient client = fixture.raw()) {
      client.head(
          "GET /v0/pipelines/p/stats HTTP/1.1",
          "Host: x",
          "Authorization: Bearer apikey:of-the-user",
          "Accept-Encoding: gzip",
          "Cookie: a=b",
          "Weirkeeper-Epoch: 9",
          "Weirkeeper-Revision: 9",
          "X-Custom: kept");
      client.response();
    }
    assertThat(seen)
        .containsEntry("authorization", "Bearer " + Fixture.TOKEN)
        .containsEntry("x-custom", "kept")
        .doesNotContainKeys("accept-encoding", "cookie", "weirkeeper-epoch", "weirkeeper-revision");
  }

  @Test
  void statusHeadersAndBodyOfTheProcessComeThrough() {
    fixture.process =
        request ->
            request
                .response()
                .setStatusCode(410)
                .putHeader("Content-Type", "application/json")
                .putHeader("Retry-After", "7")
                .putHeader("Content-Disposition", "attachment")
                .putHeader("Access-Control-Allow-Origin", "http://evil.example")
                .end("{\"error_code\":\"Terminating\"}");
    HttpResponse<String> response = send("GET", "/stats");
    assertThat(response.statusCode()).isEqualTo(410);
    assertThat(code(response)).isEqualTo("Terminating");
    assertThat(response.headers().firstValue("Retry-After")).contains("7");
    assertThat(response.headers().firstValue("Content-Disposition")).contains("attachment");
    assertThat(response.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
  }

  @Test
  void streamsAreChunkedAndNeverCompressed() {
    fixture.process = request -> request.response().end("x".repeat(5000));
    HttpResponse<String> response =
        fixture.send(
            fixture.request("/v0/pipelines/p/circuit_profile").header("Accept-Encoding", "gzip"));
    assertThat(response.body()).isEqualTo("x".repeat(5000));
    assertThat(response.headers().firstValue("Content-Encoding")).contains("identity");
    assertThat(response.headers().firstValue("Transfer-Encoding")).contains("chunked");
    HttpResponse<String> whole =
        fixture.send(fixture.request("/v0/pipelines/p/stats").header("Accept-Encoding", "gzip"));
    assertThat(whole.headers().firstValue("Content-Encoding")).contains("gzip");
  }

  @Test
  void anAnswerWithoutContentHasNoChunks() {
    fixture.process =
        request -> request.response().setStatusCode(204).putHeader("Retry-After", "3").end();
    HttpResponse<String> response = send("GET", "/samply_profile");
    assertThat(response.statusCode()).isEqualTo(204);
    assertThat(response.headers().firstValue("Retry-After")).contains("3");
    assertThat(response.headers().firstValue("Transfer-Encoding")).isEmpty();
  }

  @Test
  void aSmallBodyGoesAlong() {
    AtomicReference<String> seen = new AtomicReference<>();
    fixture.process =
        request ->
            request
                .body()
                .onSuccess(
                    body -> {
                      seen.set(body.toString());
                      request.response().end("{}");
                    });
    fixture.json("POST", "/v0/pipelines/p/clock/advance", "{\"delta_ms\":5}");
    assertThat(seen.get()).isEqualTo("{\"delta_ms\":5}");
  }

  // ---- when the process can't be reached

  @Test
  void aPipelineWithoutAProcessIsAnsweredByItsVerticle() {
    fixture.pipelines =
        request ->
            Future.succeededFuture(
                Answer.error(
                    ApiErrors.pipelineInteractionNotDeployed(
                        "p", ResourcesStatus.STOPPED, ResourcesDesiredStatus.STOPPED)));
    for (String path : List.of("/stats", "/query?sql=x")) {
      HttpResponse<String> response = send("GET", path);
      assertThat(response.statusCode()).isEqualTo(503);
      assertThat(code(response)).isEqualTo("PipelineInteractionNotDeployed");
      assertThat(response.headers().firstValue("Retry-After")).contains("5");
    }
    assertThat(code(ingress("x"))).isEqualTo("PipelineInteractionNotDeployed");
  }

  @Test
  void aProcessThatDoesNotListenIsUnreachable() {
    fixture.pipelines =
        request -> Future.succeededFuture(new ProcessRoute("127.0.0.1", 1, "t", "p"));
    for (String path : List.of("/stats", "/query?sql=secret")) {
      HttpResponse<String> response = send("GET", path);
      assertThat(response.statusCode()).isEqualTo(503);
      JsonNode body = parse(response);
      assertThat(body.get("error_code").textValue()).isEqualTo("PipelineInteractionUnreachable");
      assertThat(body.get("details").get("pipeline_name").textValue()).isEqualTo("p");
      assertThat(body.get("details").get("request").textValue()).startsWith("GET /");
      assertThat(response.body()).doesNotContain("secret");
    }
    assertThat(code(ingress("x"))).isEqualTo("PipelineInteractionUnreachable");
  }

  @Test
  void aProcessThatDoesNotAnswerInTimeIsUnreachable() {
    AtomicBoolean cut = new AtomicBoolean();
    fixture.process = request -> request.connection().closeHandler(closed -> cut.set(true));
    HttpResponse<String> response = send("GET", "/stats");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(code(response)).isEqualTo("PipelineInteractionUnreachable");
    until("the request to the process is cut", cut::get);
  }

  @Test
  void aProcessThatDiesInTheMiddleIsUnreachable() {
    fixture.process =
        request -> {
          request.response().setChunked(true).write("half");
          request.connection().close();
        };
    assertThat(code(send("GET", "/stats"))).isEqualTo("PipelineInteractionUnreachable");
  }

  @Test
  void aStrangerOnThePortIsNotTakenForTheProcess() {
    fixture.process = request -> request.response().setStatusCode(401).end();
    for (String path : List.of("/stats", "/query?sql=x")) {
      HttpResponse<String> response = send("GET", path);
      assertThat(response.statusCode()).isEqualTo(503);
      assertThat(code(response)).isEqualTo("PipelineInteractionUnreachable");
    }
  }

  @Test
  void anAnswerThatIsTooLargeIsNotPassedOn() {
    fixture.process = request -> request.response().end("x".repeat(WHOLE_LIMIT + 1));
    HttpResponse<String> response = send("GET", "/stats");
    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(code(response)).isEqualTo("PipelineInteractionInvalidResponse");
    fixture.process = request -> request.response().end("x".repeat(WHOLE_LIMIT));
    assertThat(send("GET", "/stats").body()).hasSize(WHOLE_LIMIT);
  }

  // ---- ingress

  @Test
  void aLargeBodyIsPipedToTheProcess() {
    AtomicLong received = new AtomicLong();
    fixture.process =
        request -> {
          request.handler(chunk -> received.addAndGet(chunk.length()));
          request.endHandler(done -> request.response().end("{\"token\":\"t\"}"));
        };
    byte[] body = new byte[20_000_000];
    HttpResponse<String> response =
        fixture.send(
            fixture
                .request("/v0/pipelines/p/ingress/t?format=csv")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    assertThat(response.body()).isEqualTo("{\"token\":\"t\"}");
    assertThat(received.get()).isEqualTo(body.length);
  }

  @Test
  void aBodyWithoutALengthIsPipedInChunks() {
    AtomicReference<String> seen = new AtomicReference<>();
    fixture.process =
        request ->
            request
                .body()
                .onSuccess(
                    body -> {
                      seen.set(request.getHeader("Transfer-Encoding") + " " + body);
                      request.response().end("{}");
                    });
    try (RawClient client = fixture.raw()) {
      client.head(
          "POST /v0/pipelines/p/ingress/t HTTP/1.1",
          "Host: x",
          "Expect: 100-continue",
          "Transfer-Encoding: chunked");
      assertThat(client.responseHead()).startsWith("HTTP/1.1 100");
      client.text("3\r\nabc\r\n");
      client.text("2\r\nde\r\n0\r\n\r\n");
      assertThat(client.response()).startsWith("HTTP/1.1 200");
      assertThat(seen.get()).isEqualTo("chunked abcde");
      client.head("GET /healthz HTTP/1.1", "Host: x");
      assertThat(client.response()).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void aProcessThatDoesNotReadHoldsTheClientBack() throws IOException {
    AtomicReference<HttpServerRequest> held = new AtomicReference<>();
    AtomicLong received = new AtomicLong();
    fixture.process =
        request -> {
          request.handler(chunk -> received.addAndGet(chunk.length()));
          request.endHandler(done -> request.response().end("{}"));
          request.pause();
          held.set(request);
        };
    int length = 200_000_000;
    try (RawClient client = fixture.raw()) {
      client.head(
          "POST /v0/pipelines/p/ingress/t HTTP/1.1", "Host: x", "Content-Length: " + length);
      AtomicLong sent = new AtomicLong();
      AtomicBoolean refused = new AtomicBoolean();
      Thread sender =
          new Thread(
              () -> {
                byte[] chunk = new byte[100_000];
                try {
                  while (sent.get() < length) {
                    client.bytes(chunk);
                    sent.addAndGet(chunk.length);
                  }
                } catch (RuntimeException e) {
                  refused.set(true);
                }
              });
      sender.start();
      // Nobody reads for longer than ingress may stand still: the process is given up.
      assertThat(client.response())
          .startsWith("HTTP/1.1 503")
          .contains("PipelineInteractionUnreachable");
      assertThat(received.get()).isZero();
      // What the sockets and queues on the way hold is little against the body.
      assertThat(sent.get()).isLessThan(length / 4);
      client.close();
      until("the sender ends", () -> !sender.isAlive());
      assertThat(refused).isTrue();
    }
  }

  @Test
  void aSlowButSteadyBodyIsNotGivenUp() throws InterruptedException {
    fixture.process = request -> request.body().onSuccess(body -> request.response().end("{}"));
    try (RawClient client = fixture.raw()) {
      client.head("POST /v0/pipelines/p/ingress/t HTTP/1.1", "Host: x", "Content-Length: 8");
      for (int i = 0; i < 8; i++) {
        client.text("x");
        // Time is what this test is about: in all twice the limit, each step well below it.
        Thread.sleep(INGRESS.toMillis() / 4);
      }
      assertThat(client.response()).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void aPausedPipelineThatBlocksIngressIsUnreachable() {
    fixture.process = request -> {};
    HttpResponse<String> response = ingress("{}");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(code(response)).isEqualTo("PipelineInteractionUnreachable");
  }

  @Test
  void anErrorBeforeTheEndOfTheBodyReachesTheClient() {
    fixture.process =
        request -> request.response().setStatusCode(404).end("{\"error_code\":\"X\"}");
    try (RawClient client = fixture.raw()) {
      client.head("POST /v0/pipelines/p/ingress/t HTTP/1.1", "Host: x", "Content-Length: 1000000");
      client.text("x");
      assertThat(client.response()).startsWith("HTTP/1.1 404");
      client.bytes(new byte[999_999]);
      client.head("GET /healthz HTTP/1.1", "Host: x");
      assertThat(client.response()).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void aClientThatLeavesDuringAnUploadCutsTheRequest() {
    AtomicBoolean cut = new AtomicBoolean();
    AtomicBoolean arrived = new AtomicBoolean();
    fixture.process =
        request -> {
          request.handler(chunk -> arrived.set(true));
          request.exceptionHandler(gone -> cut.set(true));
        };
    try (RawClient client = fixture.raw()) {
      client.head("POST /v0/pipelines/p/ingress/t HTTP/1.1", "Host: x", "Content-Length: 10");
      client.text("x");
      until("the first byte arrives", arrived::get);
    }
    until("the request to the process is cut", cut::get);
  }

  // ---- egress

  @Test
  void theHeadAndEachChunkArriveAtOnce() throws IOException {
    AtomicReference<HttpServerRequest> held = new AtomicReference<>();
    fixture.process =
        request -> {
          held.set(request);
          request.response().putHeader("Content-Type", "application/json").setChunked(true);
          request.response().writeHead();
        };
    HttpResponse<InputStream> response =
        fixture.open(
            fixture
                .request("/v0/pipelines/p/egress/v?format=json")
                .POST(HttpRequest.BodyPublishers.noBody()));
    assertThat(response.statusCode()).isEqualTo(200);
    try (InputStream in = response.body()) {
      for (String chunk : List.of("{\"sequence_number\":0}\r\n", "{\"sequence_number\":1}\r\n")) {
        held.get().response().write(chunk);
        assertThat(new String(in.readNBytes(chunk.length()), StandardCharsets.UTF_8))
            .isEqualTo(chunk);
      }
      held.get().response().end();
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  @Test
  void aClientThatLeavesCutsTheStreamAtOnce() {
    AtomicBoolean cut = new AtomicBoolean();
    fixture.process =
        request -> {
          request.response().setChunked(true).closeHandler(closed -> cut.set(true));
          request.response().write("x");
        };
    try (RawClient client = fixture.raw()) {
      client.head("POST /v0/pipelines/p/egress/v HTTP/1.1", "Host: x", "Content-Length: 0");
      client.responseHead();
    }
    until("the stream is cut", cut::get);
    until("it is observed", () -> fixture.observed.contains("http_output 499"));
  }

  @Test
  void aClientThatDoesNotReadHoldsTheProcessBack() {
    AtomicLong written = new AtomicLong();
    AtomicReference<HttpServerRequest> held = new AtomicReference<>();
    fixture.process =
        request -> {
          held.set(request);
          request.response().setChunked(true);
          fill(request, written);
        };
    try (RawClient client = fixture.raw()) {
      client.head("POST /v0/pipelines/p/egress/v HTTP/1.1", "Host: x", "Content-Length: 0");
      client.responseHead();
      AtomicLong last = new AtomicLong(-1);
      AtomicInteger same = new AtomicInteger();
      until(
          "the process is held back",
          () -> {
            long now = written.get();
            boolean unchanged = now > 0 && last.getAndSet(now) == now;
            return (unchanged ? same.incrementAndGet() : resetTo(same)) > 100;
          });
      assertThat(written.get()).isLessThan(100_000_000L);
      // Once it reads again, more comes.
      long before = written.get();
      client.read(20_000_000);
      until("the process goes on", () -> written.get() > before);
    }
  }

  private static int resetTo(AtomicInteger counter) {
    counter.set(0);
    return 0;
  }

  private static void fill(HttpServerRequest request, AtomicLong written) {
    Buffer chunk = Buffer.buffer(new byte[64 << 10]);
    while (!request.response().writeQueueFull()) {
      if (request.response().closed()) {
        return;
      }
      request.response().write(chunk);
      written.addAndGet(chunk.length());
    }
    request.response().drainHandler(drained -> fill(request, written));
  }

  @Test
  void aStreamThatBreaksIsNotTakenForComplete() {
    fixture.process =
        request -> {
          request.response().setChunked(true).write("half");
          fixture.vertx.setTimer(50, later -> request.connection().close());
        };
    assertThatThrownBy(() -> send("GET", "/query?sql=x")).hasRootCauseInstanceOf(IOException.class);
  }

  @Test
  void aStreamWithoutAnEndIsLeftAlone() throws InterruptedException {
    AtomicReference<HttpServerRequest> held = new AtomicReference<>();
    fixture.process = held::set;
    try (RawClient client = fixture.raw()) {
      client.head("GET /v0/pipelines/p/query?sql=x HTTP/1.1", "Host: x");
      until("the query arrives", () -> held.get() != null);
      // Longer than whole answers and ingress may take: a query may think for as long as it wants.
      Thread.sleep(INGRESS.toMillis() + 200);
      held.get().response().end("done");
      assertThat(client.response()).startsWith("HTTP/1.1 200").endsWith("done");
    }
  }

  @Test
  void thereIsALimitForStreams() {
    fixture.process =
        request -> {
          request.response().setChunked(true);
          request.response().writeHead();
        };
    try (RawClient a = fixture.raw();
        RawClient b = fixture.raw()) {
      for (RawClient client : List.of(a, b)) {
        client.head("GET /v0/pipelines/p/query?sql=x HTTP/1.1", "Host: x");
        client.responseHead();
      }
      try (RawClient c = fixture.raw()) {
        c.head("GET /v0/pipelines/p/query?sql=x HTTP/1.1", "Host: x");
        c.responseHead();
        HttpResponse<String> response = send("GET", "/query?sql=x");
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(code(response)).isEqualTo("TooManyStreams");
      }
      until("a place is free again", () -> fixture.observed.contains("pipeline_adhoc_sql 499"));
      try (RawClient d = fixture.raw()) {
        d.head("GET /v0/pipelines/p/query?sql=x HTTP/1.1", "Host: x");
        assertThat(d.responseHead()).startsWith("HTTP/1.1 200");
      }
    }
  }

  @Test
  void http10HasNoStreams() {
    try (RawClient client = fixture.raw()) {
      client.head("GET /v0/pipelines/p/query?sql=x HTTP/1.0", "Host: x");
      assertThat(client.response()).contains(" 400 ");
    }
  }

  @Test
  void connectionsToTheProcessAreUsedAgain() {
    AtomicInteger connections = new AtomicInteger();
    java.util.Set<Object> seen = ConcurrentHashMap.newKeySet();
    fixture.process =
        request -> {
          if (seen.add(request.connection())) {
            connections.incrementAndGet();
          }
          request.response().end("{}");
        };
    for (int i = 0; i < 20; i++) {
      send("GET", "/stats");
      send("GET", "/query?sql=x");
      ingress("x");
    }
    assertThat(connections.get()).isLessThanOrEqualTo(2);
  }

  private HttpResponse<String> send(String method, String path) {
    return fixture.send(
        fixture
            .request("/v0/pipelines/p" + path)
            .method(method, HttpRequest.BodyPublishers.noBody()));
  }

  private HttpResponse<String> ingress(String body) {
    return fixture.send(
        fixture
            .request("/v0/pipelines/p/ingress/t?format=json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }
}
