package io.weirkeeper.verticles.compile;

import java.time.Duration;
import java.util.List;

/**
 * How programs are compiled.
 *
 * @param command the compiler process's command line, class path included
 * @param timeout limit of one compilation; then the process is killed and the program gets
 *     SystemError
 * @param startTimeout limit of the process's start
 * @param restartDelay before a process that could not be started is started again
 * @param preemptAfter how long a compilation may go on whose result nobody wants any more; then the
 *     process is killed, so that the next program has its turn
 * @param maxQueue programs that wait; more are refused
 * @param maxResultBytes limit of one result
 */
public record CompilerSettings(
    List<String> command,
    Duration timeout,
    Duration startTimeout,
    Duration restartDelay,
    Duration preemptAfter,
    int maxQueue,
    int maxResultBytes) {

  /** Refuses an empty command. */
  public CompilerSettings {
    command = List.copyOf(command);
    if (command.isEmpty()) {
      throw new IllegalArgumentException("The compiler's command must not be empty");
    }
  }

  /**
   * The defaults for a command: 300 s for a program, 60 s for a start, 2 s until preemption,
   * 200,000 waiting, 64 MiB results.
   */
  public static CompilerSettings of(List<String> command, Duration timeout) {
    return new CompilerSettings(
        command,
        timeout,
        Duration.ofSeconds(60),
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        200_000,
        64 << 20);
  }
}
