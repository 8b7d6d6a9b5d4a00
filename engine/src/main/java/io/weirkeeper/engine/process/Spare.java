package io.weirkeeper.engine.process;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process that is started before anyone needs it. It lets a small pipeline live and die ({@link
 * WarmUp}), says so by a file, and then waits for a deployment on standard input: with all classes
 * loaded and the paths of a start compiled, it is up in a fraction of the time. Until then it has
 * no port, no storage and no pipeline, and it ends with its standard input, so it never outlives
 * its controller.
 *
 * <p>It works in a directory of its own, which its controller renames into the deployment's working
 * directory. So nothing in it may hold an absolute path of that directory: {@code java.io.tmpdir}
 * is {@code /proc/self/cwd/tmp}.
 */
final class Spare {
  /** System property that makes a process a spare one; its value names it, for people. */
  static final String PROPERTY = "weirkeeper.spare";

  /** System property with the directory of the small pipeline. */
  private static final String TRAINING = "weirkeeper.training";

  /** Written to the current directory when the process is warm. */
  static final String READY_FILE = "ready";

  /** Niceness of the session while it warms up: pipelines and starts go before. */
  private static final int NICE = 15;

  /** The kernel takes a new niceness of a session only so often. */
  private static final Duration NICE_AGAIN = Duration.ofMillis(150);

  private static final int NICE_ATTEMPTS = 20;

  private final Thread thread = new Thread(this::warmUp, "warm-up");
  private volatile Vertx vertx;

  private Spare() {}

  static boolean isWanted() {
    return System.getProperty(PROPERTY) != null;
  }

  /** Begins to warm up, in the background. */
  static Spare begin() {
    Spare spare = new Spare();
    spare.thread.setDaemon(true);
    spare.thread.start();
    return spare;
  }

  private void warmUp() {
    Path here = Path.of("").toAbsolutePath();
    ProcessLog.open(here, ProcessLog.SPARE_FILE);
    Logger log = LoggerFactory.getLogger(Spare.class);
    try {
      boolean nice = Proc.leadsSession() && Proc.setSessionNice(NICE);
      Files.createDirectories(Pipeline.JVM_TEMPORARY_DIRECTORY);
      vertx = PipelineMain.vertx();
      String training = System.getProperty(TRAINING);
      WarmUp.run(vertx, training == null ? null : Path.of(training), here.resolve("tmp"));
      System.gc();
      for (int i = 0; nice && !Proc.setSessionNice(0); i++) {
        if (i == NICE_ATTEMPTS) {
          throw new IOException("The session's niceness can't be taken back");
        }
        LockSupport.parkNanos(NICE_AGAIN.toNanos());
      }
      Files.createFile(here.resolve(READY_FILE));
    } catch (Exception | LinkageError e) {
      log.error("The spare process can't be warmed up", e);
      PipelineMain.halt(ExitCode.NOT_WARM);
    }
  }

  /** Waits until it is warm; what it has made is used on. */
  Supplier<Vertx> finish() {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Vertx made = vertx;
    return () -> made;
  }
}
