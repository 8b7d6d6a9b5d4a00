package io.weirkeeper.verticles.http;

import io.weirkeeper.core.monitor.ClusterMonitor;
import io.weirkeeper.store.AccessStores;
import io.weirkeeper.store.AuditStore;
import io.weirkeeper.store.ClusterEventStore;
import io.weirkeeper.verticles.audit.AuditTrail;
import io.weirkeeper.verticles.http.auth.Authenticator;
import io.weirkeeper.verticles.snapshot.ReadRight;
import io.weirkeeper.verticles.snapshot.SnapshotTable;
import io.weirkeeper.verticles.support.SupportBundles;
import io.weirkeeper.verticles.tls.ServerCertificate;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * What the REST front reads from the rest of the node. All are called on event loops and must not
 * block.
 *
 * @param snapshots the published pipelines
 * @param reads for which of its snapshots this node may vouch at this moment
 * @param databaseReachable outcome of the last probe of the database
 * @param monitor health of the parts as of the last check, for {@code /v0/cluster_healthz}
 * @param clusterEvents its history
 * @param support makes support bundles
 * @param authenticator finds out who asks
 * @param access tenants, members, keys and trusts
 * @param audit hears who did what
 * @param auditEntries what it wrote down
 * @param limits requests and streams of each tenant
 * @param certificate what clients are shown; null for plain HTTP
 * @param observer hears of requests
 */
public record FrontServices(
    SnapshotTable snapshots,
    ReadRight reads,
    BooleanSupplier databaseReachable,
    Supplier<ClusterMonitor> monitor,
    ClusterEventStore clusterEvents,
    SupportBundles support,
    Authenticator authenticator,
    AccessStores access,
    AuditTrail audit,
    AuditStore auditEntries,
    TenantLimits limits,
    ServerCertificate certificate,
    HttpObserver observer) {

  /** Refuses missing parts. */
  public FrontServices {
    Objects.requireNonNull(snapshots, "snapshots");
    Objects.requireNonNull(reads, "reads");
    Objects.requireNonNull(databaseReachable, "databaseReachable");
    Objects.requireNonNull(monitor, "monitor");
    Objects.requireNonNull(clusterEvents, "clusterEvents");
    Objects.requireNonNull(support, "support");
    Objects.requireNonNull(authenticator, "authenticator");
    Objects.requireNonNull(access, "access");
    Objects.requireNonNull(audit, "audit");
    Objects.requireNonNull(auditEntries, "auditEntries");
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(observer, "observer");
  }
}
