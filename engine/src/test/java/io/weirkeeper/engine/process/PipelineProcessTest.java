package io.weirkeeper.engine.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.deploy.ProcessSecret;
import io.weirkeeper.engine.process.Child.Reply;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The protocol, spoken to one running process. Each test uses item numbers of its own. */
class PipelineProcessTest {
  @TempDir static Path directory;
  private static Child child;

  @BeforeAll
  static void startProcess() throws Exception {
    child =
        Child.start(Child.spec(directory, "running", 60_000))
            .reachable()
            .granted(3_600_000, "Running");
  }

  @AfterAll
  static void endProcess() {
    child.close();
  }

  @Test
  void theChallengeProvesTheInstanceWithoutAToken() {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:"
                        + child.report.port()
                        + "/weirkeeper/challenge?nonce=some-nonce"))
            .build();
    JsonNode answer = child.send(request).json();
    assertThat(answer.get("instance").asText()).isEqualTo(child.report.instance().toString());
    assertThat(answer.get("deployment_number").asLong()).isEqualTo(7);
    assertThat(answer.get("answer").asText())
        .isEqualTo(
            ProcessSecret.ofHex(child.spec.secret())
                .challengeAnswer(
                    "some-nonce", child.spec.pipelineId(), 7, child.report.instance()));
  }

  @Test
  void theReportNamesTheProcess() {
    assertThat(child.report.pid()).isEqualTo(child.process.pid());
    assertThat(child.report.bootId()).isEqualTo(Proc.bootId());
    assertThat(child.report.startTicks()).isPositive();
  }

  @Test
  void everythingElseNeedsTheToken() {
    for (String path : List.of("/status", "/stats", "/query?sql=SELECT%201", "/nothing")) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + child.report.port() + path))
              .header("Authorization", "Bearer " + "0".repeat(64))
              .build();
      Reply reply = child.send(request);
      assertThat(reply.status()).as(path).isEqualTo(401);
      assertThat(reply.json().get("error_code").asText()).isEqualTo("AuthenticationFailed");
    }
  }

  @Test
  void commandsOfThePastAreRefused() {
    HttpRequest.Builder stale =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + child.report.port() + "/pause"))
            .header("Authorization", "Bearer " + child.token)
            .header(ProcessSecret.EPOCH_HEADER, "2")
            .header(ProcessSecret.REVISION_HEADER, "999999");
    Reply reply = child.send(stale.build());
    assertThat(reply.status()).isEqualTo(409);
    assertThat(reply.json().get("error_code").asText()).isEqualTo("StaleCommand");
    assertThat(child.get("/status").json().get("runtime_status").asText()).isEqualTo("Running");
  }

  @Test
  void commandsWithoutEpochAndRevisionAreRefused() {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + child.report.port() + "/pause"))
            .header("Authorization", "Bearer " + child.token)
            .build();
    assertThat(child.send(request).status()).isEqualTo(400);
  }

  @Test
  void rowsPushedAreVisibleWhenTheirTokenIsComplete() {
    child.push(
        "/ingress/items?format=json&update_format=raw",
        "{\"id\":100,\"name\":\"a\\u0000b\",\"price\":1.5,\"since\":\"2024-01-02 03:04:05.5\"}");
    child.push("/ingress/sales?format=csv", "100,5\n100,6\n");
    Reply json = child.query("json", "SELECT * FROM named WHERE total = 11");
    assertThat(json.status()).isEqualTo(200);
    assertThat(json.body()).isEqualTo("{\"name\":\"a\\u0000b\",\"price\":1.50,\"total\":11}\n");
    assertThat(
            child.query("json", "SELECT since, name FROM items WHERE id = 100").json().toString())
        .isEqualTo("{\"since\":\"2024-01-02T03:04:05.500\",\"name\":\"a\\u0000b\"}");
  }

  @Test
  void textAnswersAreBorderedTables() {
    child.push("/ingress/sales?format=csv", "200,5\n200,6\n201,\n");
    Reply text =
        child.query(
            "text", "SELECT item, total FROM totals WHERE item IN (200, 201) ORDER BY item");
    assertThat(text.raw().headers().firstValue("Content-Type")).hasValue("text/plain");
    assertThat(text.body())
        .isEqualTo(
            """
            +------+-------+
            | item | total |
            +------+-------+
            | 200  | 11    |
            | 201  |       |
            +------+-------+
            """);
    assertThat(child.query("text", "SELECT repeat('x', 70) AS c").body())
        .contains("| " + "x".repeat(64) + "... |");
  }

  @Test
  void badQueriesAreErrorAnswers() {
    Reply notKept = child.query("json", "SELECT * FROM large");
    assertThat(notKept.status()).isEqualTo(400);
    assertThat(notKept.json().get("error_code").asText()).isEqualTo("AdHocQueryError");
    assertThat(notKept.json().get("message").asText()).contains("materialized");
    for (String sql : List.of("SELECT * FROM nowhere", "SELEC 1", "DROP TABLE items", "")) {
      assertThat(child.query("json", sql).status()).as(sql).isEqualTo(400);
    }
    assertThat(child.get("/query").json().get("error_code").asText())
        .isEqualTo("MissingUrlEncodedParam");
    assertThat(child.query("xml", "SELECT 1").status()).isEqualTo(400);
    assertThat(child.query("parquet", "SELECT 1").status()).isEqualTo(501);
  }

  @Test
  void aQueryStringThatCantBeReadIsRefused() throws IOException {
    for (String target : List.of("/query?sql=%zz", "/completion_status?token=%", "/metrics?%f=1")) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), child.report.port())) {
        socket.setSoTimeout(10_000);
        String head =
            "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n";
        socket
            .getOutputStream()
            .write(head.formatted(target, child.token).getBytes(StandardCharsets.US_ASCII));
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(answer).as(target).startsWith("HTTP/1.1 400 ").contains("InvalidParam");
      }
    }
  }

  @Test
  void adHocInsertCountsAndIsVisibleAtOnce() {
    Reply reply =
        child.query(
            "json",
            "INSERT INTO items (id, name, price, since) VALUES (300, 'x', 2, '2024-01-01 00:00:00'),"
                + " (301, NULL, 2.25, NULL)");
    assertThat(reply.body()).isEqualTo("{\"count\":2}\n");
    assertThat(child.query("json", "SELECT count(*) AS c FROM items WHERE id IN (300, 301)").body())
        .isEqualTo("{\"c\":2}\n");
    assertThat(
            child
                .query(
                    "text",
                    "INSERT INTO items SELECT id + 10, name, price, since FROM items"
                        + " WHERE id = 300")
                .body())
        .contains("| 1     |");
    assertThat(child.query("json", "INSERT INTO large VALUES (1, 2)").status()).isEqualTo(400);
    assertThat(child.query("json", "INSERT INTO items (id) VALUES ('seven')").status())
        .isEqualTo(400);
    assertThat(child.query("json", "INSERT INTO items (name) VALUES ('no key')").status())
        .isEqualTo(400);
  }

  @Test
  void parseErrorsAreCountedAndGoodRecordsArrive() {
    Reply reply =
        child.post(
            "/ingress/sales?format=json&update_format=raw",
            "{\"item\":400,\"amount\":1}\n{\"item\":\"x\"}\n{\"item\":400,\"amount\":99999999999}\n"
                + "{oops\n{\"item\":400,\"amount\":2}\n");
    assertThat(reply.status()).isEqualTo(400);
    JsonNode error = reply.json();
    assertThat(error.get("error_code").asText()).isEqualTo("ParseErrors");
    assertThat(error.get("message").asText()).startsWith("Errors parsing input data (3 errors)");
    assertThat(error.get("details").get("num_errors").asLong()).isEqualTo(3);
    assertThat(error.get("details").get("errors")).hasSize(3);
    assertThat(error.get("details").get("errors").get(1).get("column").asText())
        .isEqualTo("amount");
    Child.until(
        "the good records",
        () ->
            child
                .query("json", "SELECT total FROM totals WHERE item = 400")
                .body()
                .equals("{\"total\":3}\n"));
    boolean counted = false;
    for (JsonNode input : child.get("/stats").json().get("inputs")) {
      counted |= input.get("metrics").get("num_parse_errors").asLong() >= 3;
    }
    assertThat(counted).isTrue();
  }

  @Test
  void atMostAThousandParseErrorsAreListed() {
    Reply reply = child.post("/ingress/sales?format=csv", "bad,1\n".repeat(1_500));
    assertThat(reply.json().get("message").asText())
        .startsWith("Errors parsing input data (reporting 1000 out of 1500 total errors)");
    assertThat(reply.json().get("details").get("errors")).hasSize(1_000);
  }

  @Test
  void relationsAndFormatsThatAreNotThereAreNamed() {
    assertThat(child.post("/ingress/nowhere?format=json", "{}").json().get("error_code").asText())
        .isEqualTo("ConfigError.UnknownInputStream");
    assertThat(child.post("/ingress/totals?format=json", "{}").json().get("error_code").asText())
        .isEqualTo("ConfigError.UnknownInputStream");
    assertThat(child.post("/ingress/ITEMS?format=json", "").status()).isEqualTo(200);
    assertThat(child.post("/ingress/%22ITEMS%22?format=json", "").status()).isEqualTo(404);
    assertThat(child.post("/egress/nowhere?format=json", "").json().get("error_code").asText())
        .isEqualTo("ConfigError.UnknownOutputStream");
    assertThat(child.post("/ingress/items?format=avro", "").status()).isEqualTo(400);
    assertThat(child.post("/egress/items?format=avro", "").status()).isEqualTo(400);
    assertThat(child.post("/egress/large?format=json&send_snapshot=true", "").status())
        .isEqualTo(400);
    assertThat(child.get("/metrics?format=xml").status()).isEqualTo(400);
    assertThat(child.get("/input_endpoints/none/stats").json().get("error_code").asText())
        .isEqualTo("UnknownInputEndpoint");
    assertThat(child.post("/checkpoint/sync", "").json().get("error_code").asText())
        .isEqualTo("NotImplemented");
    assertThat(child.post("/activate?initial=running", "").json().get("error_code").asText())
        .isEqualTo("InvalidTransition");
    assertThat(child.post("/activate?initial=standby", "").json().get("error_code").asText())
        .isEqualTo("InvalidActivateStatus");
    assertThat(child.post("/start_transaction", "").status()).isEqualTo(501);
  }

  @Test
  void tokensOfOtherProcessesAreGoneAndGarbageIsRefused() {
    String other = new CompletionToken(UUID.randomUUID(), 0, 0).text();
    Reply reply = child.get("/completion_status?token=" + other);
    assertThat(reply.status()).isEqualTo(410);
    assertThat(reply.json().get("error_code").asText()).isEqualTo("PipelineRestarted");
    String gone = new CompletionToken(child.report.instance(), 9999, 0).text();
    assertThat(child.get("/completion_status?token=" + gone).json().get("error_code").asText())
        .isEqualTo("UnknownEndpointInCompletionToken");
    assertThat(child.get("/completion_status?token=@@").status()).isEqualTo(400);
  }

  @Test
  void aChangeStreamCarriesDeletesThenInsertsOfEachStep() throws Exception {
    try (Stream stream = new Stream(child, "/egress/totals?format=json&backpressure=true")) {
      JsonNode first = stream.next();
      assertThat(first.get("sequence_number").asLong()).isZero();
      child.push("/ingress/sales?format=csv", "500,1\n");
      assertThat(stream.nextData().toString())
          .isEqualTo("[{\"insert\":{\"item\":500,\"n\":1,\"total\":1,\"share\":0}}]");
      child.push("/ingress/sales?format=csv", "500,2\n501,7\n");
      assertThat(stream.nextData().toString())
          .isEqualTo(
              "[{\"delete\":{\"item\":500,\"n\":1,\"total\":1,\"share\":0}},"
                  + "{\"insert\":{\"item\":500,\"n\":2,\"total\":3,\"share\":0}},"
                  + "{\"insert\":{\"item\":501,\"n\":1,\"total\":7,\"share\":0}}]");
      assertThat(child.get("/stats").body()).contains("totals.api-");
    }
    Child.until("the endpoint to go", () -> child.get("/stats").json().get("outputs").isEmpty());
  }

  @Test
  void aChangeStreamMayBeginWithASnapshotAndBeCsv() throws Exception {
    child.push("/ingress/sales?format=csv", "600,1\n");
    try (Stream stream = new Stream(child, "/egress/TOTALS?format=csv&send_snapshot=true")) {
      StringBuilder text = new StringBuilder();
      while (!text.toString().contains("600,1,1,0,1\n")) {
        JsonNode chunk = stream.next();
        if (chunk.has("text_data")) {
          assertThat(chunk.get("snapshot").asBoolean()).isTrue();
          text.append(chunk.get("text_data").asText());
        }
      }
      child.push("/ingress/sales?format=csv", "600,1\n");
      JsonNode change = stream.next();
      while (!change.has("text_data") || change.get("snapshot").asBoolean()) {
        change = stream.next();
      }
      assertThat(change.get("text_data").asText()).contains("600,1,1,0,-1\n600,2,2,0,1\n");
    }
  }

  @Test
  void aQuietChangeStreamStaysAlive() throws Exception {
    try (Stream stream = new Stream(child, "/egress/large?format=json")) {
      long first = stream.next().get("sequence_number").asLong();
      JsonNode alive = stream.next();
      while (alive.has("json_data")) {
        alive = stream.next();
      }
      assertThat(alive.get("sequence_number").asLong()).isGreaterThan(first);
    }
  }

  @Test
  void ingressWaitsWhilePausedUnlessForced() throws Exception {
    assertThat(child.get("/pause").body())
        .isEqualTo("\"Pipeline transitioning from Running to Paused\"");
    assertThat(child.get("/status").json().get("runtime_status").asText()).isEqualTo("Paused");
    CompletableFuture<HttpResponse<String>> waiting;
    try {
      waiting =
          child.http.sendAsync(
              child
                  .request("/ingress/sales?format=csv")
                  .POST(HttpRequest.BodyPublishers.ofString("700,1\n"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      child.push("/ingress/sales?format=csv&force=true", "701,1\n");
      assertThat(child.query("json", "SELECT item FROM totals WHERE item IN (700, 701)").body())
          .isEqualTo("{\"item\":701}\n");
      assertThat(waiting).isNotDone();
      assertThat(child.get("/stats").json().at("/global_metrics/pipeline_complete").asBoolean())
          .isFalse();
    } finally {
      assertThat(child.get("/start").body())
          .isEqualTo("\"Pipeline transitioning from Paused to Running\"");
    }
    HttpResponse<String> late = waiting.get(60, TimeUnit.SECONDS);
    assertThat(late.statusCode()).isEqualTo(200);
    child.complete(Child.JSON.readTree(late.body()).get("token").asText());
    assertThat(child.query("json", "SELECT item FROM totals WHERE item = 700").body())
        .isEqualTo("{\"item\":700}\n");
  }

  @Test
  void aLargeBodyIsTakenPieceByPieceAndCountsAreExact() {
    int rows = 300_000;
    StringBuilder body = new StringBuilder("[");
    for (int i = 0; i < rows; i++) {
      body.append(i == 0 ? "" : ",").append("{\"insert\":{\"item\":800,\"amount\":1}}");
    }
    child.push("/ingress/sales?format=json&array=true", body.append(']').toString());
    assertThat(child.query("json", "SELECT n FROM totals WHERE item = 800").body())
        .isEqualTo("{\"n\":" + rows + "}\n");
    JsonNode metrics = child.get("/stats").json().get("global_metrics");
    assertThat(metrics.get("total_input_records").asLong()).isGreaterThanOrEqualTo(rows);
  }

  @Test
  void aClientThatVanishesInTheMiddleLeavesNothingBehind() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), child.report.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(
          ("POST /ingress/sales?format=csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                  + child.token
                  + "\r\nContent-Length: 1000000\r\n\r\n900,1\n900,")
              .getBytes(StandardCharsets.US_ASCII));
      out.flush();
      Child.until(
          "the request to be seen",
          () -> !child.get("/stats").json().at("/global_metrics/pipeline_complete").asBoolean());
    }
    Child.until(
        "the request to be gone",
        () -> child.get("/stats").json().at("/global_metrics/pipeline_complete").asBoolean());
  }

  @Test
  void aSlowListenerWithoutBackPressureLosesChunksAndTheSequenceShowsIt() throws Exception {
    try (SlowListener slow = new SlowListener("/egress/sales?format=json")) {
      child.push("/ingress/sales?format=csv", distinctSales(1100));
      assertThat(
              child
                  .get("/metrics")
                  .body()
                  .lines()
                  .filter(line -> line.startsWith("output_connector_dropped_chunks_total"))
                  .toList())
          .singleElement()
          .satisfies(line -> assertThat(line).doesNotEndWith(" 0"));
      assertThat(slow.socket.isClosed()).isFalse();
    }
  }

  @Test
  void aSlowListenerWithBackPressureHoldsThePipelineUntilItGoes() throws Exception {
    CompletableFuture<HttpResponse<String>> push;
    try (SlowListener slow = new SlowListener("/egress/sales?format=json&backpressure=true")) {
      push =
          child.http.sendAsync(
              child
                  .request("/ingress/sales?format=csv")
                  .POST(HttpRequest.BodyPublishers.ofString(distinctSales(1200)))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      Child.until(
          "the queue of the listener to be full",
          () ->
              child.get("/stats").json().at("/outputs/0/metrics/queued_batches").asInt()
                  == Limits.EGRESS_CHUNKS);
      assertThat(push).isNotDone();
      assertThat(slow.socket.isClosed()).isFalse();
    }
    child.complete(Child.JSON.readTree(push.get().body()).get("token").asText());
  }

  /** Many rows, all different: equal ones would be netted to one row with a weight. */
  private static String distinctSales(int item) {
    StringBuilder body = new StringBuilder();
    for (int i = 0; i < 400_000; i++) {
      body.append(item).append(',').append(i).append('\n');
    }
    return body.toString();
  }

  @Test
  void oneStreamTooManyIsRefusedAndPlacesComeBack() throws Exception {
    List<Stream> streams = new ArrayList<>();
    try {
      while (streams.size() <= Limits.CONCURRENT_STREAMS) {
        streams.add(new Stream(child, "/egress/large?format=json"));
      }
      throw new AssertionError("more streams than allowed");
    } catch (AssertionError refused) {
      assertThat(refused).hasMessageContaining("429");
    } finally {
      for (Stream stream : streams) {
        stream.close();
      }
    }
    Child.until("the places", () -> child.post("/ingress/sales?format=csv", "").status() == 200);
  }

  @Test
  void aBodyThatIsNotWantedDoesNotHurtTheConnection() {
    byte[] body = new byte[20 << 20];
    assertThat(child.post("/ingress/nowhere?format=csv", body).status()).isEqualTo(404);
    assertThat(child.post("/egress/large?format=json", body).status()).isEqualTo(413);
    assertThat(child.get("/status").status()).isEqualTo(200);
  }

  @Test
  void aRecordTooLargeIsAParseErrorAndMemoryStaysBounded() {
    String body = "1300,1\n\"" + "x".repeat(20 << 20) + "\",1\n1301,1\n";
    Reply reply = child.post("/ingress/sales?format=csv", body);
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.json().at("/details/errors/0/expected").asText()).contains("bytes");
    Child.until(
        "the rows around it",
        () ->
            child
                .query("json", "SELECT count(*) AS c FROM totals WHERE item IN (1300, 1301)")
                .body()
                .equals("{\"c\":2}\n"));
  }

  @Test
  void statisticsHaveExactlyTheKeysOfTheSpecification() {
    JsonNode stats = child.get("/stats").json();
    List<String> keys = new ArrayList<>();
    stats.fieldNames().forEachRemaining(keys::add);
    assertThat(keys)
        .containsExactlyInAnyOrder(
            "global_metrics",
            "suspend_error",
            "checkpoint_activity",
            "permanent_checkpoint_errors",
            "inputs",
            "outputs");
    JsonNode global = stats.get("global_metrics");
    assertThat(global.get("state").asText()).isEqualTo("Running");
    assertThat(global.get("incarnation_uuid").asText())
        .isEqualTo(child.report.instance().toString());
    assertThat(global.get("rss_bytes").asLong()).isPositive();
    assertThat(global.get("transaction_status").asText()).isEqualTo("NoTransaction");
    assertThat(child.get("/stats/errors").json().has("inputs")).isTrue();
  }

  @Test
  void metricsAreServedAsTextAndAsJson() {
    String text = child.get("/metrics").body();
    assertThat(text).contains("# TYPE records_processed_total counter");
    assertThat(text).contains("pipeline_name=\"flows\"");
    JsonNode json = child.get("/metrics?format=json").json();
    assertThat(json.get(0).has("key")).isTrue();
    Child.until(
        "a sample of the time series",
        () -> !child.get("/time_series").json().get("samples").isEmpty());
  }

  @Test
  void endpointsHaveTokensAndAPauseOfTheirOwn() throws Exception {
    child.push("/ingress/sales?format=csv&delimiter=%3B", "1000;1\n");
    String name = null;
    for (JsonNode input : child.get("/stats").json().get("inputs")) {
      name = input.get("endpoint_name").asText();
    }
    String at = "/input_endpoints/" + name;
    assertThat(child.get(at + "/stats").json().has("parse_errors")).isTrue();
    child.complete(child.get(at + "/completion_token").json().get("token").asText());
    assertThat(child.get(at + "/pause").status()).isEqualTo(200);
    assertThat(child.get(at + "/stats").json().get("paused").asBoolean()).isTrue();
    assertThat(child.get(at + "/start").status()).isEqualTo(200);
    assertThat(child.get(at + "/stats").json().get("paused").asBoolean()).isFalse();
  }

  @Test
  void loadedLibrariesLeaveNoFilesBehind() {
    Path temporary = Path.of(child.spec.workingDirectory(), "tmp");
    Child.until(
        "the libraries to be removed",
        () -> {
          try (java.util.stream.Stream<Path> files = Files.list(temporary)) {
            return files.noneMatch(file -> file.toString().endsWith(".so"));
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  @Test
  void theLogHasTransitionsAndNeitherSecretsNorRows() {
    child.push("/ingress/items?format=json&update_format=raw", "{\"id\":1,\"name\":\"zebra77\"}");
    assertThat(child.log())
        .contains("Transition: Initializing -> Running")
        .doesNotContain(child.spec.secret())
        .doesNotContain(child.token)
        .doesNotContain("zebra77");
  }

  /** Asks for a change stream and never reads it. */
  private static final class SlowListener implements AutoCloseable {
    final Socket socket = new Socket();

    SlowListener(String path) throws IOException {
      socket.setReceiveBufferSize(4096);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), child.report.port()));
      socket
          .getOutputStream()
          .write(
              ("POST "
                      + path
                      + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nAuthorization: Bearer "
                      + child.token
                      + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().read()).isEqualTo('H');
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  /** A change stream, read chunk by chunk. */
  private static final class Stream implements AutoCloseable {
    private final InputStream body;
    private final BufferedReader lines;

    Stream(Child child, String path) throws InterruptedException, ExecutionException {
      HttpResponse<InputStream> response =
          child
              .http
              .sendAsync(
                  child.request(path).POST(HttpRequest.BodyPublishers.noBody()).build(),
                  HttpResponse.BodyHandlers.ofInputStream())
              .get();
      if (response.statusCode() != 200) {
        throw new AssertionError("egress answered " + response.statusCode());
      }
      body = response.body();
      lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    }

    JsonNode next() throws IOException {
      String line = lines.readLine();
      assertThat(line).isNotNull();
      return Child.JSON.readTree(line);
    }

    /** The rows of the next chunk that has any. */
    JsonNode nextData() throws IOException {
      JsonNode chunk = next();
      while (!chunk.has("json_data")) {
        chunk = next();
      }
      return chunk.get("json_data");
    }

    @Override
    public void close() throws IOException {
      body.close();
    }
  }
}
