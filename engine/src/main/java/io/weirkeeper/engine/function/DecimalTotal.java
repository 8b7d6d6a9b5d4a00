package io.weirkeeper.engine.function;

import java.math.BigDecimal;
import java.math.BigInteger;

/** The exact sum of decimals of one type and how many they are: state of an aggregate. */
public class DecimalTotal {

  /** The unscaled sum, as {@link BigInteger} writes itself. */
  public byte[] unscaled = {0};

  /** Digits after the point. */
  public int scale;

  /** Digits of the type. */
  public int precision;

  /** Values in the sum. */
  public long count;

  /** Number of the announced overflow (see {@link StepFailures}), or 0. */
  public long failure;

  /** An empty sum. */
  public DecimalTotal() {}

  void add(BigDecimal value, int digits) {
    scale = value.scale();
    precision = digits;
    unscaled = sum().add(value.unscaledValue()).toByteArray();
    count++;
  }

  void remove(BigDecimal value, int digits) {
    scale = value.scale();
    precision = digits;
    unscaled = sum().subtract(value.unscaledValue()).toByteArray();
    count--;
  }

  void add(DecimalTotal other) {
    scale = Math.max(scale, other.scale);
    precision = Math.max(precision, other.precision);
    unscaled = sum().add(other.sum()).toByteArray();
    count += other.count;
  }

  BigInteger sum() {
    return new BigInteger(unscaled);
  }
}
