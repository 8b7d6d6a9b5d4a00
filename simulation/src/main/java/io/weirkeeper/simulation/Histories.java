package io.weirkeeper.simulation;

import io.weirkeeper.verticles.actor.PipelinePorts;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Runs many histories, a thread for each core that it may use. */
public final class Histories {
  private Histories() {}

  /**
   * What came of a range of seeds.
   *
   * @param tally figures of all histories
   * @param broken the seeds that broke a law, and which
   * @param seconds wall time
   */
  public record Outcome(Tally tally, Map<Long, String> broken, double seconds) {
    /** The laws that were broken, with the command that replays each first seed. */
    public String text() {
      Map<String, String> kinds = new TreeMap<>();
      Map<String, Integer> counts = new TreeMap<>();
      broken.forEach(
          (seed, why) -> {
            String kind = why.replaceAll("\\[.*|[0-9]+", "");
            kinds.putIfAbsent(kind, "simulation/replay " + seed + "   # " + why);
            counts.merge(kind, 1, Integer::sum);
          });
      StringBuilder text = new StringBuilder();
      kinds.forEach(
          (kind, command) ->
              text.append(String.format("%n%d times: %s", counts.get(kind), command)));
      return text.toString();
    }
  }

  /**
   * Runs the histories of some seeds.
   *
   * @param from first seed
   * @param count number of seeds
   * @param threads how many at a time
   * @param stopAtFirst whether to end when a law was broken
   * @param mutation what is changed in the code under test; one for each history
   */
  public static Outcome run(
      long from,
      long count,
      int threads,
      boolean stopAtFirst,
      Supplier<UnaryOperator<PipelinePorts>> mutation)
      throws InterruptedException {
    long start = System.nanoTime();
    AtomicLong next = new AtomicLong(from);
    Map<Long, String> broken = new ConcurrentSkipListMap<>();
    List<Thread> workers = new ArrayList<>();
    List<Tally> tallies = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      Tally tally = new Tally();
      tallies.add(tally);
      Thread worker =
          new Thread(
              () -> {
                for (long seed = next.getAndIncrement();
                    seed < from + count && !(stopAtFirst && !broken.isEmpty());
                    seed = next.getAndIncrement()) {
                  try {
                    History.run(seed, tally, mutation.get());
                  } catch (RuntimeException | StackOverflowError e) {
                    broken.put(seed, e instanceof Violation ? e.getMessage() : firstWords(e));
                  }
                }
                tally.cpu(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
              },
              "histories-" + i);
      workers.add(worker);
      worker.start();
    }
    for (Thread worker : workers) {
      worker.join();
    }
    Tally total = new Tally();
    tallies.forEach(total::add);
    return new Outcome(total, Map.copyOf(broken), (System.nanoTime() - start) / 1e9);
  }

  private static String firstWords(Throwable e) {
    StackTraceElement[] stack = e.getStackTrace();
    return e + (stack.length == 0 ? "" : " at " + stack[0]);
  }
}
