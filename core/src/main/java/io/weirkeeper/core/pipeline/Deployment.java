package io.weirkeeper.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.deploy.ProcessReport;
import java.time.Instant;
import java.util.UUID;

/**
 * The deployment of a pipeline. Number and id go together: a number alone could be issued twice
 * when an older copy of the database is promoted (SAFETY rule 3).
 *
 * @param number highest number issued so far, 0 before the first deployment; never falls
 * @param id id of the present deployment, null when there is none
 * @param secret shared secret of the present deployment, 64 hex digits, or null; never leaves the
 *     database and the two processes
 * @param config the generated {@code deployment_config}, or null
 * @param host id of the host that runs the process, or null
 * @param process who the process is, recorded by compare-and-set before it is granted a lease
 *     (SAFETY rule 1), or null
 * @param leaseUntil the process halts itself after this time unless the lease is renewed; written
 *     before a renewal is sent; null when nothing was granted
 */
public record Deployment(
    long number,
    UUID id,
    String secret,
    JsonNode config,
    String host,
    ProcessReport process,
    Instant leaseUntil) {

  /** Before the first deployment. */
  public static Deployment none() {
    return new Deployment(0, null, null, null, null, null, null);
  }

  /** After the deployment has ended: only the number remains. */
  public Deployment ended() {
    return new Deployment(number, null, null, null, null, null, null);
  }

  /** Hides the secret. */
  @Override
  public String toString() {
    return "Deployment[" + number + "/" + id + ", host=" + host + ", process=" + process + "]";
  }
}
