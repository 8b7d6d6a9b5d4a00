package io.weirkeeper.verticles.http;

import static io.weirkeeper.verticles.http.Fixture.code;
import static io.weirkeeper.verticles.http.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.verticles.bus.Answer;
import io.weirkeeper.verticles.bus.LogFollower;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LogsTest {
  private Fixture fixture;

  @BeforeEach
  void open() {
    fixture = new Fixture();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  /** Gives lines when it is told to. */
  private static final class FakeLog implements LogFollower {
    private final AtomicInteger pauses = new AtomicInteger();
    private final AtomicInteger resumes = new AtomicInteger();
    private volatile boolean started;
    private volatile boolean closed;
    private Context context;
    private Consumer<String> line;
    private Runnable end;

    @Override
    public void start(Consumer<String> toLine, Runnable toEnd) {
      context = Vertx.currentContext();
      line = toLine;
      end = toEnd;
      line.accept("Fresh start of pipeline logs");
      started = true;
    }

    void add(String text) {
      context.runOnContext(now -> line.accept(text));
    }

    void end() {
      context.runOnContext(now -> end.run());
    }

    @Override
    public void pause() {
      pauses.incrementAndGet();
    }

    @Override
    public void resume() {
      resumes.incrementAndGet();
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private FakeLog log() {
    FakeLog log = new FakeLog();
    fixture.pipelines = request -> Future.succeededFuture(log);
    return log;
  }

  private RawClient follow() {
    return fixture
        .raw()
        .head("GET /v0/pipelines/p/logs HTTP/1.1", "Host: x", "Accept-Encoding: gzip");
  }

  @Test
  void aLogIsFollowedUntilItEnds() {
    FakeLog log = log();
    try (RawClient client = follow()) {
      String head = client.responseHead().toLowerCase(java.util.Locale.ROOT);
      assertThat(head)
          .startsWith("http/1.1 200")
          .contains("content-type: text/plain; charset=utf-8")
          .contains("x-content-type-options: nosniff")
          .contains("content-encoding: identity")
          .contains("transfer-encoding: chunked");
      assertThat(chunk(client)).isEqualTo("Fresh start of pipeline logs\n");
      log.add("second line é");
      assertThat(chunk(client)).isEqualTo("second line é\n");
      log.end();
      assertThat(chunk(client)).isEqualTo("Logs have ended\n");
      assertThat(chunk(client)).isEmpty();
      client.head("GET /healthz HTTP/1.1", "Host: x");
      assertThat(client.response()).startsWith("HTTP/1.1 200");
    }
    assertThat(log.closed).isTrue();
  }

  @Test
  void theFollowerIsClosedWhenTheClientLeaves() {
    FakeLog log = log();
    try (RawClient client = follow()) {
      client.responseHead();
      until("the log is followed", () -> log.started);
    }
    until("the follower is closed", () -> log.closed);
  }

  @Test
  void aSlowReaderPausesTheFollower() {
    FakeLog log = log();
    try (RawClient client = follow()) {
      client.responseHead();
      until("the log is followed", () -> log.started);
      String line = "x".repeat(10_000);
      int lines = 0;
      while (log.pauses.get() == 0 && lines < 3_000) {
        log.add(line);
        lines++;
      }
      until("the follower is paused", () -> log.pauses.get() > 0);
      int expected = lines;
      int read = 0;
      while (read < expected) {
        for (char c : chunk(client).toCharArray()) {
          if (c == '\n') {
            read++;
          }
        }
      }
      until("the follower goes on", () -> log.resumes.get() > 0);
    }
  }

  @Test
  void anUnknownPipelineHasNoLog() {
    fixture.pipelines =
        request -> Future.succeededFuture(Answer.error(ApiErrors.unknownPipelineName("p")));
    var response = fixture.get("/v0/pipelines/p/logs");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(code(response)).isEqualTo("UnknownPipelineName");
  }

  private static String chunk(RawClient client) {
    int length = Integer.parseInt(client.line(), 16);
    byte[] bytes = client.readBytes(length);
    client.line();
    return new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
  }
}
