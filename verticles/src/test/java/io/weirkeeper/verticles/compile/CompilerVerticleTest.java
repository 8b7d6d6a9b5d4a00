package io.weirkeeper.verticles.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.vertx.core.eventbus.ReplyException;
import io.weirkeeper.core.compile.CompileRequest;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.verticles.bus.Addresses;
import io.weirkeeper.verticles.bus.CompileJob;
import io.weirkeeper.verticles.bus.LocalCodec;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CompilerVerticleTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String READY = "echo '{\"ready\":true}'; ";

  /** Answers every program but the one with the id "bad". */
  private static final String LOOP =
      READY
          + "while read line; do case \"$line\" in *'\"bad\"'*) %s;; esac;"
          + " echo '{\"request_id\":\"good\",\"outcome\":\"success\",\"messages\":[]}'; done";

  private Vertx vertx;

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
    LocalCodec.register(vertx);
  }

  @AfterEach
  void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private void compiler(String script, Duration timeout) throws Exception {
    CompilerVerticle compiler =
        new CompilerVerticle(
            CompilerSettings.of(List.of("sh", "-c", script), timeout), CompilerObserver.NONE);
    vertx.deployVerticle(compiler).toCompletionStage().toCompletableFuture().get();
    compiler.launch();
  }

  private CompileResult compile(String id) throws Exception {
    CompileJob job = new CompileJob(new UUID(0, 0), new CompileRequest(id, "", "", ""), () -> {});
    return vertx
        .eventBus()
        .<CompileResult>request(Addresses.COMPILER, job, LocalCodec.within(PATIENCE))
        .toCompletionStage()
        .toCompletableFuture()
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .body();
  }

  @Test
  void aProgramThatHangsTheCompilerGetsASystemErrorAndTheNextOneIsCompiled() throws Exception {
    compiler(LOOP.formatted("exec sleep 600"), Duration.ofSeconds(1));
    assertThatThrownBy(() -> compile("bad"))
        .rootCause()
        .isInstanceOfSatisfying(
            ReplyException.class,
            cause -> assertThat(cause.failureCode()).isEqualTo(CompileJob.TIMED_OUT))
        .hasMessageContaining("did not finish within 1 s");
    assertThat(compile("good").outcome()).isEqualTo(CompileResult.Outcome.SUCCESS);
  }

  @Test
  void aProgramThatKillsTheCompilerGetsASystemErrorAndTheNextOneIsCompiled() throws Exception {
    compiler(LOOP.formatted("kill -9 $$"), PATIENCE);
    CompileResult killed = compile("bad");
    assertThat(killed.outcome()).isEqualTo(CompileResult.Outcome.SYSTEM_ERROR);
    assertThat(killed.systemError()).contains("died while it compiled");
    assertThat(compile("good").outcome()).isEqualTo(CompileResult.Outcome.SUCCESS);
  }
}
