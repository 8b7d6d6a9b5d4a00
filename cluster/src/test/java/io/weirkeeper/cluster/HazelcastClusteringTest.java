package io.weirkeeper.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.config.Config;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HazelcastClusteringTest {
  private static HazelcastClustering.Membership membership(int port, int other) {
    return new HazelcastClustering.Membership(
        "test", "127.0.0.1", port, List.of("127.0.0.1:" + port, "127.0.0.1:" + other), 2);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void theDefaultsThatDoNotFitAreReplaced() {
    Config config = HazelcastClustering.config(membership(5701, 5702));
    assertThat(config.getNetworkConfig().getJoin().getMulticastConfig().isEnabled()).isFalse();
    assertThat(config.getNetworkConfig().getJoin().getAutoDetectionConfig().isEnabled()).isFalse();
    assertThat(config.getNetworkConfig().getInterfaces().getInterfaces())
        .containsExactly("127.0.0.1");
    assertThat(config.getProperty("hazelcast.max.no.heartbeat.seconds")).isEqualTo("5");
    assertThat(config.getProperty("hazelcast.heartbeat.interval.seconds")).isEqualTo("1");
    assertThat(config.getProperty("hazelcast.merge.first.run.delay.seconds")).isEqualTo("5");
    assertThat(config.getProperty("hazelcast.phone.home.enabled")).isEqualTo("false");
    assertThat(config.getProperty("hazelcast.shutdownhook.enabled")).isEqualTo("false");
    assertThat(config.getProperty("hazelcast.initial.min.cluster.size")).isEqualTo("2");
  }

  @Test
  void twoMembersJoinAndAMessageReachesTheOther() throws Exception {
    int a = freePort();
    int b = freePort();
    Future<Vertx> first = HazelcastClustering.start(new VertxOptions(), membership(a, b));
    Future<Vertx> second = HazelcastClustering.start(new VertxOptions(), membership(b, a));
    Vertx here = first.await(60, TimeUnit.SECONDS);
    Vertx there = second.await(60, TimeUnit.SECONDS);
    try {
      there
          .eventBus()
          .<String>consumer("echo", message -> message.reply(message.body() + "!"))
          .completion()
          .await(10, TimeUnit.SECONDS);
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      String answer = null;
      while (answer == null) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        answer =
            here.eventBus()
                .<String>request("echo", "hello")
                .map(reply -> reply.body())
                .otherwiseEmpty()
                .await(10, TimeUnit.SECONDS);
      }
      assertThat(answer).isEqualTo("hello!");
    } finally {
      there.close().await(20, TimeUnit.SECONDS);
      here.close().await(20, TimeUnit.SECONDS);
    }
  }
}
