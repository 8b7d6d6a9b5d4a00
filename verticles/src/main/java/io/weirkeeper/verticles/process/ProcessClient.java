package io.weirkeeper.verticles.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.deploy.ProcessSecret;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.UUID;

/** Speaks the control part of the process protocol (spec: pipeline-protocol §1). Thread-safe. */
public final class ProcessClient implements ProcessControl {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int NONCE_BYTES = 16;
  private static final int CONNECTIONS_PER_PROCESS = 4;
  private static final int MAX_ANSWER_BYTES = 8 << 20;

  private final HttpClient http;
  private final Duration timeout;

  /**
   * A client for all processes of this node.
   *
   * @param timeout for each request, from connect to the whole answer
   */
  public ProcessClient(Vertx vertx, Duration timeout) {
    this.timeout = timeout;
    this.http =
        vertx
            .httpClientBuilder()
            .with(
                new HttpClientOptions()
                    .setConnectTimeout((int) timeout.toMillis())
                    .setTcpNoDelay(true)
                    .setKeepAliveTimeout(30))
            .with(new PoolOptions().setHttp1MaxSize(CONNECTIONS_PER_PROCESS))
            .build();
  }

  /**
   * Which process is meant, and how to prove it.
   *
   * @param pipelineId its pipeline
   * @param number its deployment
   * @param secret of the deployment
   * @param report who it said it is
   */
  public record Target(UUID pipelineId, long number, ProcessSecret secret, ProcessReport report) {
    /** The bearer token of this instance. */
    public String bearerToken() {
      return secret.bearerToken(pipelineId, number, report.instance());
    }

    /** Hides the secret. */
    @Override
    public String toString() {
      return "Target["
          + pipelineId
          + "/"
          + number
          + " at "
          + report.address()
          + ":"
          + report.port()
          + "]";
    }
  }

  /**
   * Under what right a command is sent; the process refuses lower ones (SAFETY rule 5).
   *
   * @param epoch of the shard
   * @param revision of the row
   */
  public record Right(long epoch, long revision) {}

  /**
   * An answer of a process.
   *
   * @param status HTTP status
   * @param body parsed JSON, or a text node when it is none
   */
  public record ProcessAnswer(int status, JsonNode body) {}

  /** Asks the process to prove that it is the recorded one; no secret is sent. */
  @Override
  public Future<Boolean> challenge(Target target) {
    byte[] bytes = new byte[NONCE_BYTES];
    RANDOM.nextBytes(bytes);
    String nonce = HexFormat.of().formatHex(bytes);
    String expected =
        target
            .secret()
            .challengeAnswer(
                nonce, target.pipelineId(), target.number(), target.report().instance());
    return send(target, HttpMethod.GET, "/weirkeeper/challenge?nonce=" + nonce, null, null, false)
        .map(
            answer ->
                answer.status() == 200
                    && ProcessSecret.same(expected, answer.body().path("answer").asText("")));
  }

  /** Grants or renews the lease. */
  @Override
  public Future<ProcessAnswer> grant(Target target, Right right, Duration lease) {
    Buffer body = Buffer.buffer("{\"lease_millis\":" + lease.toMillis() + "}");
    return send(target, HttpMethod.POST, "/weirkeeper/grant", right, body, true);
  }

  /** GET /status. */
  @Override
  public Future<ProcessAnswer> status(Target target) {
    return send(target, HttpMethod.GET, "/status", null, null, true);
  }

  /** GET /start: resumes the inputs. */
  @Override
  public Future<ProcessAnswer> start(Target target, Right right) {
    return send(target, HttpMethod.GET, "/start", right, null, true);
  }

  /** GET /pause. */
  @Override
  public Future<ProcessAnswer> pause(Target target, Right right) {
    return send(target, HttpMethod.GET, "/pause", right, null, true);
  }

  /** POST /suspend. */
  @Override
  public Future<ProcessAnswer> suspend(Target target, Right right) {
    return send(target, HttpMethod.POST, "/suspend", right, null, true);
  }

  private Future<ProcessAnswer> send(
      Target target,
      HttpMethod method,
      String uri,
      Right right,
      Buffer body,
      boolean authenticated) {
    RequestOptions options =
        new RequestOptions()
            .setMethod(method)
            .setHost(target.report().address())
            .setPort(target.report().port())
            .setURI(uri)
            .setConnectTimeout(timeout.toMillis())
            .setTimeout(timeout.toMillis());
    return http.request(options)
        .compose(request -> exchange(request, target, right, body, authenticated))
        .timeout(timeout.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
  }

  private static Future<ProcessAnswer> exchange(
      HttpClientRequest request, Target target, Right right, Buffer body, boolean authenticated) {
    if (authenticated) {
      request.putHeader("Authorization", "Bearer " + target.bearerToken());
    }
    if (right != null) {
      request.putHeader(ProcessSecret.EPOCH_HEADER, Long.toString(right.epoch()));
      request.putHeader(ProcessSecret.REVISION_HEADER, Long.toString(right.revision()));
    }
    if (body != null) {
      request.putHeader("Content-Type", "application/json");
    }
    return (body == null ? request.send() : request.send(body))
        .compose(
            response ->
                response
                    .body()
                    .map(bytes -> new ProcessAnswer(response.statusCode(), parse(bytes))));
  }

  private static JsonNode parse(Buffer bytes) {
    if (bytes.length() > MAX_ANSWER_BYTES) {
      throw new IllegalStateException(
          "The pipeline process answered " + bytes.length() + " bytes, limit " + MAX_ANSWER_BYTES);
    }
    String text = bytes.toString();
    try {
      JsonNode node = JSON.readTree(text);
      return node == null ? JSON.getNodeFactory().textNode(text) : node;
    } catch (JsonProcessingException e) {
      return JSON.getNodeFactory().textNode(text);
    }
  }

  /** Closes all connections. */
  public Future<Void> close() {
    return http.close();
  }
}
