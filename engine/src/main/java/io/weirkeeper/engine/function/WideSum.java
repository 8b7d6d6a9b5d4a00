package io.weirkeeper.engine.function;

/** The sum of integers in 128 bits and how many they are: state of an aggregate. */
public class WideSum {

  /** The upper half. */
  public long high;

  /** The lower half, unsigned. */
  public long low;

  /** Values in the sum. */
  public long count;

  /** Number of the announced overflow (see {@link StepFailures}), or 0. */
  public long failure;

  /** An empty sum. */
  public WideSum() {}

  void add(long value) {
    long before = low;
    low += value;
    high += (value < 0 ? -1 : 0) + (Long.compareUnsigned(low, before) < 0 ? 1 : 0);
    count++;
  }

  void remove(long value) {
    long before = low;
    low -= value;
    high -= (value < 0 ? -1 : 0) + (Long.compareUnsigned(before, value) < 0 ? 1 : 0);
    count--;
  }

  void add(WideSum other) {
    long before = low;
    low += other.low;
    high += other.high + (Long.compareUnsigned(low, before) < 0 ? 1 : 0);
    count += other.count;
  }

  boolean fitsLong() {
    return high == low >> (Long.SIZE - 1);
  }
}
