package io.weirkeeper.conf;

import java.time.Duration;
import java.util.List;

/**
 * How much is kept of what was.
 *
 * @param eventRetention events kept per pipeline, {@code --pipeline-events-retention}, default 720
 * @param supportFrequency between collections of support data of every running pipeline, {@code
 *     --support-data-collection-frequency}, default 600 s; 0s for none
 * @param supportRetention collections kept per pipeline, {@code --support-data-retention}, default
 *     3
 * @param auditRetention how long it is kept who did what, {@code --audit-retention}, default 2160 h
 *     (90 days); 0s for not at all
 * @param auditEntries entries of the audit log that are kept at most, {@code
 *     --audit-retention-entries}, default 1,000,000
 */
public record HistorySettings(
    int eventRetention,
    Duration supportFrequency,
    int supportRetention,
    Duration auditRetention,
    int auditEntries) {
  private static final int DEFAULT_EVENTS = 720;
  private static final Duration DEFAULT_FREQUENCY = Duration.ofSeconds(600);
  private static final int DEFAULT_COLLECTIONS = 3;
  private static final Duration DEFAULT_AUDIT = Duration.ofHours(2160);
  private static final int DEFAULT_AUDIT_ENTRIES = 1_000_000;

  static final Key<Integer> EVENT_RETENTION =
      Key.number(
          "pipeline-events-retention",
          Integer.toString(DEFAULT_EVENTS),
          1,
          100_000,
          "events kept per pipeline");
  static final Key<Duration> SUPPORT_FREQUENCY =
      Key.duration(
          "support-data-collection-frequency",
          DEFAULT_FREQUENCY,
          Duration.ZERO,
          Duration.ofHours(24),
          "time between collections of support data; 0s for none");
  static final Key<Integer> SUPPORT_RETENTION =
      Key.number(
          "support-data-retention",
          Integer.toString(DEFAULT_COLLECTIONS),
          1,
          1_000,
          "collections of support data kept per pipeline");

  static final Key<Duration> AUDIT_RETENTION =
      Key.duration(
          "audit-retention",
          DEFAULT_AUDIT,
          Duration.ZERO,
          Duration.ofHours(87_600),
          "how long it is kept who did what; 0s for not at all");
  static final Key<Integer> AUDIT_ENTRIES =
      Key.number(
          "audit-retention-entries",
          Integer.toString(DEFAULT_AUDIT_ENTRIES),
          1_000,
          100_000_000,
          "entries of the audit log that are kept at most");

  static final List<Key<?>> KEYS =
      List.of(
          EVENT_RETENTION, SUPPORT_FREQUENCY, SUPPORT_RETENTION, AUDIT_RETENTION, AUDIT_ENTRIES);

  static HistorySettings from(Values values) {
    return new HistorySettings(
        values.get(EVENT_RETENTION).orElse(DEFAULT_EVENTS),
        values.get(SUPPORT_FREQUENCY).orElse(DEFAULT_FREQUENCY),
        values.get(SUPPORT_RETENTION).orElse(DEFAULT_COLLECTIONS),
        values.get(AUDIT_RETENTION).orElse(DEFAULT_AUDIT),
        values.get(AUDIT_ENTRIES).orElse(DEFAULT_AUDIT_ENTRIES));
  }
}
