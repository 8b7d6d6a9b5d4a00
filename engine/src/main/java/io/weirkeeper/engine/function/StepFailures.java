package io.weirkeeper.engine.function;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Results that would be errors if a step ended with them. An aggregate sees the rows of a step one
 * by one: its result may be out of range half way and in range again at the end, and only the end
 * counts. So an aggregate announces such a result here, takes it back when it is gone, and the step
 * fails if one is left. Safe for use by several threads.
 */
public final class StepFailures {

  private static final Map<String, StepFailures> OPEN = new ConcurrentHashMap<>();
  private static final AtomicLong NEXT = new AtomicLong();

  private final Map<Long, String> pending = new ConcurrentHashMap<>();

  private StepFailures() {}

  /** Those of a dataflow; made on first use. */
  public static StepFailures of(String dataflow) {
    return OPEN.computeIfAbsent(dataflow, id -> new StepFailures());
  }

  /** Forgets those of a dataflow that has ended. */
  public static void close(String dataflow) {
    OPEN.remove(dataflow);
  }

  /**
   * What is wrong at the end of a step, if something is. To be asked when all operators have seen
   * the end of the step.
   */
  public Optional<String> check() {
    return pending.values().stream().findFirst();
  }

  /**
   * Announces a bad result.
   *
   * @return a number for {@link #gone}, never 0
   */
  long announce(String message) {
    long number = NEXT.incrementAndGet();
    pending.put(number, message);
    return number;
  }

  /** Takes a bad result back. */
  void gone(long number) {
    pending.remove(number);
  }
}
