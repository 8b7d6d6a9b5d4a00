package io.weirkeeper.simulation;

import java.util.function.UnaryOperator;

/** Runs a range of seeds and prints figures: {@code Explore FROM COUNT THREADS}. */
public final class Explore {
  private Explore() {}

  /**
   * Prints the figures and the broken laws.
   *
   * @param arguments first seed, number of seeds, number of threads
   */
  public static void main(String[] arguments) throws InterruptedException {
    if (arguments.length != 3) {
      System.err.println("Usage: Explore FROM COUNT THREADS");
      System.exit(2);
    }
    Histories.Outcome outcome =
        Histories.run(
            Long.parseLong(arguments[0]),
            Long.parseLong(arguments[1]),
            Integer.parseInt(arguments[2]),
            false,
            () -> UnaryOperator.identity());
    System.out.println(outcome.tally().text(outcome.seconds()));
    System.out.println(outcome.text());
    System.exit(outcome.broken().isEmpty() ? 0 : 1);
  }
}
