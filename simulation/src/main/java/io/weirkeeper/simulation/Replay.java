package io.weirkeeper.simulation;

import java.util.function.UnaryOperator;

/** Shows one history: {@code Replay SEED}. */
public final class Replay {
  private Replay() {}

  /**
   * Prints the trace of a seed.
   *
   * @param arguments the seed
   */
  public static void main(String[] arguments) {
    if (arguments.length != 1) {
      System.err.println("Usage: replay SEED (a whole number, as a failing run prints it)");
      System.exit(2);
    }
    String trace = History.replay(Long.parseLong(arguments[0]), UnaryOperator.identity());
    System.out.print(trace);
    System.exit(trace.contains("BROKEN: ") ? 1 : 0);
  }
}
