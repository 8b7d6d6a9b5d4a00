package io.weirkeeper.core.auth;

/**
 * How much every tenant may have. Each is at least 0; 0 stands for as much as there is.
 *
 * @param pipelines pipelines
 * @param running pipelines that run, or are to run
 * @param requestsPerSecond requests below {@code /v0} in the long run; as many may come at once
 * @param streams ingress, egress, queries and logs at once
 */
public record TenantQuotas(int pipelines, int running, int requestsPerSecond, int streams) {
  /** No limits. */
  public static final TenantQuotas UNLIMITED = new TenantQuotas(0, 0, 0, 0);

  /** Refuses negative numbers. */
  public TenantQuotas {
    if (pipelines < 0 || running < 0 || requestsPerSecond < 0 || streams < 0) {
      throw new IllegalArgumentException("A quota is a number from 0, where 0 is no limit");
    }
  }
}
