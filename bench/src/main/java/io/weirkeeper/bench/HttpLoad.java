package io.weirkeeper.bench;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/** A closed loop of requests over keep-alive connections: each sends its next when answered. */
final class HttpLoad implements AutoCloseable {
  private static final int NOT_MODIFIED = 304;

  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client;
  private final URI server;
  private final int connections;

  /**
   * One request.
   *
   * @param body to send; null for none
   * @param header one more header, or null
   */
  record Call(HttpMethod method, String path, Buffer body, Header header) {
    Call(HttpMethod method, String path, Buffer body) {
      this(method, path, body, null);
    }
  }

  /** A header. */
  record Header(String name, String value) {}

  /**
   * What came of it.
   *
   * @param perSecond answers a second
   * @param millis time of each answer
   */
  record Outcome(double perSecond, Sample millis) {}

  HttpLoad(URI server, int connections) {
    this.server = server;
    this.connections = connections;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions(), new PoolOptions().setHttp1MaxSize(connections));
  }

  /** Sends each call once. */
  Outcome once(List<Call> calls) throws Exception {
    return run(calls::get, calls.size(), Long.MAX_VALUE);
  }

  /** Sends calls by number, from 0, for a time. */
  Outcome during(Duration time, IntFunction<Call> calls) throws Exception {
    return run(calls, Integer.MAX_VALUE, System.nanoTime() + time.toNanos());
  }

  private Outcome run(IntFunction<Call> calls, int count, long until) throws Exception {
    Run run = new Run(calls, count, until);
    Promise<Void> done = Promise.promise();
    long began = System.nanoTime();
    // One event loop for all connections, so the run's fields belong to one thread.
    vertx
        .getOrCreateContext()
        .runOnContext(
            go -> {
              List<Future<Void>> loops = new ArrayList<>();
              for (int i = 0; i < connections; i++) {
                loops.add(run.connection());
              }
              var unused = Future.all(loops).<Void>mapEmpty().onComplete(done);
            });
    done.future().toCompletionStage().toCompletableFuture().get();
    double seconds = (System.nanoTime() - began) / 1e9;
    return new Outcome(run.answers / seconds, new Sample(run.millis()));
  }

  private final class Run {
    private final IntFunction<Call> calls;
    private final int count;
    private final long until;
    private int next;
    private int answers;
    private float[] times = new float[1 << 16];

    Run(IntFunction<Call> calls, int count, long until) {
      this.calls = calls;
      this.count = count;
      this.until = until;
    }

    Future<Void> connection() {
      Promise<Void> finished = Promise.promise();
      step(finished);
      return finished.future();
    }

    private void step(Promise<Void> finished) {
      if (next >= count || System.nanoTime() > until) {
        finished.complete();
        return;
      }
      Call call = calls.apply(next++);
      long began = System.nanoTime();
      RequestOptions options =
          new RequestOptions()
              .setMethod(call.method())
              .setHost(server.getHost())
              .setPort(server.getPort())
              .setURI(call.path());
      if (call.body() != null) {
        options.putHeader("Content-Type", "application/json");
      }
      if (call.header() != null) {
        options.putHeader(call.header().name(), call.header().value());
      }
      client
          .request(options)
          .compose(request -> call.body() == null ? request.send() : request.send(call.body()))
          .compose(
              answer ->
                  answer
                      .body()
                      .compose(
                          body ->
                              answer.statusCode() < 300 || answer.statusCode() == NOT_MODIFIED
                                  ? Future.succeededFuture()
                                  : Future.failedFuture(
                                      new IllegalStateException(
                                          call.method()
                                              + " "
                                              + call.path()
                                              + " answers "
                                              + answer.statusCode()
                                              + " "
                                              + body))))
          .onSuccess(
              answered -> {
                note((System.nanoTime() - began) / 1e6);
                step(finished);
              })
          .onFailure(finished::tryFail);
    }

    private void note(double millis) {
      if (answers == times.length) {
        times = Arrays.copyOf(times, answers * 2);
      }
      times[answers++] = (float) millis;
    }

    double[] millis() {
      double[] millis = new double[answers];
      for (int i = 0; i < answers; i++) {
        millis[i] = times[i];
      }
      return millis;
    }
  }

  @Override
  public void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get();
  }
}
