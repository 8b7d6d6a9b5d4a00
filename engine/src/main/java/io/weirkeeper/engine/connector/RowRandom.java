package io.weirkeeper.engine.connector;

/**
 * The random numbers of one row: a function of seed, part of the plan and row number only, so that
 * a row comes out alike whoever makes it and whenever. (SplitMix64.)
 */
final class RowRandom {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private long state;

  /** Begins a row. */
  void begin(long seed, int plan, long row) {
    state = mix(mix(seed + (plan + 1) * 0xD1B54A32D192ED03L) + row * GOLDEN);
  }

  long nextLong() {
    state += GOLDEN;
    return mix(state);
  }

  /** From 0 inclusive to 1 exclusive. */
  double nextDouble() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  /** From 0 to {@code bound - 1}, which are unsigned; a bound of 0 stands for 2^64. */
  long below(long bound) {
    long bits = nextLong();
    return bound == 0 ? bits : Long.remainderUnsigned(bits, bound);
  }

  int below(int bound) {
    return (int) below((long) bound);
  }

  private static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
