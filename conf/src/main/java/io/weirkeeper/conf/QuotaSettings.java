package io.weirkeeper.conf;

import java.util.List;

/**
 * How much each tenant may have; 0, the default of all, is no limit.
 *
 * @param pipelines pipelines, {@code --tenant-max-pipelines}
 * @param running pipelines that run, {@code --tenant-max-running-pipelines}
 * @param requestsPerSecond requests a second, {@code --tenant-max-requests-per-second}
 * @param streams ingress, egress, queries and logs at once, {@code --tenant-max-streams}
 */
public record QuotaSettings(int pipelines, int running, int requestsPerSecond, int streams) {
  private static final int MOST = 1_000_000_000;

  static final Key<Integer> PIPELINES = quota("tenant-max-pipelines", "pipelines of a tenant");
  static final Key<Integer> RUNNING =
      quota("tenant-max-running-pipelines", "pipelines of a tenant that run");
  static final Key<Integer> REQUESTS =
      quota("tenant-max-requests-per-second", "requests of a tenant in a second");
  static final Key<Integer> STREAMS =
      quota("tenant-max-streams", "ingress, egress, queries and logs of a tenant at once");

  static final List<Key<?>> KEYS = List.of(PIPELINES, RUNNING, REQUESTS, STREAMS);

  private static Key<Integer> quota(String name, String what) {
    return Key.number(name, "0", 0, MOST, "most " + what + "; 0 for no limit");
  }

  static QuotaSettings from(Values values) {
    return new QuotaSettings(
        values.get(PIPELINES).orElse(0),
        values.get(RUNNING).orElse(0),
        values.get(REQUESTS).orElse(0),
        values.get(STREAMS).orElse(0));
  }
}
