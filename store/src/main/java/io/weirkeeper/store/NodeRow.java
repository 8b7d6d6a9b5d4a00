package io.weirkeeper.store;

import java.util.UUID;

/**
 * A node's row as last polled.
 *
 * @param incarnation identity
 * @param nodeName for people
 * @param address host:port that other nodes reach it by
 * @param hostId id of its data directory
 * @param renewals raised by every renewal; a counter that stands still means a node that does
 * @param fenced it can never claim or renew again
 * @param draining it wants to be rid of its shards
 * @param version of its program
 */
public record NodeRow(
    UUID incarnation,
    String nodeName,
    String address,
    String hostId,
    long renewals,
    boolean fenced,
    boolean draining,
    String version) {}
