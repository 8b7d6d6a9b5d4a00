package io.weirkeeper.store;

import io.vertx.core.Future;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.pipeline.PipelineEvent;
import io.weirkeeper.core.pipeline.PipelineRecord;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * The rows of pipelines and of their history. Every write is one statement, and so one transaction:
 * it locks the shard row, checks the guard, compares and raises the row's revision and writes the
 * event (SAFETY rules 3, 10, 11).
 *
 * <p>All futures fail with {@link StoreException} when the statement certainly had no effect, and
 * writes with {@link OutcomeUnknownException} when that is not certain.
 *
 * <p>Times are kept to the microsecond; {@link #stored} is the one place that cuts them. Take
 * {@code now} from {@link #CLOCK} and a record read back equals the one written.
 */
public interface PipelineStore {

  /** Events kept per pipeline (spec: lifecycle §10). */
  int EVENT_RETENTION = 720;

  /** The wall clock, in microseconds as the database keeps them. */
  Clock CLOCK = Clock.tick(Clock.systemUTC(), Duration.ofNanos(1_000));

  /** A time as the database keeps it: cut to the microsecond. */
  static Instant stored(Instant time) {
    return time == null ? null : time.truncatedTo(ChronoUnit.MICROS);
  }

  /**
   * Inserts a pipeline with revision 1 and its first event.
   *
   * <p>After {@link OutcomeUnknownException} insert the same record again: its id makes that safe,
   * and the answer is {@code Committed} also when it was the first attempt that committed. (A
   * {@link #reload} that finds nothing would not do: the lost statement may still commit.)
   *
   * @return Committed, NotOwner or DuplicateName
   */
  Future<WriteResult> insert(Guard guard, PipelineRecord pipeline, PipelineEvent event);

  /**
   * Writes what differs between two records of one pipeline, raises the revision by one and adds an
   * event. {@code after.revision} is ignored: take the result's.
   *
   * @param before the row as last seen; its revision is compared
   * @param after the same pipeline (tenant, id, name, shard) as it should be
   * @param event the event of this write, or null for none
   * @return Committed, NotOwner, RevisionMoved or RowGone
   * @throws IllegalArgumentException when the records are of different pipelines, or of different
   *     names: see {@link #rename}
   */
  Future<WriteResult> update(
      Guard guard, PipelineRecord before, PipelineRecord after, PipelineEvent event);

  /**
   * Like {@link #update}, for a record that also has another name and may so be of another shard.
   * Locks both shard rows in order of id (SAFETY rule 16).
   *
   * <p>After {@link OutcomeUnknownException} reload under both guards: the row is in one of the two
   * shards.
   *
   * @param source guard of {@code before.shard}
   * @param destination guard of {@code after.shard}; may equal the source
   * @return Committed, NotOwner (of either shard), RevisionMoved, RowGone or DuplicateName
   */
  Future<WriteResult> rename(
      Guard source,
      Guard destination,
      PipelineRecord before,
      PipelineRecord after,
      PipelineEvent event);

  /**
   * Like {@link #update}, and lands only if the row names no process yet and still has the number
   * and id of {@code before}'s deployment: of two processes that report for one deployment one
   * loses (SAFETY rule 1).
   *
   * @param after with {@code deployment.process}, and {@code lease_until} if a lease is to be
   *     granted next
   * @return Committed, NotOwner, RevisionMoved, RowGone or ProcessTaken; ProcessTaken wins over
   *     RevisionMoved
   */
  Future<WriteResult> recordProcess(
      Guard guard, PipelineRecord before, PipelineRecord after, PipelineEvent event);

  /** Records a process and changes nothing else. */
  default Future<WriteResult> recordProcess(
      Guard guard, PipelineRecord before, ProcessReport process) {
    var deployment = before.deployment();
    return recordProcess(
        guard,
        before,
        before.withDeployment(
            new io.weirkeeper.core.pipeline.Deployment(
                deployment.number(),
                deployment.id(),
                deployment.secret(),
                deployment.config(),
                deployment.host(),
                process,
                deployment.leaseUntil())),
        null);
  }

  /**
   * Deletes a pipeline and its events.
   *
   * @param pipeline the row as last seen; its revision is compared
   * @return Committed (with the revision that was deleted), NotOwner, RevisionMoved or RowGone
   */
  Future<WriteResult> delete(Guard guard, PipelineRecord pipeline);

  /**
   * Reads a row and raises its revision in the same statement, so that no write sent before it can
   * land after it: the way back from {@link OutcomeUnknownException} (SAFETY rule 11).
   */
  Future<ReloadResult> reload(Guard guard, UUID tenantId, UUID id);

  /**
   * Reads all rows of some shards, page by page. Call it after the claim of the shards is known to
   * be committed: only then does it see every write of the owner before.
   *
   * @param shards the claimed shards
   * @param page takes at most {@link #PAGE_ROWS} rows; the next page is read when its future
   *     succeeds, and its failure ends the load
   */
  Future<Void> loadShards(Collection<Integer> shards, Function<ShardPage, Future<Void>> page);

  /** Rows of a page of {@link #loadShards}; each row may hold documents of some megabytes. */
  int PAGE_ROWS = 100;

  /** {@link #loadShards(Collection, Function)} into one page; for tests and small numbers. */
  Future<ShardPage> loadShards(Collection<Integer> shards);

  /**
   * The newest events of a pipeline, newest first.
   *
   * @param limit at most this many
   */
  Future<List<PipelineEvent>> events(UUID tenantId, UUID pipelineId, int limit);

  /** The newest event of a pipeline. */
  Future<Optional<PipelineEvent>> latestEvent(UUID tenantId, UUID pipelineId);

  /** One event of a pipeline. */
  Future<Optional<PipelineEvent>> event(UUID tenantId, UUID pipelineId, UUID eventId);

  /**
   * Deletes events beyond the newest of a pipeline, for a bounded number of the pipelines to which
   * this store has written events since it last trimmed them. Call it every 30 s or so.
   *
   * @param retention events to keep per pipeline
   * @return number of events deleted
   */
  Future<Integer> trimEvents(int retention);

  /** Names of a tenant's pipelines, in order; for diagnosis, not for answers of the API. */
  Future<List<String>> names(UUID tenantId);
}
