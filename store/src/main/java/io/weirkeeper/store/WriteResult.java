package io.weirkeeper.store;

/**
 * What a guarded write did. Every case but {@link Committed} means: nothing was written. An outcome
 * that is not known is no result but a failed future with {@link OutcomeUnknownException} (SAFETY
 * rule 11).
 */
public sealed interface WriteResult {

  /**
   * The write is durable.
   *
   * @param revision the row's revision after the write
   */
  record Committed(long revision) implements WriteResult {}

  /** The guard no longer holds: another claim has raised the epoch or changed the owner. */
  record NotOwner() implements WriteResult {}

  /**
   * The row is not at the revision of the record that was given.
   *
   * @param current the row's revision when the statement began; equal to the expected one when
   *     another write committed while this one was waiting for it
   */
  record RevisionMoved(long current) implements WriteResult {}

  /** There is no such row in the guard's shard. */
  record RowGone() implements WriteResult {}

  /** Only of insert and rename: the tenant has another pipeline of this name. */
  record DuplicateName() implements WriteResult {}

  /**
   * Only of {@link PipelineStore#recordProcess}: the row already names a process for this
   * deployment, or its deployment is another one (SAFETY rule 1).
   */
  record ProcessTaken() implements WriteResult {}

  /** Whether the write is durable. */
  default boolean isCommitted() {
    return this instanceof Committed;
  }
}
