package io.weirkeeper.verticles.support;

import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * A wish for a bundle.
 *
 * @param tenantId whose pipeline
 * @param name of the pipeline
 * @param collect whether to collect now, too
 * @param parts which files
 * @param limit most collections, newest first
 */
public record BundleRequest(
    UUID tenantId, String name, boolean collect, Set<BundlePart> parts, long limit) {
  /** Copies the parts. */
  public BundleRequest {
    Objects.requireNonNull(tenantId, "tenantId");
    Objects.requireNonNull(name, "name");
    parts = Set.copyOf(parts);
  }
}
