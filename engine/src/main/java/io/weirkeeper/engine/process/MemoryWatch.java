package io.weirkeeper.engine.process;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * Notices that the heap is too small for the pipeline's data. The collector does not say so (it is
 * told not to, because then the process would end without a word): it collects again and again,
 * each time for a few rows more, and the pipeline hangs without an error. Here that ends it: over
 * {@link #WINDOW}, more than {@value #MAX_COLLECTING_PERCENT} % of the time went into collections,
 * and after the last one the old generation was more than {@value #MAX_FULL_PERCENT} % full.
 */
final class MemoryWatch {
  /** The time that is judged: long enough for one long collection not to count. */
  static final Duration WINDOW = Duration.ofSeconds(10);

  /** Share of the window that collections may take. */
  static final int MAX_COLLECTING_PERCENT = 90;

  /** How full the heap may be after a collection. */
  static final int MAX_FULL_PERCENT = 95;

  private static final Duration PERIOD = Duration.ofSeconds(1);

  private final Deque<Sample> samples = new ArrayDeque<>();

  /**
   * What is known at one time.
   *
   * @param nanos monotonic clock
   * @param collectingMillis total time of collections until now
   * @param fullPercent how full the old generation was after the last collection of it
   */
  record Sample(long nanos, long collectingMillis, int fullPercent) {}

  /**
   * Starts watching; tells once what is wrong, in a sentence for the pipeline's owner.
   *
   * @return the thread that watches; it ends when it is interrupted
   */
  static Thread start(long limitMegabytes, Consumer<String> onExhausted) {
    MemoryWatch watch = new MemoryWatch();
    Thread thread =
        new Thread(
            () -> {
              try {
                while (!watch.isExhausted(now())) {
                  Thread.sleep(PERIOD.toMillis());
                }
                onExhausted.accept(message(limitMegabytes));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "memory-watch");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Adds a sample; whether the samples say that memory is exhausted. */
  boolean isExhausted(Sample sample) {
    samples.addLast(sample);
    // The oldest one that is kept is at least a window old.
    while (samples.size() > 2
        && sample.nanos() - samples.stream().skip(1).findFirst().orElseThrow().nanos()
            >= WINDOW.toNanos()) {
      samples.removeFirst();
    }
    Sample first = samples.getFirst();
    long millis = (sample.nanos() - first.nanos()) / 1_000_000;
    return millis >= WINDOW.toMillis()
        && (sample.collectingMillis() - first.collectingMillis()) * 100
            > millis * MAX_COLLECTING_PERCENT
        && sample.fullPercent() > MAX_FULL_PERCENT;
  }

  static String message(long limitMegabytes) {
    return "The pipeline's memory is exhausted: its heap of "
        + (Runtime.getRuntime().maxMemory() >> 20)
        + " MiB is full and the process does little else than collect garbage. Raise"
        + " runtime_config.resources.memory_mb_max"
        + (limitMegabytes > 0
            ? " (" + limitMegabytes + " MB now; three fifths of it are heap)"
            : " (not set: the server's --engine-heap applies)")
        + " or keep less data in the pipeline.";
  }

  private static Sample now() {
    long collecting = 0;
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      collecting += Math.max(0, collector.getCollectionTime());
    }
    int full = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      MemoryUsage after = pool.getType() == MemoryType.HEAP ? pool.getCollectionUsage() : null;
      if (after != null && after.getMax() > 0) {
        // The old generation is the largest pool, and full when the others are.
        boolean old = pool.getName().contains("Old") || pool.getName().contains("Tenured");
        full = old ? (int) (after.getUsed() * 100 / after.getMax()) : full;
      }
    }
    return new Sample(System.nanoTime(), collecting, full);
  }
}
