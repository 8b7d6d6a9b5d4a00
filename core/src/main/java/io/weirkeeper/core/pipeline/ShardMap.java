package io.weirkeeper.core.pipeline;

import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * Where a pipeline belongs: a stable hash of (tenant, name) into a fixed number of shards. Both the
 * number and the hash are stored beside the shards and checked at start, because changing either
 * strands every row.
 */
public final class ShardMap {
  /** Number of shards. */
  public static final int SHARDS = 256;

  /** Version of the hash below. */
  public static final int HASH_VERSION = 1;

  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private ShardMap() {}

  /**
   * The shard of a pipeline, 0 to {@link #SHARDS} - 1: FNV-1a over the tenant's 16 bytes and the
   * name's UTF-8.
   */
  public static int shardOf(UUID tenantId, String name) {
    long hash = FNV_OFFSET;
    hash = mix(hash, tenantId.getMostSignificantBits());
    hash = mix(hash, tenantId.getLeastSignificantBits());
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * FNV_PRIME;
    }
    // The low bits of FNV are weak for short keys: fold the high half in.
    return (int) ((hash ^ (hash >>> 32)) & (SHARDS - 1));
  }

  private static long mix(long hash, long bits) {
    long mixed = hash;
    for (int shift = 56; shift >= 0; shift -= 8) {
      mixed = (mixed ^ ((bits >>> shift) & 0xff)) * FNV_PRIME;
    }
    return mixed;
  }
}
