package io.weirkeeper.engine.process;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.List;

/** The number of errors of an endpoint and the most recent of them (spec §3.1). */
final class RecentErrors {
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  /** One error; the index counts all of them, so that a gap shows what was left out. */
  record Item(
      @JsonProperty("timestamp") String timestamp,
      @JsonProperty("index") long index,
      @JsonProperty("tag") String tag,
      @JsonProperty("message") String message) {}

  private final ArrayDeque<Item> items = new ArrayDeque<>();
  private long count;

  synchronized void add(String tag, String message) {
    if (items.size() == Limits.RECENT_ERRORS) {
      items.removeFirst();
    }
    items.add(new Item(MICROS.format(Instant.now()), count++, tag, message));
  }

  synchronized long count() {
    return count;
  }

  synchronized List<Item> items() {
    return List.copyOf(items);
  }
}
