package io.weirkeeper.verticles.pipeline;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.weirkeeper.verticles.bus.LogFollower;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** The log of one pipeline: a ring in memory with followers (spec: lifecycle §9). Thread-safe. */
final class PipelineLog {
  static final int MAX_BYTES = 1_000_000;
  static final int MAX_LINES = 50_000;
  static final int MAX_FOLLOWER_LAG = 100_000;

  /** Characters of the lines that wait for a follower; reached first only by very long lines. */
  static final long MAX_FOLLOWER_CHARACTERS = 64L << 20;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final Vertx vertx;
  private final Deque<String> lines = new ArrayDeque<>();
  private final Set<Follower> followers = ConcurrentHashMap.newKeySet();
  private long bytes;
  private long discarded;
  private boolean ended;

  /** A new ring, which says so in its first line. */
  PipelineLog(Vertx vertx, Instant now, Object id, String name) {
    this.vertx = vertx;
    controller(now, "INFO", "runner", "Fresh start of pipeline logs", id, name);
  }

  /** A line of the controller itself. */
  void controller(Instant now, String level, String module, String text, Object id, String name) {
    add(
        String.format(
            Locale.ROOT,
            "[manager] %s %-5s %s: %s pipeline-id=\"%s\" pipeline-name=\"%s\"",
            TIME.format(now),
            level,
            module,
            text,
            id,
            name));
  }

  /** A line of the process or of the controller. */
  synchronized void add(String line) {
    if (ended) {
      return;
    }
    lines.add(line);
    bytes += size(line);
    while (bytes > MAX_BYTES || lines.size() > MAX_LINES) {
      bytes -= size(lines.removeFirst());
      discarded++;
    }
    for (Follower follower : followers) {
      follower.offer(List.of(line));
    }
  }

  /** Ends the log and all followers. */
  synchronized void end() {
    ended = true;
    for (Follower follower : followers) {
      follower.finish();
    }
    followers.clear();
  }

  /** A new follower; it has the backlog before any later line. */
  LogFollower follow() {
    return new Follower();
  }

  private static int size(String line) {
    return line.getBytes(StandardCharsets.UTF_8).length + 1;
  }

  /** What the ring holds, after a line that tells what it no longer holds. */
  synchronized List<String> backlog() {
    List<String> backlog = new ArrayList<>(lines.size() + 1);
    if (discarded > 0) {
      backlog.add(
          "[manager] " + discarded + " prior log lines were discarded due to buffer constraints");
    }
    backlog.addAll(lines);
    return backlog;
  }

  private synchronized void join(Follower follower) {
    follower.offer(backlog());
    if (ended) {
      follower.finish();
    } else {
      followers.add(follower);
    }
  }

  /** Delivers on the context on which it was started; offers come from any thread. */
  private final class Follower implements LogFollower {
    private final Deque<String> pending = new ArrayDeque<>();
    private long pendingCharacters;
    private Context context;
    private Consumer<String> line;
    private Runnable end;
    private boolean paused;
    private boolean finished;
    private boolean scheduled;
    private boolean closed;

    @Override
    public void start(Consumer<String> toLine, Runnable atEnd) {
      synchronized (this) {
        context = vertx.getOrCreateContext();
        line = toLine;
        end = atEnd;
      }
      join(this);
    }

    synchronized void offer(List<String> more) {
      if (closed || finished) {
        return;
      }
      pending.addAll(more);
      more.forEach(each -> pendingCharacters += each.length());
      if (pending.size() > MAX_FOLLOWER_LAG || pendingCharacters > MAX_FOLLOWER_CHARACTERS) {
        pending.clear();
        finish();
        return;
      }
      schedule();
    }

    synchronized void finish() {
      finished = true;
      schedule();
    }

    private void schedule() {
      if (!scheduled && !paused && !closed) {
        scheduled = true;
        context.runOnContext(now -> deliver());
      }
    }

    private void deliver() {
      while (true) {
        String next;
        synchronized (this) {
          if (closed || paused) {
            scheduled = false;
            return;
          }
          next = pending.poll();
          if (next != null) {
            pendingCharacters -= next.length();
          } else {
            scheduled = false;
            if (!finished) {
              return;
            }
            closed = true;
          }
        }
        if (next == null) {
          end.run();
          return;
        }
        line.accept(next);
      }
    }

    @Override
    public synchronized void pause() {
      paused = true;
    }

    @Override
    public synchronized void resume() {
      paused = false;
      schedule();
    }

    @Override
    public void close() {
      synchronized (this) {
        closed = true;
        pending.clear();
      }
      followers.remove(this);
    }
  }
}
