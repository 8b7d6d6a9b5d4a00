package io.weirkeeper.simulation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.PriorityQueue;

/** The one thread of a history: tasks in order of their virtual time, and of their creation. */
final class VirtualTime {
  static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final PriorityQueue<Task> tasks = new PriorityQueue<>();
  private long nanos;
  private long created;
  private long steps;

  /** Something that acts, and does not any more once it is dead. */
  static class Actor {
    private boolean dead;
    private int waiting;

    /** Nothing that it had under way happens any more. */
    void die() {
      dead = true;
    }

    boolean isDead() {
      return dead;
    }

    /** Tasks that wait for it. */
    int waiting() {
      return waiting;
    }
  }

  private record Task(long at, long order, Actor actor, Runnable run) implements Comparable<Task> {
    @Override
    public int compareTo(Task other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  /** Does something later. */
  void after(long delayNanos, Actor actor, Runnable run) {
    actor.waiting++;
    tasks.add(new Task(nanos + delayNanos, created++, actor, run));
  }

  /** Does the next thing; false when there is none. */
  boolean step() {
    while (true) {
      Task task = tasks.poll();
      if (task == null) {
        return false;
      }
      task.actor.waiting--;
      if (task.actor.dead) {
        continue;
      }
      nanos = task.at;
      steps++;
      task.run.run();
      return true;
    }
  }

  /** Virtual nanoseconds since the start. */
  long nanos() {
    return nanos;
  }

  /** Tasks done. */
  long steps() {
    return steps;
  }

  /** Virtual wall time, as precise as the database keeps it. */
  Instant instant() {
    return START.plusNanos(nanos / 1_000 * 1_000);
  }

  /** The wall clock of this history. */
  Clock clock() {
    return new Clock() {
      @Override
      public ZoneId getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("a history has one zone");
      }

      @Override
      public Instant instant() {
        return VirtualTime.this.instant();
      }
    };
  }

  static long millis(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }

  static long seconds(long seconds) {
    return Duration.ofSeconds(seconds).toNanos();
  }
}
