package io.weirkeeper.store;

import io.vertx.core.Future;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.ShardMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A registered node that has claimed all shards, and writes that wait for their result. */
record OwnedShards(Database database, NodeRegistration node, Map<Integer, Guard> guards) {

  static NodeRegistration registration(String hostId) {
    return new NodeRegistration(UUID.randomUUID(), "node", "", hostId, "boot", "test");
  }

  static OwnedShards claimAll(Database database) throws TimeoutException {
    NodeRegistration node = registration(UUID.randomUUID().toString());
    database.sessions().register(node).await(10, TimeUnit.SECONDS);
    Map<Integer, Guard> guards = new ConcurrentHashMap<>();
    List<Future<?>> claims = new ArrayList<>();
    for (int shard = 0; shard < ShardMap.SHARDS; shard++) {
      claims.add(
          database
              .sessions()
              .claim(shard, node.incarnation())
              .map(Optional::orElseThrow)
              .onSuccess(guard -> guards.put(guard.shard(), guard)));
    }
    Future.all(claims).await(30, TimeUnit.SECONDS);
    return new OwnedShards(database, node, guards);
  }

  Guard guard(PipelineRecord pipeline) {
    return guards.get(pipeline.shard());
  }

  WriteResult insert(PipelineRecord pipeline) throws TimeoutException {
    return database
        .pipelines()
        .insert(guard(pipeline), pipeline, Samples.event(pipeline))
        .await(10, TimeUnit.SECONDS);
  }

  WriteResult update(PipelineRecord before, PipelineRecord after) throws TimeoutException {
    return database
        .pipelines()
        .update(guard(before), before, after, Samples.event(after))
        .await(10, TimeUnit.SECONDS);
  }

  WriteResult rename(PipelineRecord before, PipelineRecord after) throws TimeoutException {
    return database
        .pipelines()
        .rename(guard(before), guard(after), before, after, Samples.event(after))
        .await(10, TimeUnit.SECONDS);
  }

  WriteResult delete(PipelineRecord pipeline) throws TimeoutException {
    return database.pipelines().delete(guard(pipeline), pipeline).await(10, TimeUnit.SECONDS);
  }
}
