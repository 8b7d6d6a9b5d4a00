package io.weirkeeper.verticles.http.auth;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.weirkeeper.core.api.ApiErrors;
import io.weirkeeper.core.auth.Actor;
import io.weirkeeper.core.auth.Admission;
import io.weirkeeper.core.auth.ApiKeySecret;
import io.weirkeeper.core.auth.Principal;
import io.weirkeeper.store.ApiKeyRow;
import io.weirkeeper.store.ApiKeyStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Callers with API keys (spec: auth §3). A key acts in its own tenant, whatever the header says.
 */
final class ApiKeys {
  private static final Logger LOG = LoggerFactory.getLogger(ApiKeys.class);
  private static final Pattern FORM = Pattern.compile("apikey:[A-Za-z0-9]{128}");
  private static final BearerAuthenticator.Finding WRONG =
      new BearerAuthenticator.Finding(new Admission.Rejected("Unauthorized API key"), null);

  private final Vertx vertx;
  private final ApiKeyStore store;
  private final Clock clock;
  private final long timer;

  /** Ids of keys whose use is still to be recorded; at most as many as there are keys. */
  private final Set<UUID> used = ConcurrentHashMap.newKeySet();

  ApiKeys(Vertx vertx, ApiKeyStore store, Clock clock, Duration recordUse) {
    this.vertx = vertx;
    this.store = store;
    this.clock = clock;
    this.timer = vertx.setPeriodic(recordUse.toMillis(), tick -> recordUse());
  }

  Future<BearerAuthenticator.Finding> admit(String key) {
    if (!FORM.matcher(key).matches()) {
      return Future.succeededFuture(WRONG);
    }
    String hash = ApiKeySecret.hash(key);
    return store
        .withHash(hash)
        .map(found -> found.map(row -> judge(row, hash)).orElse(WRONG))
        .recover(
            failure ->
                Future.succeededFuture(
                    new BearerAuthenticator.Finding(
                        new Admission.Refused(ApiErrors.databaseUnavailable(failure.getMessage())),
                        null)));
  }

  private BearerAuthenticator.Finding judge(ApiKeyRow row, String hash) {
    Instant expires = row.expiresAt() == null ? Instant.MAX : row.expiresAt();
    if (!ApiKeySecret.sameHash(row.hash(), hash) || !clock.instant().isBefore(expires)) {
      return WRONG;
    }
    used.add(row.id());
    Actor actor = new Actor(Actor.Kind.API_KEY, "", row.name());
    return new BearerAuthenticator.Finding(
        new Admission.Admitted(Principal.in(row.tenantId(), row.tenantName(), row.role(), actor)),
        expires);
  }

  private void recordUse() {
    List<UUID> ids = List.copyOf(used);
    if (!ids.isEmpty()) {
      ids.forEach(used::remove);
      store
          .used(ids, clock.instant())
          .onFailure(failure -> LOG.info("Use of API keys not recorded: {}", failure.toString()));
    }
  }

  /** What is not recorded yet is, if the database still hears of it. */
  void close() {
    recordUse();
    vertx.cancelTimer(timer);
  }
}
