package io.weirkeeper.verticles.pipeline;

import io.weirkeeper.cluster.Ownership;
import io.weirkeeper.core.auth.TenantQuotas;
import io.weirkeeper.core.pipeline.Lifecycle;
import io.weirkeeper.store.PipelineStore;
import io.weirkeeper.verticles.actor.PipelineSettings;
import io.weirkeeper.verticles.process.ProcessClient;
import io.weirkeeper.verticles.process.ProcessHost;
import io.weirkeeper.verticles.snapshot.Snapshot;
import io.weirkeeper.verticles.snapshot.SnapshotTable;
import java.time.Clock;
import java.util.function.Supplier;

/**
 * What the pipelines of a node share.
 *
 * @param settings times and limits
 * @param lifecycle the rules
 * @param platformVersion API version of this server
 * @param store the truth
 * @param ownership which shards this node may write; a supplier, because the session starts after
 *     the verticles
 * @param snapshots where states are published
 * @param renderer makes the published bytes
 * @param host this host's processes
 * @param client speaks to them
 * @param clock wall clock, for timestamps only
 * @param observer hears of changes
 * @param eventRetention events kept per pipeline
 * @param quotas how much each tenant may have
 */
public record PipelineServices(
    PipelineSettings settings,
    Lifecycle lifecycle,
    String platformVersion,
    PipelineStore store,
    Supplier<Ownership> ownership,
    SnapshotTable snapshots,
    Snapshot.Renderer renderer,
    ProcessHost host,
    ProcessClient client,
    Clock clock,
    PipelineObserver observer,
    int eventRetention,
    TenantQuotas quotas) {}
