package io.weirkeeper.verticles.compile;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.eventbus.Message;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.verticles.bus.Addresses;
import io.weirkeeper.verticles.bus.CompileJob;
import io.weirkeeper.verticles.bus.LocalCodec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiles one program after another in a separate, warm process. A program that hangs or kills the
 * process gets a SystemError; the process is started again and the next program is not hurt.
 */
public final class CompilerVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(CompilerVerticle.class);
  private static final ObjectMapper JSON =
      new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

  private final CompilerSettings settings;
  private final CompilerObserver observer;

  /** By request id, in the order of arrival. */
  private final Map<String, Message<CompileJob>> queue = new LinkedHashMap<>();

  private final Promise<Void> firstReady = Promise.promise();
  private WorkerExecutor writer;
  private CompilerProcess process;
  private boolean ready;
  private boolean killedOnPurpose;
  private volatile boolean stopping;
  private volatile String trouble;
  private Message<CompileJob> current;
  private long currentSince;
  private long timer = -1;
  private long generation;

  /** The compiler of a node. */
  public CompilerVerticle(CompilerSettings settings, CompilerObserver observer) {
    this.settings = settings;
    this.observer = observer;
  }

  @Override
  public Future<?> start() {
    writer = vertx.createSharedWorkerExecutor("compiler-stdin", 1);
    vertx.eventBus().<CompileJob>localConsumer(Addresses.COMPILER, this::onJob);
    vertx
        .eventBus()
        .<String>localConsumer(
            Addresses.COMPILER_WITHDRAWALS, message -> onWithdrawal(message.body()));
    return Future.succeededFuture();
  }

  /** Starts the compiler process; once, after the deployment. Until then programs wait. */
  public void launch() {
    context.runOnContext(now -> spawn());
  }

  @Override
  public Future<?> stop() {
    stopping = true;
    if (process != null) {
      process.kill();
    }
    return writer.close();
  }

  /** Completes when the compiler process was warm for the first time. */
  public Future<Void> ready() {
    return firstReady.future();
  }

  /**
   * What keeps programs from being compiled, in words; empty also while the process starts for the
   * first time, because programs wait for it. From any thread.
   */
  public Optional<String> trouble() {
    return Optional.ofNullable(trouble);
  }

  private void onJob(Message<CompileJob> message) {
    if (queue.size() >= settings.maxQueue()) {
      message.fail(
          CompileJob.QUEUE_FULL,
          "too many programs wait for the compiler (limit "
              + settings.maxQueue()
              + "); edit the program or start the pipeline again later");
      return;
    }
    Message<CompileJob> same = queue.put(id(message), message);
    if (same != null) {
      withdrawn(same);
    }
    observer.queued(queue.size());
    next();
  }

  private static String id(Message<CompileJob> job) {
    return job.body().request().requestId();
  }

  private static void withdrawn(Message<CompileJob> job) {
    job.fail(CompileJob.WITHDRAWN, "the program was edited or deleted before it was compiled");
  }

  private void onWithdrawal(String requestId) {
    Message<CompileJob> waiting = queue.remove(requestId);
    if (waiting != null) {
      observer.queued(queue.size());
      withdrawn(waiting);
      return;
    }
    Message<CompileJob> running = current;
    if (running != null && id(running).equals(requestId)) {
      // Most programs are done by then, and a new process costs more than waiting for them.
      vertx.setTimer(
          settings.preemptAfter().toMillis(),
          late -> {
            if (current == running) {
              LOG.info("Compilation of {} is not wanted any more: compiler ended", requestId);
              current = null;
              endProcess();
              withdrawn(running);
              next();
            }
          });
    }
  }

  /** The next program waits for the next process, not for the one that is being killed. */
  private void endProcess() {
    if (timer >= 0) {
      vertx.cancelTimer(timer);
      timer = -1;
    }
    ready = false;
    killedOnPurpose = true;
    process.kill();
  }

  private void next() {
    if (!ready || current != null || queue.isEmpty()) {
      return;
    }
    Iterator<Message<CompileJob>> first = queue.values().iterator();
    current = first.next();
    first.remove();
    currentSince = System.nanoTime();
    observer.queued(queue.size());
    current.body().started().run();
    byte[] line;
    try {
      line = JSON.writeValueAsBytes(current.body().request());
    } catch (JsonProcessingException e) {
      finish(systemError(current, "the program cannot be sent: " + e.getOriginalMessage()));
      return;
    }
    CompilerProcess target = process;
    timer = vertx.setTimer(settings.timeout().toMillis(), late -> onTimeout());
    writer
        .executeBlocking(
            () -> {
              target.send(line);
              return null;
            },
            true)
        .onFailure(cause -> target.kill());
  }

  private void onTimeout() {
    timer = -1;
    LOG.warn(
        "Compilation took longer than {} s, the compiler is killed",
        settings.timeout().toSeconds());
    Message<CompileJob> job = current;
    endProcess();
    if (job != null) {
      over(CompileResult.Outcome.SYSTEM_ERROR);
      job.fail(
          CompileJob.TIMED_OUT,
          "SQL compilation did not finish within "
              + settings.timeout().toSeconds()
              + " s and was ended; make the program smaller or raise the limit");
      next();
    }
  }

  private void finish(CompileResult result) {
    Message<CompileJob> done = current;
    over(result.outcome());
    reply(done, result);
    next();
  }

  /** The compiler is free for the next program. */
  private void over(CompileResult.Outcome outcome) {
    current = null;
    if (timer >= 0) {
      vertx.cancelTimer(timer);
      timer = -1;
    }
    observer.compiled(System.nanoTime() - currentSince, outcome);
  }

  private static void reply(Message<CompileJob> job, CompileResult result) {
    job.reply(result, LocalCodec.reply());
  }

  private static CompileResult systemError(Message<CompileJob> job, String text) {
    return new CompileResult(
        job.body().request().requestId(),
        CompileResult.Outcome.SYSTEM_ERROR,
        List.of(),
        null,
        null,
        text);
  }

  // ---- the process ----------------------------------------------------------------------------

  private void spawn() {
    long mine = ++generation;
    ready = false;
    try {
      process =
          CompilerProcess.start(
              settings,
              line -> here(() -> onLine(mine, line)),
              reason -> here(() -> onEnd(mine, reason)));
      LOG.info("Compiler process {} started", process.pid());
      CompilerProcess started = process;
      vertx.setTimer(
          settings.startTimeout().toMillis(),
          late -> {
            if (generation == mine && !ready) {
              LOG.error(
                  "The compiler was not ready within {} s", settings.startTimeout().toSeconds());
              started.kill();
            }
          });
    } catch (IOException e) {
      LOG.error("The compiler cannot be started: {}", e.toString());
      trouble = "the compiler process cannot be started: " + e.getMessage();
      vertx.setTimer(settings.restartDelay().toMillis(), later -> spawn());
    }
  }

  /**
   * Goes on in this verticle's context, from a thread of the process; not any more once it stops.
   */
  private void here(Runnable task) {
    if (!stopping) {
      context.runOnContext(now -> task.run());
    }
  }

  private void onLine(long from, String line) {
    if (from != generation) {
      return;
    }
    if (!ready) {
      ready = line.contains("\"ready\":true");
      if (ready) {
        trouble = null;
        LOG.info("Compiler process {} is warm", process.pid());
        firstReady.tryComplete();
        next();
      }
      return;
    }
    if (current == null) {
      return;
    }
    CompileResult result;
    try {
      result = JSON.readValue(line.getBytes(StandardCharsets.UTF_8), CompileResult.class);
    } catch (IOException e) {
      LOG.error("The compiler wrote what is no result: {}", e.toString());
      process.kill();
      return;
    }
    if (current.body().request().requestId().equals(result.requestId())) {
      finish(result);
    }
  }

  private void onEnd(long from, String reason) {
    if (from != generation || stopping) {
      return;
    }
    LOG.warn("Compiler process {} is gone: {}", process.pid(), reason);
    trouble = "the compiler process is gone and is being started again: " + reason;
    boolean wasReady = ready || killedOnPurpose;
    killedOnPurpose = false;
    spawnAfter(wasReady);
    if (current != null) {
      finish(
          systemError(
              current,
              "the SQL compiler process died while it compiled this program ("
                  + reason
                  + "); the program may be too large for the compiler's memory"));
    }
  }

  private void spawnAfter(boolean wasReady) {
    ready = false;
    if (wasReady) {
      spawn();
    } else {
      vertx.setTimer(settings.restartDelay().toMillis(), later -> spawn());
    }
  }
}
