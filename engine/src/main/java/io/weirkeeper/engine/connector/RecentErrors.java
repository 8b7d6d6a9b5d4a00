package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The number of errors of one kind of an endpoint and the most recent of them (spec:
 * pipeline-protocol §3.1).
 */
public final class RecentErrors {
  /** Most recent errors kept. */
  static final int KEPT = 100;

  /** Characters of a message; the rest is cut off. */
  static final int MESSAGE_CHARACTERS = 2_000;

  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  /**
   * One error.
   *
   * @param timestamp RFC 3339 with microseconds
   * @param index counts all errors, so that a gap shows what was left out
   * @param tag groups errors of a kind
   * @param message what was wrong
   */
  public record Item(
      @JsonProperty("timestamp") String timestamp,
      @JsonProperty("index") long index,
      @JsonProperty("tag") String tag,
      @JsonProperty("message") String message) {}

  private final ArrayDeque<Item> items = new ArrayDeque<>();
  private long count;

  /** Adds an error. */
  public synchronized void add(String tag, String message) {
    if (items.size() == KEPT) {
      items.removeFirst();
    }
    String text =
        message == null || message.length() <= MESSAGE_CHARACTERS
            ? message
            : message.substring(0, MESSAGE_CHARACTERS) + "...";
    items.add(new Item(MICROS.format(Instant.now()), count++, tag, text));
  }

  /** All errors so far. */
  public synchronized long count() {
    return count;
  }

  /** The most recent errors, oldest first. */
  public synchronized List<Item> items() {
    return List.copyOf(items);
  }
}
