package io.weirkeeper.verticles.http.auth;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of one issuer, kept up to date: fetched when somebody comes with a key that is not
 * known, and in the background when they have become old; one fetch at a time, with a least
 * interval. When the issuer can't be reached, what was fetched goes on being used for a day.
 */
final class IssuerKeys {
  private static final Logger LOG = LoggerFactory.getLogger(IssuerKeys.class);
  private static final String DISCOVERY = "/.well-known/openid-configuration";

  /** Most callers that wait for the next fetch; more are refused. */
  private static final int MAX_WAITING = 1_000;

  /** Where an issuer's keys are, and how often they may be asked for. */
  record Source(
      String issuer, String keysUrl, boolean publicOnly, Duration interval, boolean patient) {}

  private final Vertx vertx;
  private final Source source;
  private final AuthenticationSettings.KeyTimes times;
  private final KeyFetch fetch;
  private volatile KeySet keys;
  private volatile String userInfoUrl;

  // Guarded by this.
  private Future<KeySet> flight;
  private int waiting;
  private boolean attempted;
  private long lastAttempt;
  private boolean failing;

  IssuerKeys(Vertx vertx, Source source, AuthenticationSettings.KeyTimes times, KeyFetch fetch) {
    this.vertx = vertx;
    this.source = source;
    this.times = times;
    this.fetch = fetch;
  }

  /** Where the issuer tells about a user; empty when it does not, or is not known yet. */
  Optional<String> userInfoUrl() {
    return Optional.ofNullable(userInfoUrl);
  }

  /** Fetches the keys, so that the first caller need not wait; a failure is only logged. */
  void warm() {
    fetched().onFailure(failure -> LOG.debug("Not warm: {}", failure.toString()));
  }

  /**
   * Whether a token is signed by the issuer.
   *
   * @return fails with what is wrong, for the caller's eyes, when that can't be told
   */
  Future<Boolean> signed(SignedToken token) {
    KeySet known = keys;
    if (known != null && known.has(token.keyId())) {
      long age = System.nanoTime() - known.fetchedNanos();
      if (age < times.fresh().toNanos()) {
        return known.signed(token);
      }
      if (age < times.kept().toNanos()) {
        warm();
        return known.signed(token);
      }
    }
    return fetched()
        .recover(
            failure ->
                Future.failedFuture(new IOException("The issuer's keys can't be fetched", failure)))
        .compose(
            fresh ->
                fresh.has(token.keyId())
                    ? fresh.signed(token)
                    : Future.failedFuture(new IOException("The issuer has no such key")));
  }

  /** The keys after a fetch that begins now or later, but not sooner than the interval allows. */
  private synchronized Future<KeySet> fetched() {
    if (flight != null) {
      if (waiting >= MAX_WAITING) {
        return Future.failedFuture(new IOException("too many wait for the keys"));
      }
      waiting++;
      return flight;
    }
    long wait = attempted ? lastAttempt + source.interval().toNanos() - System.nanoTime() : 0;
    if (wait > 0 && !source.patient()) {
      KeySet known = keys;
      return known == null
          ? Future.failedFuture(new IOException("the last attempt was a moment ago"))
          : Future.succeededFuture(known);
    }
    Promise<KeySet> landed = Promise.promise();
    flight = landed.future();
    if (wait > 0) {
      vertx.setTimer(Math.max(1, wait / 1_000_000), now -> fetch(landed));
    } else {
      fetch(landed);
    }
    return landed.future();
  }

  private void fetch(Promise<KeySet> landed) {
    long begun = System.nanoTime();
    synchronized (this) {
      attempted = true;
      lastAttempt = begun;
    }
    keysUrl()
        .compose(url -> fetch.json(url, source.publicOnly(), null))
        .onComplete(
            done -> {
              boolean news;
              synchronized (this) {
                flight = null;
                waiting = 0;
                news = failing != done.failed();
                failing = done.failed();
              }
              if (done.succeeded()) {
                keys = new KeySet(vertx, done.result(), begun);
                if (news) {
                  LOG.info("Keys fetched again issuer={}", source.issuer());
                }
                landed.complete(keys);
              } else {
                // Once an outage, not once an attempt.
                if (news) {
                  LOG.warn(
                      "Keys not fetched issuer={} reason={} inUse={}",
                      source.issuer(),
                      done.cause().toString(),
                      keys != null);
                }
                landed.fail(done.cause());
              }
            });
  }

  private Future<String> keysUrl() {
    if (source.keysUrl() != null) {
      return Future.succeededFuture(source.keysUrl());
    }
    String issuer = source.issuer();
    String root = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
    return fetch.json(root + DISCOVERY, source.publicOnly(), null).compose(this::keysUrl);
  }

  private Future<String> keysUrl(JsonNode document) {
    String issuer = document.path("issuer").asText();
    String url = document.path("jwks_uri").asText();
    if (!issuer.equals(source.issuer()) || url.isEmpty()) {
      return Future.failedFuture(
          new IOException(
              "its configuration is of the issuer '"
                  + issuer
                  + "' and has jwks_uri '"
                  + url
                  + "'"));
    }
    userInfoUrl = document.path("userinfo_endpoint").textValue();
    return Future.succeededFuture(url);
  }
}
