package io.weirkeeper.store;

import io.vertx.core.Future;
import io.weirkeeper.core.auth.AuditEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Who did what. Entries are added and deleted, never changed. */
public interface AuditStore {
  /** Most entries of one {@link #add}. */
  int BATCH = 500;

  /** Most entries that one {@link #trim} deletes. */
  int TRIM = 10_000;

  /**
   * Which entries are wanted; null stands for all.
   *
   * @param tenantId of this acting tenant
   * @param before older than the entry with this id, for the next page
   * @param since not before this time
   * @param until before this time
   * @param actor whose name is this
   * @param operation with this {@code operationId}
   * @param pipeline on the pipeline of this name
   * @param limit most entries
   */
  record Query(
      UUID tenantId,
      UUID before,
      Instant since,
      Instant until,
      String actor,
      String operation,
      String pipeline,
      int limit) {}

  /** Stores up to {@link #BATCH} entries; storing one twice is as once. */
  Future<Void> add(List<AuditEntry> entries);

  /** Entries, newest first. */
  Future<List<AuditEntry>> newestFirst(Query query);

  /**
   * Deletes some of what is too old or too much.
   *
   * @param retention entries older than this go
   * @param most only so many of the newest stay
   * @return how many were deleted; at {@link #TRIM} there may be more
   */
  Future<Integer> trim(Duration retention, long most);
}
