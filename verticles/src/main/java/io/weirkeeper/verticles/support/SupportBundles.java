package io.weirkeeper.verticles.support;

import io.vertx.core.Future;
import java.nio.file.Path;

/** Makes archives of support data. */
public interface SupportBundles {
  /**
   * Makes an archive; may be called from any thread.
   *
   * @return the archive's file, which is the caller's to delete; fails with an {@code ApiException}
   */
  Future<Path> bundle(BundleRequest request);
}
