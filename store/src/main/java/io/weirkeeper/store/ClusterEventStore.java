package io.weirkeeper.store;

import io.vertx.core.Future;
import io.weirkeeper.core.monitor.ClusterEvent;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The history of the cluster's health (spec: lifecycle §11). All futures may fail as reads do. */
public interface ClusterEventStore {
  /** Events older than this are deleted. */
  Duration RETENTION = Duration.ofHours(72);

  /** Only so many of the newest events are kept. */
  int MOST_EVENTS = 1_000;

  /** Stores an event, and deletes those that are not kept; storing one twice is as once. */
  Future<Void> add(ClusterEvent event);

  /** All events, newest first. */
  Future<List<ClusterEvent>> newestFirst();

  /** The newest event. */
  Future<Optional<ClusterEvent>> latest();

  /** An event. */
  Future<Optional<ClusterEvent>> find(UUID id);
}
