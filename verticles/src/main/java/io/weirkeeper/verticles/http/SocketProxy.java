package io.weirkeeper.verticles.http;

import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketBase;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.http.WebSocketFrame;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.verticles.bus.PipelineRequest;
import io.weirkeeper.verticles.bus.ProcessRoute;
import java.util.List;

/**
 * Passes WebSockets on to pipeline processes (spec: api-semantics §5.15). The client's handshake is
 * answered only when the process has taken its part. Frames go both ways unchanged, one side waits
 * for the other, and both end together.
 */
final class SocketProxy {
  /** Largest frame, either way; fixed by the API. */
  static final int FRAME_BYTES = 2 << 20;

  /** How long a client may take to answer a close. */
  private static final int CLOSING_SECONDS = 2;

  private static final String KEY = "Sec-WebSocket-Key";
  private static final String VERSION = "Sec-WebSocket-Version";
  private static final String PROTOCOL = "Sec-WebSocket-Protocol";
  private static final String OUR_PROTOCOL = "feldera-ws-v1";

  /** Subprotocols that are credentials (spec: auth §5); they are never sent back. */
  private static final List<String> CREDENTIALS = List.of("feldera-bearer.", "feldera-tenant.");

  private static final String SPOKEN_VERSION = "13";
  private static final int KEY_CHARACTERS = 24;

  private static final short NORMAL = 1000;
  private static final short LEAVING = 1001;

  /** Policy violation. */
  private static final short REVOKED = 1008;

  private static final short NO_CLOSE_FRAME = 1006;
  private static final short FAILED = 1011;

  private final Front front;
  private final PipelineBus bus;
  private final WebSocketClient processes;

  SocketProxy(Front front, PipelineBus bus) {
    this.front = front;
    this.bus = bus;
    this.processes =
        front
            .vertx()
            .createWebSocketClient(
                new WebSocketClientOptions()
                    .setTcpNoDelay(true)
                    .setTcpKeepAlive(true)
                    .setMaxConnections(front.settings().limits().connectionsPerProcess())
                    .setMaxFrameSize(FRAME_BYTES)
                    .setMaxMessageSize(FRAME_BYTES)
                    .setClosingTimeout(CLOSING_SECONDS)
                    .setConnectTimeout((int) front.settings().timeouts().connect().toMillis()));
  }

  /** What a server needs whose requests may become WebSockets. */
  static HttpServerOptions accept(HttpServerOptions options) {
    return options
        .setMaxWebSocketFrameSize(FRAME_BYTES)
        .setMaxWebSocketMessageSize(FRAME_BYTES)
        .setWebSocketClosingTimeout(CLOSING_SECONDS)
        .setWebSocketSubProtocols(List.of("*"))
        // So that nothing unpacks to more than it weighs.
        .setPerMessageWebSocketCompressionSupported(false)
        .setPerFrameWebSocketCompressionSupported(false);
  }

  /**
   * Makes a WebSocket of a request for one.
   *
   * @param target path at the process
   */
  void open(Exchange exchange, String target) {
    HttpServerRequest request = exchange.request();
    if (!SPOKEN_VERSION.equals(request.getHeader(VERSION))) {
      exchange.response().putHeader(VERSION, SPOKEN_VERSION);
      exchange.text(426, "The WebSocket version must be " + SPOKEN_VERSION);
      return;
    }
    String key = request.getHeader(KEY);
    if (key == null || key.length() != KEY_CHARACTERS) {
      exchange.text(400, "A WebSocket needs the header " + KEY);
      return;
    }
    ApiError full = front.takeStream(exchange);
    if (full != null) {
      exchange.error(full);
      return;
    }
    // Vert.x needs the end of the request for the handshake.
    exchange.holdBody();
    bus.route(new PipelineRequest.Route(exchange.tenantId(), exchange.param(0)))
        .onSuccess(route -> connect(exchange, route, target))
        .onFailure(
            failure -> {
              exchange.drain();
              exchange.fail(failure);
            });
  }

  private void connect(Exchange exchange, ProcessRoute route, String target) {
    WebSocketConnectOptions options =
        new WebSocketConnectOptions()
            .setHost(route.address())
            .setPort(route.port())
            .setURI(target)
            .setConnectTimeout(front.settings().timeouts().connect().toMillis())
            .setTimeout(front.settings().timeouts().process().toMillis())
            .putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + route.bearerToken())
            .setAllowOriginHeader(false);
    processes
        .connect(options)
        .onSuccess(
            process -> {
              if (exchange.isOver()) {
                var unused = process.close();
              } else {
                accept(exchange, new Pair(exchange, route, process));
              }
            })
        .onFailure(
            failure -> {
              exchange.drain();
              exchange.error(ApiErrors.unableToConnect(route.pipelineName(), reason(failure)));
            });
  }

  /** What the process answered in place of the handshake, or what became of the connection. */
  private static String reason(Throwable failure) {
    if (failure instanceof UpgradeRejectedException refused) {
      return "the process answered "
          + refused.getStatus()
          + (refused.getBody() == null ? "" : ": " + refused.getBody());
    }
    return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
  }

  private static void accept(Exchange exchange, Pair pair) {
    HttpServerRequest request = exchange.request();
    chooseProtocol(request);
    request
        .toWebSocket()
        .onSuccess(pair::begin)
        .onFailure(
            failure -> {
              pair.giveUp();
              exchange.fail(failure);
            });
  }

  /** Vert.x takes the first that the client offers; credentials are not offers. */
  private static void chooseProtocol(HttpServerRequest request) {
    List<String> offered =
        request.headers().getAll(PROTOCOL).stream()
            .flatMap(line -> java.util.Arrays.stream(line.split(",")))
            .map(String::trim)
            .filter(name -> !name.isEmpty() && CREDENTIALS.stream().noneMatch(name::startsWith))
            .toList();
    if (offered.isEmpty()) {
      request.headers().remove(PROTOCOL);
    } else {
      request
          .headers()
          .set(PROTOCOL, offered.contains(OUR_PROTOCOL) ? OUR_PROTOCOL : offered.get(0));
    }
  }

  /** A client's WebSocket and the one to its process. */
  private final class Pair implements Connections.Outflow {
    private final Exchange exchange;
    private final ProcessRoute route;
    private final WebSocket process;
    private final Runnable stopping = this::stop;
    private ServerWebSocket client;
    private Runnable early;
    private long written;
    private long taken;

    /** The process may close at once: whoever connected must listen before anything else. */
    Pair(Exchange exchange, ProcessRoute route, WebSocket process) {
      this.exchange = exchange;
      this.route = route;
      this.process = process;
      process.pause();
      // In order behind what is still to be passed on, while a lost connection overtakes it.
      process.endHandler(ended -> endClient(process.closeStatusCode(), process.closeReason()));
      process.closeHandler(
          closed -> {
            if (process.closeStatusCode() == NO_CLOSE_FRAME) {
              lost();
            }
          });
      process.frameHandler(frame -> pass(frame, process, client));
    }

    void begin(ServerWebSocket accepted) {
      client = accepted;
      exchange.upgraded(this);
      front.onStop(stopping);
      exchange.whenRevoked(() -> end(client, REVOKED, "The right to this was withdrawn"));
      client.closeHandler(
          closed -> {
            front.forget(stopping);
            end(process, NORMAL, null);
            exchange.closed();
          });
      client.frameHandler(frame -> pass(frame, client, process));
      if (early != null) {
        early.run();
      }
      process.resume();
    }

    void giveUp() {
      end(process, NORMAL, null);
    }

    private void endClient(Short code, String reason) {
      if (client == null) {
        early = () -> endClient(code, reason);
      } else {
        end(client, code, reason);
      }
    }

    private void stop() {
      end(client, LEAVING, "The server stops");
    }

    private void pass(WebSocketFrame frame, WebSocketBase from, WebSocketBase to) {
      if (to.isClosed()) {
        return;
      }
      if (frame.isText() || frame.isBinary() || frame.isContinuation()) {
        Future<Void> sent = to.writeFrame(frame);
        if (to == client) {
          written++;
          sent.onComplete(done -> taken++);
        }
      }
      // Also after pings, which Vert.x answers by itself.
      wait(from, frame.isPing() ? from : to);
    }

    private void wait(WebSocketBase reads, WebSocketBase writes) {
      if (!writes.isClosed() && writes.writeQueueFull()) {
        reads.pause();
        writes.drainHandler(drained -> reads.resume());
      }
    }

    /** The process went away without a word; a message may be half sent, so only the code tells. */
    private void lost() {
      endClient(FAILED, "The process of pipeline '" + route.pipelineName() + "' went away");
    }

    private static void end(WebSocketBase side, Short code, String reason) {
      if (!side.isClosed()) {
        var unused = side.close(code == null ? NORMAL : code, reason);
      }
    }

    @Override
    public boolean waits() {
      return taken < written;
    }

    @Override
    public long taken() {
      return taken;
    }
  }

  /** The method of a request that may become a WebSocket. */
  static boolean isAsked(HttpServerRequest request) {
    return request.method().equals(HttpMethod.GET) && request.canUpgradeToWebSocket();
  }
}
