package io.weirkeeper.verticles.http;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.ApiException;
import io.weirkeeper.verticles.bus.PipelineRequest;
import io.weirkeeper.verticles.bus.ProcessRoute;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Passes data-plane requests on to pipeline processes (spec: api-semantics §5.1, §5.2). Whole
 * answers are bounded in size and time; streams are piped both ways with back-pressure and end
 * together: when the client goes, the request to the process is cut at once.
 */
final class ProcessProxy {
  private static final CharSequence IDENTITY = HttpHeaders.createOptimized("identity");

  /**
   * Headers of a client that don't go to the process: those of its own hop, and its credentials,
   * which are for us.
   */
  private static final Set<String> KEPT_FROM_PROCESS =
      Set.of(
          "accept-encoding",
          "authorization",
          "connection",
          "content-length",
          "cookie",
          "expect",
          "host",
          "http2-settings",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  /** Ours; a client must not speak in the name of an owner. */
  private static final String OWN_PREFIX = "weirkeeper-";

  private static final Set<String> KEPT_FROM_CLIENT =
      Set.of(
          "connection",
          "content-encoding",
          "content-length",
          "keep-alive",
          "proxy-connection",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private static final String CORS_PREFIX = "access-control-";

  private final Front front;
  private final PipelineBus bus;

  ProcessProxy(Front front, PipelineBus bus) {
    this.front = front;
    this.bus = bus;
  }

  /** The answer of a process, whole. */
  private record Whole(HttpClientResponse head, Buffer body) {}

  // ---- whole answers

  /**
   * Passes a request on and its answer back in one piece.
   *
   * @param body to send, or null
   * @param timeout for the process's part, in all
   */
  void whole(Exchange exchange, HttpMethod method, String target, Buffer body, Duration timeout) {
    String name = exchange.param(0);
    bus.route(new PipelineRequest.Route(exchange.tenantId(), name))
        .compose(route -> call(exchange, route, method, target, body, timeout))
        .onSuccess(answer -> passOn(exchange, answer))
        .onFailure(exchange::fail);
  }

  /**
   * Fetches text or JSON from a process.
   *
   * @return fails unless the process answers 200 in time, with at most {@code limit} bytes
   */
  Future<Buffer> fetch(ProcessRoute route, String target, Duration timeout, int limit) {
    return exchange(null, route, HttpMethod.GET, target, null, timeout, limit)
        .compose(
            answer ->
                answer.head().statusCode() == 200
                    ? Future.succeededFuture(answer.body())
                    : Future.failedFuture(
                        new IllegalStateException(
                            "GET " + target + " answered " + answer.head().statusCode())));
  }

  private Future<Whole> call(
      Exchange exchange,
      ProcessRoute route,
      HttpMethod method,
      String target,
      Buffer body,
      Duration timeout) {
    int limit = front.settings().limits().wholeAnswerBytes();
    return exchange(exchange, route, method, target, body, timeout, limit)
        .recover(
            failure ->
                // A pooled connection that the process had just closed; asking again is harmless.
                method.equals(HttpMethod.GET) && failure instanceof HttpClosedException
                    ? exchange(exchange, route, method, target, body, timeout, limit)
                    : Future.failedFuture(failure))
        .recover(failure -> Future.failedFuture(unreachable(route, method, target, failure)))
        .compose(
            answer ->
                refusedOurToken(answer.head().statusCode())
                    ? Future.failedFuture(foreign(route, method, target))
                    : Future.succeededFuture(answer));
  }

  private Future<Whole> exchange(
      Exchange exchange,
      ProcessRoute route,
      HttpMethod method,
      String target,
      Buffer body,
      Duration timeout,
      int limit) {
    Promise<Whole> promise = Promise.promise();
    HttpClientRequest[] upstream = {null};
    Runnable cut =
        () -> {
          if (upstream[0] != null && !promise.future().isComplete()) {
            upstream[0].reset();
          }
        };
    final long timer =
        front
            .vertx()
            .setTimer(
                timeout.toMillis(),
                fired -> {
                  cut.run();
                  promise.tryFail(timedOut(timeout));
                });
    promise.future().onComplete(done -> front.vertx().cancelTimer(timer));
    if (exchange != null) {
      exchange.whenOver(
          () -> {
            cut.run();
            promise.tryFail("The client went away");
          });
    }
    front
        .processes()
        .request(options(route, method, target))
        .compose(
            request -> {
              upstream[0] = request;
              if (promise.future().isComplete()) {
                request.reset();
                return Future.failedFuture("Too late");
              }
              authorise(request, route);
              if (exchange != null) {
                copyRequestHeaders(exchange.request(), request);
              }
              return body == null || body.length() == 0 ? request.send() : request.send(body);
            })
        .compose(response -> collect(response, limit))
        .onComplete(
            done -> {
              if (done.succeeded()) {
                promise.tryComplete(done.result());
              } else {
                cut.run();
                promise.tryFail(done.cause());
              }
            });
    return promise.future();
  }

  private Future<Whole> collect(HttpClientResponse response, int limit) {
    Promise<Whole> promise = Promise.promise();
    Buffer collected = Buffer.buffer();
    response.handler(
        chunk -> {
          if (collected.length() + chunk.length() > limit) {
            promise.tryFail(new TooLargeException(limit));
          } else {
            collected.appendBuffer(chunk);
          }
        });
    response.endHandler(done -> promise.tryComplete(new Whole(response, collected)));
    response.exceptionHandler(promise::tryFail);
    return promise.future();
  }

  private static final class TooLargeException extends RuntimeException {
    TooLargeException(int limit) {
      super("it has more than " + limit + " bytes, the most that is passed on", null, false, false);
    }
  }

  private static void passOn(Exchange exchange, Whole answer) {
    if (exchange.isOver()) {
      return;
    }
    exchange.response().setStatusCode(answer.head().statusCode());
    copyResponseHeaders(answer.head(), exchange.response());
    exchange.end(answer.body());
  }

  // ---- streams

  /**
   * Pipes a request and its answer.
   *
   * @param upload whether the client's body goes along
   * @param timeout without progress before the answer begins, or null for none
   */
  void stream(
      Exchange exchange, HttpMethod method, String target, boolean upload, Duration timeout) {
    if (exchange.request().version() == HttpVersion.HTTP_1_0) {
      exchange.text(400, "A stream needs HTTP/1.1: HTTP/1.0 has no chunks");
      return;
    }
    ApiError full = front.takeStream(exchange);
    if (full != null) {
      exchange.drain();
      exchange.error(full);
      return;
    }
    if (upload) {
      exchange.holdBody();
    }
    bus.route(new PipelineRequest.Route(exchange.tenantId(), exchange.param(0)))
        .onSuccess(route -> new Piped(exchange, route, method, target, upload, timeout).begin())
        .onFailure(
            failure -> {
              exchange.drain();
              exchange.fail(failure);
            });
  }

  /** One piped request. */
  private final class Piped {
    private final Exchange exchange;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final ProcessRoute route;
    private final HttpMethod method;
    private final String target;
    private final boolean upload;
    private final Duration timeout;
    private HttpClientRequest upstream;
    private boolean answered;
    private boolean finished;
    private long lastProgress = System.nanoTime();
    private long timer = -1;

    Piped(
        Exchange exchange,
        ProcessRoute route,
        HttpMethod method,
        String target,
        boolean upload,
        Duration timeout) {
      this.exchange = exchange;
      this.request = exchange.request();
      this.response = exchange.response();
      this.route = route;
      this.method = method;
      this.target = target;
      this.upload = upload;
      this.timeout = timeout;
    }

    void begin() {
      exchange.whenOver(this::clientDone);
      if (timeout != null) {
        armTimer(timeout.toNanos());
      }
      front
          .processes()
          .request(options(route, method, target))
          .onSuccess(this::connected)
          .onFailure(this::failed);
    }

    private void armTimer(long nanos) {
      timer =
          front
              .vertx()
              .setTimer(
                  Math.max(1, nanos / 1_000_000),
                  fired -> {
                    long left = timeout.toNanos() - (System.nanoTime() - lastProgress);
                    if (left > 0) {
                      armTimer(left);
                    } else {
                      failed(timedOut(timeout));
                    }
                  });
    }

    private void progress() {
      lastProgress = System.nanoTime();
    }

    private void connected(HttpClientRequest connection) {
      upstream = connection;
      if (finished) {
        connection.reset();
        return;
      }
      authorise(connection, route);
      copyRequestHeaders(request, connection);
      connection.exceptionHandler(this::failed);
      connection.response().onSuccess(this::answer).onFailure(this::failed);
      if (upload) {
        pump();
      } else {
        connection.end();
      }
    }

    private void pump() {
      String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
      if (length != null) {
        upstream.putHeader(HttpHeaders.CONTENT_LENGTH, length);
      } else if (request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null) {
        upstream.setChunked(true);
      } else {
        upstream.putHeader(HttpHeaders.CONTENT_LENGTH, "0");
      }
      request.handler(
          chunk -> {
            progress();
            upstream.write(chunk);
            if (upstream.writeQueueFull()) {
              request.pause();
              upstream.drainHandler(
                  drained -> {
                    progress();
                    request.resume();
                  });
            }
          });
      request.endHandler(
          done -> {
            progress();
            upstream.end();
          });
      request.exceptionHandler(gone -> finish());
      exchange.sendContinue();
      request.resume();
    }

    private void answer(HttpClientResponse head) {
      if (finished) {
        return;
      }
      answered = true;
      stopTimer();
      head.exceptionHandler(this::broken);
      if (refusedOurToken(head.statusCode())) {
        refuse(foreign(route, method, target));
        return;
      }
      response.setStatusCode(head.statusCode());
      copyResponseHeaders(head, response);
      if (head.statusCode() != 204 && head.statusCode() != 304) {
        response.putHeader(HttpHeaders.CONTENT_ENCODING, IDENTITY);
        response.setChunked(true);
        // A stream may have nothing to say for long; its reader waits for the head.
        response.writeHead();
      }
      head.handler(
          chunk -> {
            response.write(chunk);
            if (response.writeQueueFull()) {
              head.pause();
              response.drainHandler(drained -> head.resume());
            }
          });
      head.endHandler(
          done -> {
            if (!upload || request.isEnded()) {
              // Both directions are complete: the connection goes back to the pool.
              upstream = null;
            } else {
              exchange.drain();
            }
            finish();
            exchange.end();
          });
    }

    /** The process went away in the middle of its answer, or we cut it off ourselves. */
    private void broken(Throwable reason) {
      if (!finished) {
        finish();
        exchange.abort();
      }
    }

    private void failed(Throwable failure) {
      if (finished) {
        return;
      }
      if (answered) {
        finish();
        exchange.abort();
      } else {
        refuse(unreachable(route, method, target, failure));
      }
    }

    private void refuse(Throwable error) {
      finish();
      if (upload) {
        exchange.drain();
      }
      exchange.fail(error);
    }

    private void clientDone() {
      finish();
    }

    /** Ends the process's side; idempotent. */
    private void finish() {
      if (finished) {
        return;
      }
      finished = true;
      stopTimer();
      if (upstream != null) {
        upstream.reset();
      }
    }

    private void stopTimer() {
      if (timer >= 0) {
        front.vertx().cancelTimer(timer);
        timer = -1;
      }
    }
  }

  // ---- both

  private RequestOptions options(ProcessRoute route, HttpMethod method, String target) {
    return new RequestOptions()
        .setMethod(method)
        .setHost(route.address())
        .setPort(route.port())
        .setURI(target)
        .setConnectTimeout(front.settings().timeouts().connect().toMillis());
  }

  private static void authorise(HttpClientRequest request, ProcessRoute route) {
    request.putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + route.bearerToken());
  }

  private static void copyRequestHeaders(HttpServerRequest from, HttpClientRequest to) {
    for (Map.Entry<String, String> header : from.headers()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (!KEPT_FROM_PROCESS.contains(name) && !name.startsWith(OWN_PREFIX)) {
        to.headers().add(header.getKey(), header.getValue());
      }
    }
  }

  private static void copyResponseHeaders(HttpClientResponse from, HttpServerResponse to) {
    for (Map.Entry<String, String> header : from.headers()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (!KEPT_FROM_CLIENT.contains(name) && !name.startsWith(CORS_PREFIX)) {
        to.headers().add(header.getKey(), header.getValue());
      }
    }
  }

  /** To a client, 401 and 403 would be about its own credentials. */
  private static boolean refusedOurToken(int status) {
    return status == 401 || status == 403;
  }

  private static ApiException foreign(ProcessRoute route, HttpMethod method, String target) {
    return ApiErrors.pipelineInteractionUnreachable(
            route.pipelineName(),
            method + " " + path(target),
            "what listens there is not the process of this deployment")
        .exception();
  }

  private static Throwable unreachable(
      ProcessRoute route, HttpMethod method, String target, Throwable failure) {
    if (failure instanceof ApiException) {
      return failure;
    }
    if (failure instanceof TooLargeException) {
      return ApiErrors.pipelineInteractionInvalidResponse(
              route.pipelineName(), failure.getMessage())
          .exception();
    }
    return ApiErrors.pipelineInteractionUnreachable(
            route.pipelineName(), method + " " + path(target), describe(failure))
        .exception();
  }

  /** Without the query string, which may hold SQL and data. */
  private static String path(String target) {
    int question = target.indexOf('?');
    return question < 0 ? target : target.substring(0, question);
  }

  private static String describe(Throwable failure) {
    return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
  }

  private static RuntimeException timedOut(Duration timeout) {
    return new TimedOutException("no answer within " + timeout.toMillis() + " ms");
  }

  private static final class TimedOutException extends RuntimeException {
    TimedOutException(String message) {
      super(message, null, false, false);
    }
  }
}
