package io.weirkeeper.verticles.http.auth;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.JWTOptions;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The keys that an issuer published at a time, by their id. Keys that can't sign are left out. */
final class KeySet {
  private static final Logger LOG = LoggerFactory.getLogger(KeySet.class);

  /** No issuer has so many; more are not looked at. */
  private static final int MAX_KEYS = 100;

  /** Characters of base64 of a modulus of 2,048 bits; shorter keys can be broken. */
  private static final int LEAST_MODULUS_CHARACTERS = 342;

  private final Map<String, JsonNode> keys = new HashMap<>();
  private final Map<String, Optional<JWTAuth>> verifiers = new ConcurrentHashMap<>();
  private final Vertx vertx;
  private final long fetchedNanos;

  KeySet(Vertx vertx, JsonNode document, long fetchedNanos) {
    this.vertx = vertx;
    this.fetchedNanos = fetchedNanos;
    for (JsonNode key : document.path("keys")) {
      String id = key.path("kid").textValue();
      boolean signs = key.path("use").asText("sig").equals("sig");
      if (id != null && signs && isStrong(key) && keys.size() < MAX_KEYS) {
        keys.put(id, key);
      }
    }
  }

  private static boolean isStrong(JsonNode key) {
    return !key.path("kty").asText().equals("RSA")
        || key.path("n").asText().length() >= LEAST_MODULUS_CHARACTERS;
  }

  long fetchedNanos() {
    return fetchedNanos;
  }

  boolean has(String keyId) {
    return keys.containsKey(keyId);
  }

  /**
   * Whether a token is signed by the key that it names, in the way that it names. The way must fit
   * the key: what a key is for is never taken from the token alone.
   */
  Future<Boolean> signed(SignedToken token) {
    return verifiers
        .computeIfAbsent(
            token.algorithm() + ' ' + token.keyId(),
            any -> verifier(token.keyId(), token.algorithm()))
        .map(
            verifier ->
                verifier
                    .authenticate(new TokenCredentials(token.text()))
                    .map(user -> true)
                    .otherwise(false))
        .orElseGet(() -> Future.succeededFuture(false));
  }

  private Optional<JWTAuth> verifier(String keyId, String algorithm) {
    JsonNode key = keys.get(keyId);
    if (key == null
        || !key.path("kty").asText().equals(SignedToken.ALGORITHMS.get(algorithm))
        || !key.path("alg").asText(algorithm).equals(algorithm)) {
      return Optional.empty();
    }
    try {
      JsonObject jwk = new JsonObject(key.toString()).put("alg", algorithm);
      return Optional.of(
          JWTAuth.create(
              vertx,
              new JWTAuthOptions()
                  .addJwk(jwk)
                  // Times are judged by the rules of the core, with their leeway and clock.
                  .setJWTOptions(new JWTOptions().setIgnoreExpiration(true))));
    } catch (RuntimeException e) {
      LOG.warn("A published key can't be used kid={} reason={}", keyId, e.toString());
      return Optional.empty();
    }
  }
}
