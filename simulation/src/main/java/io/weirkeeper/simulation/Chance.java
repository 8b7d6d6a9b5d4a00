package io.weirkeeper.simulation;

import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Consumer;

/** The source of everything random in a history; the faults end when they are told to. */
final class Chance {
  private final SplittableRandom random;
  private final Map<Fault, Integer> faults = new EnumMap<>(Fault.class);
  private final double intensity;
  private boolean faulty = true;
  private int total;
  private long order;
  private Consumer<Fault> listener = fault -> {};

  Chance(long seed) {
    random = new SplittableRandom(seed);
    // Some histories are nearly calm, others a storm.
    double[] intensities = {0.5, 1, 1, 2, 4};
    intensity = intensities[random.nextInt(intensities.length)];
  }

  /** Whether this goes wrong now; counted. */
  boolean happens(Fault fault, double probability) {
    if (!faulty || random.nextDouble() >= probability * intensity) {
      return false;
    }
    count(fault);
    return true;
  }

  void count(Fault fault) {
    faults.merge(fault, 1, Integer::sum);
    total++;
    listener.accept(fault);
  }

  /** Tells somebody of every fault. */
  void listen(Consumer<Fault> to) {
    listener = to;
  }

  /** From now on everything works. */
  void endFaults() {
    faulty = false;
  }

  boolean faulty() {
    return faulty;
  }

  int total() {
    return total;
  }

  Map<Fault, Integer> counts() {
    return faults;
  }

  boolean percent(int of100) {
    return random.nextInt(100) < of100;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  /** Nanoseconds between two numbers of microseconds. */
  long micros(long from, long to) {
    return random.nextLong(from, to) * 1_000;
  }

  /** Nanoseconds between two numbers of milliseconds. */
  long millis(long from, long to) {
    return random.nextLong(from, to) * 1_000_000;
  }

  @SafeVarargs
  final <T> T oneOf(T... values) {
    return values[random.nextInt(values.length)];
  }

  /** An ascending identifier. */
  UUID uuid() {
    return new UUID(0x7000L | (++order << 16), random.nextLong());
  }
}
