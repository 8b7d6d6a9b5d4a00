package io.weirkeeper.server;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** {@code stop} and {@code status}: speak about the program that runs on a data directory. */
final class InstanceControl {
  private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(50);

  private InstanceControl() {}

  /** Exit code 0 when a program runs, 3 when none does (as in LSB init scripts). */
  static int status(Path dataDirectory, PrintStream out) throws IOException {
    Optional<DataDirectory.Instance> instance = DataDirectory.instance(dataDirectory);
    if (!DataDirectory.isInUse(dataDirectory)) {
      out.println("Weirkeeper does not run on " + dataDirectory);
      return 3;
    }
    out.println(
        instance
            .map(
                i ->
                    "Weirkeeper runs on "
                        + dataDirectory
                        + ": process "
                        + i.pid()
                        + ", "
                        + i.url()
                        + ", management "
                        + i.managementUrl())
            .orElse("Weirkeeper is starting or stopping on " + dataDirectory));
    return 0;
  }

  /** Asks the program to stop and waits until it has ended. */
  static int stop(Path dataDirectory, PrintStream out) throws IOException {
    if (!DataDirectory.isInUse(dataDirectory)) {
      out.println("Weirkeeper does not run on " + dataDirectory);
      return 0;
    }
    Optional<DataDirectory.Instance> instance = DataDirectory.instance(dataDirectory);
    Optional<ProcessHandle> process = instance.flatMap(i -> ProcessHandle.of(i.pid()));
    if (process.isEmpty()) {
      out.println(
          "Weirkeeper on "
              + dataDirectory
              + " is just starting or stopping; try again in a moment");
      return 1;
    }
    process.get().destroy();
    // The lock and not the process: an ended process stays visible until its parent has asked for
    // it.
    long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
    while (DataDirectory.isInUse(dataDirectory)) {
      if (System.nanoTime() > deadline) {
        out.println(
            "Process "
                + process.get().pid()
                + " has not stopped within "
                + STOP_LIMIT.toSeconds()
                + " s; its log is in "
                + dataDirectory.resolve("logs"));
        return 1;
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
    out.println("Weirkeeper on " + dataDirectory + " has stopped");
    return 0;
  }
}
