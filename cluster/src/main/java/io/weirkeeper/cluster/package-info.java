/**
 * Who owns which shard, and until when this node may say so.
 *
 * <p>{@link io.weirkeeper.cluster.NodeSession} is the door: it registers this node, renews its
 * session, polls the truth from the database every second, claims shards and tells an {@link
 * io.weirkeeper.cluster.OwnershipListener}. PostgreSQL decides; Hazelcast ({@link
 * io.weirkeeper.cluster.HazelcastClustering}) serves the event bus and hints. There are no rules of
 * pipelines here.
 */
package io.weirkeeper.cluster;
