package io.weirkeeper.store;

import java.util.UUID;

/**
 * A shard's row as last polled.
 *
 * @param id shard
 * @param owner owning incarnation, or null
 * @param epoch raised by every claim
 * @param handoffTo incarnation to which the owner offers it, or null
 */
public record ShardRow(int id, UUID owner, long epoch, UUID handoffTo) {}
