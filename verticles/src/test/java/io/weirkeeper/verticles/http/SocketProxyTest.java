package io.weirkeeper.verticles.http;

import static io.weirkeeper.verticles.http.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.Channel;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.core.net.impl.ConnectionBase;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.verticles.bus.Answer;
import io.weirkeeper.verticles.bus.ProcessRoute;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** WebSockets through the front, between a real client and a fake process. */
class SocketProxyTest {
  private static final Duration STALL = Duration.ofMillis(300);

  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicReference<ServerWebSocket> atProcess = new AtomicReference<>();
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
                                d.ingress(),
                                d.connectorStats(),
                                d.metrics(),
                                d.compiler(),
                                d.body(),
                                d.idleConnection(),
                                STALL,
                                d.drain(),
                                d.shutdown()))
                        .withLimits(
                            new FrontLimits(
                                l.jsonBodyBytes(),
                                l.wholeAnswerBytes(),
                                l.drainBytes(),
                                l.requestLineBytes(),
                                l.headerBytes(),
                                l.connections(),
                                2,
                                l.connectionsPerProcess(),
                                l.waitingPerProcess(),
                                l.parallelScrapes())))
            .routed();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void messagesAndTheCloseOfTheProcessComeThrough() throws Exception {
    List<String> asked = new CopyOnWriteArrayList<>();
    process(
        socket ->
            socket.textMessageHandler(
                question -> {
                  asked.add(question);
                  socket.writeTextMessage("one\n");
                  socket.writeBinaryMessage(Buffer.buffer(new byte[] {1, 2, 3}));
                  socket.writeFrame(WebSocketFrame.textFrame("t", false));
                  socket.writeFrame(WebSocketFrame.continuationFrame(Buffer.buffer("wo"), true));
                  socket.close((short) 1011, "AdHocQueryError");
                }));
    Client client = new Client().connected("feldera-ws-v1");
    client.socket.sendText("{\"sql\":\"SELECT 1\"}", true);
    assertThat(client.closed()).isEqualTo("1011 AdHocQueryError");
    assertThat(client.messages).containsExactly("one\n", "3 bytes", "two");
    assertThat(asked).containsExactly("{\"sql\":\"SELECT 1\"}");
    until("the exchange is over", () -> fixture.observed.contains("pipeline_adhoc_sql 101"));
  }

  @Test
  void theProcessGetsItsTokenAndNothingOfTheClients() throws Exception {
    Map<String, String> seen = new ConcurrentHashMap<>();
    process(
        socket -> {
          socket
              .headers()
              .forEach(
                  header ->
                      seen.put(
                          header.getKey().toLowerCase(java.util.Locale.ROOT), header.getValue()));
          seen.put("path", socket.path());
          socket.close();
        });
    new Client()
        .builder(
            builder ->
                builder
                    .header("Cookie", "a=b")
                    .header("Weirkeeper-Epoch", "9")
                    .header("Authorization", "Bearer of-the-user"))
        .connected()
        .closed();
    assertThat(seen)
        .containsEntry("authorization", "Bearer " + Fixture.TOKEN)
        .containsEntry("path", "/query")
        .doesNotContainKeys("cookie", "weirkeeper-epoch", "origin");
  }

  @Test
  void theSubprotocolIsOursOrTheFirstOfferedAndNeverACredential() {
    process(socket -> {});
    assertThat(new Client().connected("other", "feldera-ws-v1").socket.getSubprotocol())
        .isEqualTo("feldera-ws-v1");
    assertThat(new Client().connected("feldera-bearer.c2VjcmV0", "other").socket.getSubprotocol())
        .isEqualTo("other");
    fixture.close();
    open();
    process(socket -> {});
    assertThat(new Client().connected("feldera-bearer.c2VjcmV0").socket.getSubprotocol()).isEmpty();
    assertThat(new Client().connected().socket.getSubprotocol()).isEmpty();
  }

  @Test
  void aProcessThatTakesNoSocketIsAnErrorOfTheHandshake() {
    fixture.process =
        request ->
            request
                .response()
                .setStatusCode(503)
                .end("{\"error_code\":\"Initializing\",\"message\":\"not yet\"}");
    assertThat(refused()).isEqualTo(400);
    fixture.process = request -> {};
    assertThat(refused()).as("one that does not answer").isEqualTo(400);
    fixture.pipelines =
        request -> Future.succeededFuture(new ProcessRoute("127.0.0.1", 1, "t", "p"));
    assertThat(refused()).as("one that does not listen").isEqualTo(400);
    fixture.pipelines =
        request -> Future.succeededFuture(Answer.error(ApiErrors.unknownPipelineName("p")));
    assertThat(refused()).isEqualTo(404);
    assertThat(unableToConnect()).contains("pipeline-name=");
  }

  /** The body of a refused handshake, which the client of Java does not show. */
  private String unableToConnect() {
    fixture.routed();
    fixture.process = request -> request.response().setStatusCode(503).end("because");
    try (RawClient client = handshake("13", "dGhlIHNhbXBsZSBub25jZQ==")) {
      String answer = client.response();
      assertThat(answer).contains("400 Bad Request").contains("UnableToConnect");
      assertThat(answer).contains("the process answered 503: because");
      return answer;
    }
  }

  private RawClient handshake(String version, String key) {
    return fixture
        .raw()
        .head(
            "GET /v0/pipelines/p/query HTTP/1.1",
            "Host: x",
            "Connection: keep-alive, Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: " + version,
            "Sec-WebSocket-Key: " + key);
  }

  @Test
  void aHandshakeThatIsNoneIsRefused() {
    process(socket -> {});
    try (RawClient client = handshake("8", "dGhlIHNhbXBsZSBub25jZQ==")) {
      assertThat(client.response()).contains("426 Upgrade Required").contains("13");
    }
    try (RawClient client = handshake("13", "short")) {
      assertThat(client.response()).contains("400 Bad Request");
    }
    assertThat(atProcess.get()).isNull();
  }

  @Test
  void theProcessLearnsThatTheClientHasGone() {
    AtomicInteger gone = new AtomicInteger();
    process(socket -> socket.closeHandler(closed -> gone.incrementAndGet()));
    new Client().connected().socket.sendClose(1000, "").join();
    until("an orderly close", () -> gone.get() == 1);
    new Client().connected().socket.abort();
    until("a lost connection", () -> gone.get() == 2);
    // Both places are free again.
    new Client().connected();
    new Client().connected();
  }

  @Test
  void oneSocketTooManyIsRefused() {
    process(socket -> {});
    new Client().connected();
    new Client().connected();
    assertThat(refused()).isEqualTo(503);
  }

  @Test
  void aProcessThatDiesClosesTheSocketWithAnError() throws Exception {
    fixture.process =
        request ->
            request
                .toWebSocket()
                .onSuccess(socket -> socket.textMessageHandler(any -> cut(request.connection())));
    Client client = new Client().connected();
    client.socket.sendText("x", true);
    assertThat(client.closed()).isEqualTo("1011 The process of pipeline 'p' went away");
  }

  private static void cut(HttpConnection connection) {
    Channel channel = ((ConnectionBase) connection).channel();
    channel.unsafe().close(channel.newPromise());
  }

  @Test
  void aSlowClientHoldsTheProcessBackAndGetsEverything() throws Exception {
    int frames = 2_000;
    AtomicInteger sent = new AtomicInteger();
    process(
        socket ->
            socket.textMessageHandler(
                any -> {
                  Buffer piece = Buffer.buffer("x".repeat(64 << 10));
                  Runnable pump =
                      () -> {
                        while (sent.get() < frames && !socket.writeQueueFull()) {
                          sent.incrementAndGet();
                          socket.writeFrame(WebSocketFrame.binaryFrame(piece, true));
                        }
                        if (sent.get() == frames) {
                          sent.incrementAndGet();
                          socket.close();
                        }
                      };
                  socket.drainHandler(drained -> pump.run());
                  pump.run();
                }));
    Client client = new Client().reading(1).connected();
    client.socket.sendText("x", true);
    until("the first message", () -> client.bytes > 0);
    assertThat(sent.get()).as("held back").isLessThan(frames);
    client.socket.request(Long.MAX_VALUE);
    assertThat(client.closed()).isEqualTo("1000 ");
    assertThat(client.bytes).isEqualTo((long) frames * (64 << 10));
  }

  @Test
  void aClientThatReadsNothingIsCutOff() {
    AtomicInteger gone = new AtomicInteger();
    process(
        socket -> {
          socket.closeHandler(closed -> gone.incrementAndGet());
          Buffer piece = Buffer.buffer("x".repeat(1 << 20));
          for (int i = 0; i < 30; i++) {
            socket.writeFrame(WebSocketFrame.binaryFrame(piece, true));
          }
        });
    new Client().reading(0).connected();
    until("the process is free", () -> gone.get() == 1);
  }

  @Test
  void aSilentSocketStaysOpen() throws Exception {
    process(
        socket ->
            socket.textMessageHandler(
                any -> socket.writeTextMessage(any).eventually(() -> socket.close((short) 1000))));
    Client client = new Client().connected();
    // Longer than a client may take that has something to read.
    try (RawClient other = fixture.raw()) {
      assertThat(other.socket.isConnected()).isTrue();
      long until = System.nanoTime() + 3 * STALL.toNanos() + Duration.ofSeconds(1).toNanos();
      until("time has passed", () -> System.nanoTime() > until);
    }
    client.socket.sendText("still there", true);
    assertThat(client.closed()).isEqualTo("1000 ");
    assertThat(client.messages).containsExactly("still there");
  }

  @Test
  void aFrameBeyondTheLimitClosesTheSocket() throws Exception {
    AtomicInteger gone = new AtomicInteger();
    process(socket -> socket.closeHandler(closed -> gone.incrementAndGet()));
    Client client = new Client().connected();
    // The client of Java cuts messages into frames of 16 KiB; so one by hand.
    try (RawClient raw = handshake("13", "dGhlIHNhbXBsZSBub25jZQ==")) {
      raw.responseHead();
      byte[] head = new byte[14];
      head[0] = (byte) 0x81;
      head[1] = (byte) 0xff;
      ByteBuffer.wrap(head, 2, 8).putLong((2L << 20) + 1);
      raw.bytes(head).bytes(new byte[64 << 10]);
      until("the process is told", () -> gone.get() == 1);
    }
    client.socket.sendText("fine", true).join();
  }

  @Test
  void aServerThatStopsSaysSo() throws Exception {
    process(socket -> {});
    Client client = new Client().connected();
    List<Future<Void>> stops =
        fixture.vertx.deploymentIDs().stream().map(fixture.vertx::undeploy).toList();
    assertThat(client.closed()).isEqualTo("1001 The server stops");
    stops.forEach(Fixture::await);
  }

  // ---- both sides

  private void process(Consumer<ServerWebSocket> behaviour) {
    fixture.process =
        request ->
            request
                .toWebSocket()
                .onSuccess(
                    socket -> {
                      atProcess.set(socket);
                      behaviour.accept(socket);
                    });
  }

  /** The status of a handshake that must fail. */
  private int refused() {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    assertThatThrownBy(() -> new Client().connected())
        .isInstanceOf(CompletionException.class)
        .satisfies(thrown -> failure.set(thrown.getCause()));
    assertThat(failure.get()).isInstanceOf(WebSocketHandshakeException.class);
    return ((WebSocketHandshakeException) failure.get()).getResponse().statusCode();
  }

  private final class Client implements WebSocket.Listener {
    private final WebSocket.Builder builder = http.newWebSocketBuilder();
    private final CompletableFuture<String> closed = new CompletableFuture<>();
    private final StringBuilder parts = new StringBuilder();
    private final List<String> messages = new CopyOnWriteArrayList<>();
    private volatile long bytes;
    private long reading = Long.MAX_VALUE;
    private WebSocket socket;

    Client builder(Consumer<WebSocket.Builder> change) {
      change.accept(builder);
      return this;
    }

    Client reading(long messageParts) {
      reading = messageParts;
      return this;
    }

    Client connected(String... subprotocols) {
      if (subprotocols.length > 0) {
        String[] others = java.util.Arrays.copyOfRange(subprotocols, 1, subprotocols.length);
        builder.subprotocols(subprotocols[0], others);
      }
      socket =
          builder
              .buildAsync(
                  URI.create("ws://127.0.0.1:" + fixture.port + "/v0/pipelines/p/query"), this)
              .join();
      return this;
    }

    String closed() throws Exception {
      return closed.get(Fixture.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public void onOpen(WebSocket opened) {
      if (reading > 0) {
        opened.request(reading);
      }
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      parts.append(data);
      if (last) {
        messages.add(parts.toString());
        parts.setLength(0);
      }
      return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
      messages.add(data.remaining() + " bytes");
      bytes += data.remaining();
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      closed.complete(code + " " + reason);
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      closed.completeExceptionally(error);
    }
  }
}
