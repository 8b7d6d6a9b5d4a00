package io.weirkeeper.engine.connector;

import io.weirkeeper.core.connector.DatagenStrategies;
import java.math.BigInteger;

/**
 * Whole numbers of a range (spec: connectors §2.1): for row n {@code a + (n * scale) mod (b - a)},
 * for random values the same with a random n. Sizes are unsigned; 0 stands for 2^64.
 */
final class Counter {
  private final long from;
  private final long size;
  private final long first;
  private final long scale;
  private final String strategy;
  private final Zipf zipf;

  /**
   * @param from smallest value
   * @param size number of values
   */
  Counter(String strategy, long from, long size, long scale, long exponent) {
    this(strategy, from, size, 0, scale, exponent);
  }

  /**
   * @param first how far above the smallest value counting begins
   */
  Counter(String strategy, long from, long size, long first, long scale, long exponent) {
    this.strategy = strategy;
    this.from = from;
    this.size = size;
    this.first = first;
    this.scale = scale;
    this.zipf = strategy.equals(DatagenStrategies.ZIPF) ? new Zipf(asDouble(size), exponent) : null;
  }

  private static double asDouble(long unsigned) {
    return unsigned == 0
        ? 0x1.0p64
        : unsigned > 0 ? unsigned : (unsigned >>> 1 | unsigned & 1) * 2.0;
  }

  long next(long number, RowRandom random) {
    return switch (strategy) {
      case DatagenStrategies.INCREMENT -> from + shifted(scaled(number, scale, size));
      case DatagenStrategies.ZIPF -> from + zipf.next(random) - 1;
      default -> from + scaled(random.below(size), scale, size);
    };
  }

  private long shifted(long value) {
    long rest = size - first;
    return first == 0
        ? value
        : Long.compareUnsigned(value, rest) < 0 ? value + first : value - rest;
  }

  /** {@code (number * scale) mod size}, never negative; number and size are unsigned. */
  static long scaled(long number, long scale, long size) {
    long product = number * scale;
    boolean small =
        number >= 0 && (product == 0 || (scale > 0 && Math.multiplyHigh(number, scale) == 0));
    if (small && product >= 0) {
      return size == 0 ? product : Long.remainderUnsigned(product, size);
    }
    if (size == 0) {
      return product;
    }
    return unsigned(number).multiply(BigInteger.valueOf(scale)).mod(unsigned(size)).longValue();
  }

  private static BigInteger unsigned(long value) {
    return new BigInteger(Long.toUnsignedString(value));
  }
}
