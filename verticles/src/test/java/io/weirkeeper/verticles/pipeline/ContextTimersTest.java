package io.weirkeeper.verticles.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ContextTimersTest {

  @Test
  void what_ends_after_the_node_has_closed_is_dropped_in_silence() throws Exception {
    Vertx vertx = Vertx.vertx();
    ContextTimers timers = new ContextTimers(vertx, vertx.getOrCreateContext());
    AtomicInteger turns = new AtomicInteger();
    CompletableFuture<Void> first = new CompletableFuture<>();
    timers.soon(
        () -> {
          turns.incrementAndGet();
          first.complete(null);
        });
    first.get(10, TimeUnit.SECONDS);
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    assertThatCode(() -> timers.soon(turns::incrementAndGet)).doesNotThrowAnyException();
    assertThatCode(() -> timers.later(Duration.ZERO, turns::incrementAndGet))
        .doesNotThrowAnyException();
    assertThat(turns).hasValue(1);
  }
}
