package io.weirkeeper.cluster;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MultiMapConfig;
import com.hazelcast.config.MultiMapConfig.ValueCollectionType;
import com.hazelcast.config.NetworkConfig;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.util.List;

/**
 * The clustered event bus: node-to-node messages and membership hints. It decides nothing; a cut
 * network can give two halves that each believe the other gone, which is why ownership is in
 * PostgreSQL alone.
 *
 * <p>A single node, which is the default, does not start it: it needs no second node, opens no port
 * and saves some seconds and memory. Members speak in clear text, because the open edition has no
 * TLS between members: bind it to a private interface.
 */
public final class HazelcastClustering {
  private static final int HEARTBEAT_SECONDS = 1;
  private static final int NO_HEARTBEAT_SECONDS = 5;
  private static final int MERGE_SECONDS = 5;
  private static final int JOIN_WAIT_SECONDS = 1;
  private static final int GRACEFUL_SHUTDOWN_SECONDS = 5;

  /**
   * Where and with whom to cluster.
   *
   * @param clusterName members of another name do not join
   * @param bind address of the private interface, for Hazelcast and for the event bus
   * @param port of Hazelcast; the event bus takes a free one
   * @param seeds host:port of members to look for, this node's own allowed
   * @param minimumMembers the start waits for so many; otherwise the first member of a cluster that
   *     starts together would believe itself alone
   */
  public record Membership(
      String clusterName, String bind, int port, List<String> seeds, int minimumMembers) {

    /** Copies the seeds. */
    public Membership {
      seeds = List.copyOf(seeds);
    }
  }

  private HazelcastClustering() {}

  /**
   * Starts a clustered Vert.x. Joining blocks for seconds, on a thread of its own.
   *
   * @param options further options; the event bus's address is set here
   * @param membership where and with whom
   */
  public static Future<Vertx> start(VertxOptions options, Membership membership) {
    options.getEventBusOptions().setHost(membership.bind()).setClusterPublicHost(membership.bind());
    return Vertx.builder()
        .with(options)
        .withClusterManager(new HazelcastClusterManager(config(membership)))
        .buildClustered();
  }

  /** Hazelcast's configuration. Its defaults are for other needs: most times are ten times ours. */
  static Config config(Membership membership) {
    Config config = new Config();
    config.setClusterName(membership.clusterName());
    NetworkConfig network = config.getNetworkConfig();
    network.setPort(membership.port()).setPortAutoIncrement(false);
    network.getInterfaces().setEnabled(true).addInterface(membership.bind());
    JoinConfig join = network.getJoin();
    join.getMulticastConfig().setEnabled(false);
    join.getAutoDetectionConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(true);
    membership.seeds().forEach(join.getTcpIpConfig()::addMember);
    config.getJetConfig().setEnabled(false);

    property(config, "hazelcast.logging.type", "slf4j");
    property(config, "hazelcast.phone.home.enabled", "false");
    // The program drains first and leaves then; a hook of Hazelcast's own would come in between.
    property(config, "hazelcast.shutdownhook.enabled", "false");
    property(config, "hazelcast.heartbeat.interval.seconds", HEARTBEAT_SECONDS);
    property(config, "hazelcast.max.no.heartbeat.seconds", NO_HEARTBEAT_SECONDS);
    property(config, "hazelcast.merge.first.run.delay.seconds", MERGE_SECONDS);
    property(config, "hazelcast.merge.next.run.delay.seconds", MERGE_SECONDS);
    property(config, "hazelcast.wait.seconds.before.join", JOIN_WAIT_SECONDS);
    property(config, "hazelcast.graceful.shutdown.max.wait", GRACEFUL_SHUTDOWN_SECONDS);
    property(config, "hazelcast.initial.min.cluster.size", membership.minimumMembers());

    // What the event bus keeps in Hazelcast: its registrations and members.
    config.addMultiMapConfig(
        new MultiMapConfig("__vertx.subs")
            .setBackupCount(1)
            .setValueCollectionType(ValueCollectionType.SET));
    config.addMapConfig(new MapConfig("__vertx.haInfo").setBackupCount(1));
    config.addMapConfig(new MapConfig("__vertx.nodeInfo").setBackupCount(1));
    return config;
  }

  private static void property(Config config, String name, Object value) {
    config.setProperty(name, String.valueOf(value));
  }
}
