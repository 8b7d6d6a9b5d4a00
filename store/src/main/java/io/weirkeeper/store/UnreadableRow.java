package io.weirkeeper.store;

import java.util.UUID;

/**
 * A row that this build cannot read, for example because a newer one wrote a status that it does
 * not know. It is one broken pipeline, not a broken shard (SAFETY rule 18).
 *
 * @param tenantId tenant
 * @param id pipeline id
 * @param shard shard
 * @param name name
 * @param reason what could not be read
 */
public record UnreadableRow(UUID tenantId, UUID id, int shard, String name, String reason) {}
