package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.weirkeeper.core.api.ApiError;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.api.ApiException;
import io.weirkeeper.core.api.RequestBodyException;
import io.weirkeeper.core.auth.Admission;
import io.weirkeeper.core.auth.Principal;
import io.weirkeeper.verticles.bus.Answer;
import io.weirkeeper.verticles.pipeline.Ids;
import io.weirkeeper.verticles.snapshot.Snapshot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request and its answer, on the event loop of its connection. Every way to answer ends here,
 * so that headers are the same everywhere (spec: api-semantics §1). Answering after the client went
 * away does nothing.
 */
final class Exchange {
  static final CharSequence PLAIN_TEXT = HttpHeaders.createOptimized("text/plain; charset=utf-8");
  static final CharSequence GZIP = HttpHeaders.createOptimized("gzip");
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
  private static final CharSequence NO_CACHE = HttpHeaders.createOptimized("no-cache");
  private static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("retry-after");
  private static final CharSequence RETRY_AFTER_SECONDS = HttpHeaders.createOptimized("5");

  private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Codes of 503 answers that are the process's own, not the manager's. */
  private static final Set<String> PROCESS_503 =
      Set.of(
          "Initializing",
          "AwaitingApproval",
          "Suspended",
          "RestoreInProgress",
          "BootstrapInProgress");

  private final Front front;
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Principal principal;
  private final RouteTree.Match match;
  private final long startNanos;
  private final UUID requestId;
  private String object;
  private Runnable whenRevoked;
  private List<Runnable> whenOver;
  private boolean over;
  private boolean upgraded;
  private boolean varies;
  private boolean bodyHeld;
  private QueryString query;

  Exchange(
      Front front,
      HttpServerRequest request,
      Principal principal,
      RouteTree.Match match,
      long startNanos) {
    this.front = front;
    this.request = request;
    this.response = request.response();
    this.principal = principal;
    this.match = match;
    this.startNanos = startNanos;
    this.requestId = Auditing.isEach(match.operation()) ? Ids.SECURE.uuid7(Instant.now()) : null;
    if (requestId != null) {
      response.putHeader(Auditing.REQUEST_ID, requestId.toString());
    }
    front.connections().requestBegan(request.connection(), response, startNanos);
    response.endHandler(done -> over());
    response.closeHandler(done -> over());
  }

  HttpServerRequest request() {
    return request;
  }

  HttpServerResponse response() {
    return response;
  }

  Principal principal() {
    return principal;
  }

  UUID tenantId() {
    return principal.tenantId();
  }

  /** Leaves the body in the connection until somebody resumes the request. */
  void holdBody() {
    bodyHeld = true;
    request.pause();
  }

  /** Whether a handler holds the body back. */
  boolean holdsBody() {
    return bodyHeld;
  }

  Operation operation() {
    return match.operation();
  }

  /** A path parameter, decoded once. */
  String param(int index) {
    return match.value(index);
  }

  /** A path parameter as it came. */
  String rawParam(int index) {
    return match.raw().get(index);
  }

  /** How many placeholders the path of the operation has. */
  int parameters() {
    return match.raw().size();
  }

  /** Tells the audit log what is made, when the path does not name it. */
  void about(String name) {
    object = name;
  }

  QueryString query() {
    if (query == null) {
      query = new QueryString(request.query());
    }
    return query;
  }

  /** Whether the answer was completed or the client is gone. */
  boolean isOver() {
    return over;
  }

  /** Runs once when the answer is complete or the client is gone; at once if that is so already. */
  void whenOver(Runnable action) {
    if (over) {
      action.run();
      return;
    }
    if (whenOver == null) {
      whenOver = new ArrayList<>(2);
    }
    whenOver.add(action);
  }

  private void over() {
    if (over) {
      return;
    }
    over = true;
    int status = response.ended() || upgraded ? response.getStatusCode() : HttpObserver.CLIENT_GONE;
    front.services().observer().ended(operation().id(), status, System.nanoTime() - startNanos);
    front.auditing().ended(this, requestId, object, status);
    if (whenOver != null) {
      whenOver.forEach(Runnable::run);
    }
  }

  /** The connection speaks another protocol from now on; ends with {@link #closed}. */
  void upgraded(Connections.Outflow outflow) {
    upgraded = true;
    front.connections().upgraded(request.connection(), outflow);
  }

  /** The connection of an upgraded request is closed. */
  void closed() {
    front.connections().closed(request.connection());
    over();
  }

  // ---- answers

  /** Writes ready JSON. */
  void json(int status, Buffer body) {
    if (over || response.ended()) {
      return;
    }
    response.setStatusCode(status);
    response.putHeader(HttpHeaders.CONTENT_TYPE, JSON);
    cacheControl();
    end(body);
  }

  /** Ends an answer whose head was set before with a body that is compressed already. */
  void endCompressed(Buffer compressed) {
    if (!over && !response.ended()) {
      response.putHeader(HttpHeaders.CONTENT_ENCODING, GZIP);
      ended(response.end(compressed));
    }
  }

  /** Begins a JSON answer that is written in parts. */
  HttpServerResponse beginJson(int status) {
    response.setStatusCode(status);
    response.putHeader(HttpHeaders.CONTENT_TYPE, JSON);
    cacheControl();
    return response;
  }

  /**
   * Writes a pipeline as a selector shows it, or 304 when the client has just that.
   *
   * @param body its JSON
   * @param compressedBody gives the same compressed
   */
  void pipeline(Snapshot snapshot, String selector, Buffer body, Supplier<Buffer> compressedBody) {
    if (over || response.ended()) {
      return;
    }
    boolean compressed = acceptsGzip() && body.length() >= Gzip.THRESHOLD_BYTES;
    if (isKnown(EntityTag.of(snapshot, selector, compressed))) {
      return;
    }
    beginJson(200);
    if (compressed) {
      endCompressed(compressedBody.get());
    } else {
      ended(response.end(body));
    }
  }

  /** Tags the answer; answers 304 when the client has just that. */
  boolean isKnown(String tag) {
    response.putHeader(HttpHeaders.ETAG, tag);
    if (!EntityTag.names(request.getHeader(HttpHeaders.IF_NONE_MATCH), tag)) {
      return false;
    }
    cacheControl();
    empty(304);
    return true;
  }

  void json(int status, JsonNode body) {
    json(status, bytes(body));
  }

  void text(int status, String body) {
    text(status, Buffer.buffer(body));
  }

  void text(int status, Buffer body) {
    if (over || response.ended()) {
      return;
    }
    response.setStatusCode(status);
    response.putHeader(HttpHeaders.CONTENT_TYPE, PLAIN_TEXT);
    end(body);
  }

  /** Answers 200 with a body that never changes, of which both forms are ready. */
  void constant(String type, Buffer plain, Buffer zipped) {
    if (over || response.ended()) {
      return;
    }
    response.putHeader(HttpHeaders.CONTENT_TYPE, type);
    if (acceptsGzip()) {
      response.putHeader(HttpHeaders.CONTENT_ENCODING, GZIP);
      ended(response.end(zipped));
    } else {
      ended(response.end(plain));
    }
  }

  /** An answer without a body. */
  void empty(int status) {
    if (over || response.ended()) {
      return;
    }
    response.setStatusCode(status);
    ended(response.end());
  }

  /** Ends an answer whose head and parts were written before. */
  void end() {
    if (!over && !response.ended()) {
      ended(response.end());
    }
  }

  /** Ends an answer whose head was set before with a whole body, compressed if that is welcome. */
  void end(Buffer body) {
    if (over || response.ended()) {
      return;
    }
    if (body.length() == 0) {
      ended(response.end());
    } else if (body.length() >= Gzip.THRESHOLD_BYTES && acceptsGzip()) {
      endCompressed(Gzip.compressed(body));
    } else {
      ended(response.end(body));
    }
  }

  /** Ends an answer of which parts were written with its last part. */
  void endWith(Buffer last) {
    if (!over && !response.ended()) {
      ended(response.end(last));
    }
  }

  /** Whether the client takes gzip; also tells caches that it matters. */
  boolean acceptsGzip() {
    if (!varies) {
      varies = true;
      response.headers().add(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING);
    }
    return Gzip.isAccepted(request.getHeader(HttpHeaders.ACCEPT_ENCODING));
  }

  /** The connection counts as idle only once the answer has left, however slow the client is. */
  private void ended(Future<Void> written) {
    written.onComplete(
        done -> front.connections().requestEnded(request.connection(), System.nanoTime()));
  }

  void error(ApiError error) {
    answer(Answer.error(error));
  }

  /** Answers that the tenant asks too much; it may ask again in a second. */
  void busy(ApiError error) {
    response.putHeader(RETRY_AFTER, "1");
    drain();
    error(error);
  }

  /** Writes what a pipeline's verticle said. */
  void answer(Answer answer) {
    if (over || response.ended()) {
      return;
    }
    try {
      write(answer);
    } catch (Throwable e) {
      // Called from futures, where nobody else would tell the client.
      fail(e);
    }
  }

  private void write(Answer answer) {
    if (answer.status() == 503 && isOurs(answer.body())) {
      response.putHeader(RETRY_AFTER, RETRY_AFTER_SECONDS);
    }
    if (answer.state() > 0 && answer.body() != null && answer.body().has("id")) {
      response.putHeader(
          HttpHeaders.ETAG,
          EntityTag.of(answer.body().get("id").textValue(), answer.state(), "all", false));
    }
    if (answer.body() == null) {
      cacheControl();
      empty(answer.status());
    } else {
      json(answer.status(), answer.body());
    }
  }

  /** Answers whatever a handler threw or a future failed with. */
  void fail(Throwable failure) {
    if (failure instanceof PipelineBus.AnsweredException answered) {
      answer(answered.answer());
    } else if (response.headWritten()) {
      // Too late for an error body: a cut connection tells the client that something is missing.
      abort();
    } else if (failure instanceof ApiException refused) {
      error(refused.error());
    } else if (failure instanceof RequestBodyException
        || failure instanceof QueryString.QueryException) {
      text(400, failure.getMessage());
    } else if (failure instanceof BodyRefusedException refused) {
      text(refused.status(), refused.getMessage());
    } else if (!over) {
      String reference = UUID.randomUUID().toString();
      LOG.error(
          "Request failed operation={} tenant={} reference={}",
          operation().id(),
          tenantId(),
          reference,
          failure);
      error(ApiErrors.internalError(reference));
    }
  }

  /** How to end what the request has become; without, its connection is cut. */
  void whenRevoked(Runnable action) {
    whenRevoked = action;
  }

  /** The caller may no longer have what they are being served. */
  void revoke() {
    if (over) {
      return;
    }
    LOG.info("A stream ends, its caller's right was withdrawn operation={}", operation().id());
    if (whenRevoked != null) {
      whenRevoked.run();
    } else if (response.headWritten() || response.ended()) {
      abort();
    } else {
      Refusals.answer(
          response, new Admission.Unauthenticated("The right to this was withdrawn"), false);
      abort();
    }
  }

  /** Cuts the connection. */
  void abort() {
    request.connection().close();
  }

  private void cacheControl() {
    if (operation().noCache()) {
      response.putHeader(HttpHeaders.CACHE_CONTROL, NO_CACHE);
    }
  }

  private static boolean isOurs(JsonNode body) {
    return body == null || !PROCESS_503.contains(body.path("error_code").asText());
  }

  static Buffer bytes(JsonNode json) {
    try {
      return Buffer.buffer(MAPPER.writeValueAsBytes(json));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A JSON tree can always be written", e);
    }
  }

  // ---- bodies

  /** A body that is refused before it is parsed; answered in plain text. */
  static final class BodyRefusedException extends RuntimeException {
    private final int status;

    BodyRefusedException(int status, String message) {
      super(message, null, false, false);
      this.status = status;
    }

    int status() {
      return status;
    }
  }

  /**
   * Reads a JSON body whole. Must be called before the handler gives the event loop back.
   *
   * @return fails with {@link BodyRefusedException} when the content type is not JSON, the body is
   *     too large or doesn't arrive in time
   */
  Future<byte[]> jsonBody() {
    if (!isJson(request.getHeader(HttpHeaders.CONTENT_TYPE))) {
      drain();
      return Future.failedFuture(new BodyRefusedException(400, "Content type error"));
    }
    return wholeBody().map(Buffer::getBytes);
  }

  /** Reads a body of any type whole, up to the limit of JSON bodies. */
  Future<Buffer> wholeBody() {
    int limit = front.settings().limits().jsonBodyBytes();
    if (declaredLength() > limit) {
      drain();
      return Future.failedFuture(tooLarge(limit));
    }
    sendContinue();
    Promise<Buffer> promise = Promise.promise();
    Buffer collected = Buffer.buffer();
    final long timer =
        front
            .vertx()
            .setTimer(
                front.settings().timeouts().body().toMillis(),
                fired -> {
                  if (promise.tryFail(
                      new BodyRefusedException(
                          408, "The body did not arrive in time; the connection is closed"))) {
                    whenOver(this::abort);
                  }
                });
    request.handler(
        chunk -> {
          if (collected.length() + chunk.length() > limit) {
            if (promise.tryFail(tooLarge(limit))) {
              drain();
            }
          } else {
            collected.appendBuffer(chunk);
          }
        });
    request.endHandler(done -> promise.tryComplete(collected));
    request.exceptionHandler(promise::tryFail);
    return promise.future().onComplete(done -> front.vertx().cancelTimer(timer));
  }

  /**
   * Reads and forgets the rest of the body, so that a client that sends first and reads later sees
   * its answer; a client that goes on for too long is cut off.
   */
  void drain() {
    if (request.isEnded()) {
      return;
    }
    long limit = front.settings().limits().drainBytes();
    final long timer =
        front.vertx().setTimer(front.settings().timeouts().drain().toMillis(), fired -> abort());
    long[] read = {0};
    request.handler(
        chunk -> {
          read[0] += chunk.length();
          if (read[0] > limit) {
            abort();
          }
        });
    request.endHandler(done -> front.vertx().cancelTimer(timer));
    request.exceptionHandler(gone -> front.vertx().cancelTimer(timer));
    request.resume();
  }

  /** Lets a client go on that asked first whether its body is welcome. */
  void sendContinue() {
    if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
      response.writeContinue();
    }
  }

  private static BodyRefusedException tooLarge(int limit) {
    return new BodyRefusedException(
        413, "JSON payload is larger than allowed (limit: " + limit + " bytes)");
  }

  private long declaredLength() {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return length == null ? -1 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  static boolean isJson(String contentType) {
    if (contentType == null) {
      return false;
    }
    int semicolon = contentType.indexOf(';');
    String type =
        (semicolon < 0 ? contentType : contentType.substring(0, semicolon))
            .trim()
            .toLowerCase(Locale.ROOT);
    return type.equals("application/json")
        || (type.startsWith("application/") && type.endsWith("+json"));
  }
}
