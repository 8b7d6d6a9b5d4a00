package io.weirkeeper.verticles.http;

import io.vertx.core.Future;
import io.weirkeeper.core.monitor.ClusterEvent;
import io.weirkeeper.store.ClusterEventStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Events in memory, oldest first in the list; the store's own test is against PostgreSQL. */
record TestingClusterEvents(List<ClusterEvent> events) implements ClusterEventStore {
  @Override
  public Future<Void> add(ClusterEvent event) {
    events.add(event);
    return Future.succeededFuture();
  }

  @Override
  public Future<List<ClusterEvent>> newestFirst() {
    List<ClusterEvent> reversed = new ArrayList<>(events);
    Collections.reverse(reversed);
    return Future.succeededFuture(reversed);
  }

  @Override
  public Future<Optional<ClusterEvent>> latest() {
    return newestFirst().map(all -> all.stream().findFirst());
  }

  @Override
  public Future<Optional<ClusterEvent>> find(UUID id) {
    return Future.succeededFuture(
        events.stream().filter(event -> event.id().equals(id)).findFirst());
  }
}
