package io.weirkeeper.store;

import java.util.UUID;

/**
 * What a node says of itself when it starts.
 *
 * @param incarnation new at every start
 * @param nodeName for people
 * @param address host:port that other nodes reach it by, or an empty text on a single node
 * @param hostId id of the data directory, kept in it; also the home of pipelines' storage
 * @param bootId the kernel's boot id
 * @param version of the program
 */
public record NodeRegistration(
    UUID incarnation,
    String nodeName,
    String address,
    String hostId,
    String bootId,
    String version) {}
