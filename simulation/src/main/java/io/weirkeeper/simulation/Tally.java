package io.weirkeeper.simulation;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** Figures of many histories. Not thread-safe: one a thread, added up at the end. */
public final class Tally {
  private final Map<Fault, Long> faults = new EnumMap<>(Fault.class);
  private final Map<String, Long> transitions = new TreeMap<>();
  private long histories;
  private long events;
  private long fewestEvents = Long.MAX_VALUE;
  private long fewestFaults = Long.MAX_VALUE;
  private long writes;
  private long requests;
  private long virtualSeconds;
  private long cpuNanos;

  void history(long steps, Chance chance, long written, long asked, long nanos) {
    histories++;
    events += steps;
    fewestEvents = Math.min(fewestEvents, steps);
    fewestFaults = Math.min(fewestFaults, chance.total());
    writes += written;
    requests += asked;
    virtualSeconds += nanos / 1_000_000_000;
    chance.counts().forEach((fault, count) -> faults.merge(fault, (long) count, Long::sum));
  }

  void transition(String what) {
    transitions.merge(what, 1L, Long::sum);
  }

  /** Adds processor time. */
  void cpu(long nanos) {
    cpuNanos += nanos;
  }

  /** Adds another tally to this one. */
  public void add(Tally other) {
    histories += other.histories;
    events += other.events;
    fewestEvents = Math.min(fewestEvents, other.fewestEvents);
    fewestFaults = Math.min(fewestFaults, other.fewestFaults);
    writes += other.writes;
    requests += other.requests;
    virtualSeconds += other.virtualSeconds;
    cpuNanos += other.cpuNanos;
    other.faults.forEach((fault, count) -> faults.merge(fault, count, Long::sum));
    other.transitions.forEach((what, count) -> transitions.merge(what, count, Long::sum));
  }

  /** Histories run. */
  public long histories() {
    return histories;
  }

  /** Events of the shortest history. */
  public long fewestEvents() {
    return fewestEvents;
  }

  /** Faults of the calmest history. */
  public long fewestFaults() {
    return fewestFaults;
  }

  /** Processor time of all histories, in seconds. */
  public double cpuSeconds() {
    return cpuNanos / 1e9;
  }

  /** How often each kind of fault happened. */
  public Map<Fault, Long> faults() {
    return Map.copyOf(faults);
  }

  /** How often each transition was made, for example {@code resources Stopped -> Provisioning}. */
  public Map<String, Long> transitions() {
    return Map.copyOf(transitions);
  }

  /** The figures as text, several lines. */
  public String text(double seconds) {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            "%,d histories, %,d events (at least %d each), %,d requests, %,d writes, %,d virtual"
                + " hours, at least %d faults each, %.1f s, %.1f s of processor time%n",
            histories,
            events,
            fewestEvents,
            requests,
            writes,
            virtualSeconds / 3_600,
            fewestFaults,
            seconds,
            cpuSeconds()));
    text.append("faults:");
    faults.forEach((fault, count) -> text.append(String.format(" %s %,d", fault, count)));
    text.append(String.format("%n%d kinds of transition:", transitions.size()));
    transitions.forEach((what, count) -> text.append(String.format("%n  %-50s %,d", what, count)));
    return text.toString();
  }
}
