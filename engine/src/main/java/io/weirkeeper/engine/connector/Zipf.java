package io.weirkeeper.engine.connector;

/**
 * Draws ranks 1 to n with probabilities in proportion to {@code rank^-e}, by rejection-inversion
 * (Hörmann and Derflinger 1996): in constant time and memory, however many ranks there are.
 */
final class Zipf {
  private final double ranks;
  private final double exponent;
  private final double integralOfFirst;
  private final double integralOfLast;
  private final double shortcut;

  /**
   * @param ranks at least 1
   * @param exponent at least 0
   */
  Zipf(double ranks, double exponent) {
    this.ranks = ranks;
    this.exponent = exponent;
    this.integralOfFirst = integral(1.5) - 1;
    this.integralOfLast = integral(ranks + 0.5);
    this.shortcut = 2 - inverse(integral(2.5) - density(2));
  }

  /** A rank, from 1. */
  long next(RowRandom random) {
    while (true) {
      double u = integralOfLast + random.nextDouble() * (integralOfFirst - integralOfLast);
      double x = inverse(u);
      double rank = Math.min(ranks, Math.max(1, Math.floor(x + 0.5)));
      if (rank - x <= shortcut || u >= integral(rank + 0.5) - density(rank)) {
        return (long) rank;
      }
    }
  }

  private double density(double x) {
    return Math.exp(-exponent * Math.log(x));
  }

  private double integral(double x) {
    double log = Math.log(x);
    double t = (1 - exponent) * log;
    return (Math.abs(t) > 1e-8 ? Math.expm1(t) / t : 1 + t / 2 * (1 + t / 3)) * log;
  }

  private double inverse(double y) {
    double t = Math.max(-1, y * (1 - exponent));
    return Math.exp((Math.abs(t) > 1e-8 ? Math.log1p(t) / t : 1 - t * (0.5 - t / 3)) * y);
  }
}
