package io.weirkeeper.bench;

import java.util.Arrays;

/** Measured values of one figure. */
final class Sample {
  private final double[] sorted;

  /** Takes the values, in any order; there must be one. */
  Sample(double[] values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("nothing was measured");
    }
    sorted = values.clone();
    Arrays.sort(sorted);
  }

  int count() {
    return sorted.length;
  }

  double median() {
    return quantile(0.5);
  }

  double max() {
    return sorted[sorted.length - 1];
  }

  /** The smallest value that is not below this share of the values (nearest rank). */
  double quantile(double share) {
    return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
  }
}
