package io.weirkeeper.verticles.http;

import io.vertx.core.Future;
import io.weirkeeper.store.AccessGenerationStore;
import io.weirkeeper.store.AccessStores;
import io.weirkeeper.store.ApiKeyStore;
import io.weirkeeper.store.AuditStore;
import io.weirkeeper.store.MemberStore;
import io.weirkeeper.store.StoreException;
import io.weirkeeper.store.TenantStore;
import io.weirkeeper.store.TrustStore;
import java.lang.reflect.Proxy;

/** Stores of a database that is out of reach, for tests of other things. */
final class TestingAccess {
  private TestingAccess() {}

  static AccessStores unreachable() {
    return new AccessStores(
        failing(TenantStore.class),
        failing(MemberStore.class),
        failing(ApiKeyStore.class),
        failing(TrustStore.class),
        failing(AccessGenerationStore.class));
  }

  static AuditStore noAudit() {
    return failing(AuditStore.class);
  }

  private static <T> T failing(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) ->
                Future.failedFuture(
                    new StoreException(
                        StoreException.Reason.UNAVAILABLE, "no database in this test", null))));
  }
}
