package io.weirkeeper.verticles.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.weirkeeper.core.compile.CompileRequest;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.verticles.bus.Addresses;
import io.weirkeeper.verticles.bus.CompileJob;
import io.weirkeeper.verticles.bus.LocalCodec;
import java.nio.file.Files;
import java.nio.file.Path;
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
    return result(asked(id));
  }

  private void withdraw(String id) {
    vertx.eventBus().send(Addresses.COMPILER_WITHDRAWALS, id);
  }

  private static CompileResult result(Future<CompileResult> asked) throws Exception {
    return asked
        .toCompletionStage()
        .toCompletableFuture()
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private Future<CompileResult> asked(String id) {
    CompileJob job = new CompileJob(new UUID(0, 0), new CompileRequest(id, "", "", ""), () -> {});
    return vertx
        .eventBus()
        .<CompileResult>request(Addresses.COMPILER, job, LocalCodec.within(PATIENCE))
        .map(Message::body);
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
  void aProgramThatIsWithdrawnWhileItWaitsIsNotCompiled() throws Exception {
    Path seen = Files.createTempFile("compiled", ".txt");
    compiler(
        READY
            + "while read line; do echo \"$line\" >> "
            + seen
            + "; case \"$line\" in *'\"slow\"'*) sleep 1;; esac;"
            + " id=${line#*request_id\\\":\\\"}; id=${id%%\\\"*};"
            + " echo \"{\\\"request_id\\\":\\\"$id\\\",\\\"outcome\\\":\\\"success\\\",\\\"messages\\\":[]}\";"
            + " done",
        PATIENCE);
    Future<CompileResult> slow = asked("slow");
    Future<CompileResult> waiting = asked("waiting");
    Future<CompileResult> next = asked("next");
    withdraw("waiting");
    withdraw("nobody");
    assertThatThrownBy(() -> result(waiting))
        .rootCause()
        .isInstanceOfSatisfying(
            ReplyException.class,
            cause -> assertThat(cause.failureCode()).isEqualTo(CompileJob.WITHDRAWN));
    // It may end in its time: a moment costs less than a new process.
    assertThat(result(slow).outcome()).isEqualTo(CompileResult.Outcome.SUCCESS);
    assertThat(result(next).outcome()).isEqualTo(CompileResult.Outcome.SUCCESS);
    assertThat(Files.readString(seen)).contains("slow").contains("next").doesNotContain("waiting");
    Files.delete(seen);
  }

  @Test
  void aCompilationOfAWithdrawnProgramIsEndedAndTheNextOneIsCompiled() throws Exception {
    compiler(LOOP.formatted("exec sleep 600"), Duration.ofMinutes(10));
    Future<CompileResult> bad = asked("bad");
    Future<CompileResult> good = asked("good");
    withdraw("bad");
    assertThatThrownBy(() -> result(bad))
        .rootCause()
        .isInstanceOfSatisfying(
            ReplyException.class,
            cause -> assertThat(cause.failureCode()).isEqualTo(CompileJob.WITHDRAWN));
    assertThat(result(good).outcome()).isEqualTo(CompileResult.Outcome.SUCCESS);
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
