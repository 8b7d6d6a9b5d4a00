package io.weirkeeper.verticles.http.auth;

import io.vertx.core.net.TrustOptions;
import io.weirkeeper.core.auth.AuthRules;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;

/**
 * How callers prove who they are, where that is asked.
 *
 * @param rules what the deployment says about logins
 * @param algorithms signatures that are accepted; of {@link SignedToken#ALGORITHMS}
 * @param allowInternalIssuers whether registered trusts may name issuers at loopback or private
 *     addresses, and these speak plain HTTP
 * @param loginUrl where the console logs in at Cognito, may be empty
 * @param logoutUrl where it logs out, may be empty
 * @param authorities what certificates of issuers must lead to; null for the platform's own
 * @param remembered most credentials that are remembered; default 10,000
 * @param recheckToken a token's signature is checked again after this, so that a key which the
 *     issuer withdrew is worth nothing; default 120 s
 * @param recheckKey an API key is looked up again after this, which also records its use; default
 *     60 s
 * @param poll interval at which other nodes' revocations are looked for; default 400 ms
 * @param validity how long after the last successful poll the remembered count; default 2 s
 * @param keyTimes how keys of issuers are fetched
 * @param failures credentials that prove nothing which one source may bring at once; default 5,000
 * @param failuresPerSecond and in the long run; default 50
 */
public record AuthenticationSettings(
    AuthRules rules,
    Set<String> algorithms,
    boolean allowInternalIssuers,
    String loginUrl,
    String logoutUrl,
    TrustOptions authorities,
    int remembered,
    Duration recheckToken,
    Duration recheckKey,
    Duration poll,
    Duration validity,
    KeyTimes keyTimes,
    int failures,
    int failuresPerSecond) {

  /**
   * Times of the keys of issuers.
   *
   * @param fresh keys are used without a question for this long; default 120 s
   * @param kept keys that can't be fetched anew are used for this long; default 24 h
   * @param loginInterval least time between two fetches from the issuer of logins; default 1 s. Who
   *     comes with an unknown key in between waits
   * @param trustInterval least time between two fetches from a trusted issuer; default 30 s. Who
   *     comes with an unknown key in between is refused
   * @param fetch longest fetch; default 5 s
   */
  public record KeyTimes(
      Duration fresh,
      Duration kept,
      Duration loginInterval,
      Duration trustInterval,
      Duration fetch) {
    /** The defaults. */
    public static final KeyTimes DEFAULTS =
        new KeyTimes(
            Duration.ofSeconds(120),
            Duration.ofHours(24),
            Duration.ofSeconds(1),
            Duration.ofSeconds(30),
            Duration.ofSeconds(5));
  }

  /** Copies the set and refuses missing parts and unknown algorithms. */
  public AuthenticationSettings {
    Objects.requireNonNull(rules, "rules");
    Objects.requireNonNull(loginUrl, "loginUrl");
    Objects.requireNonNull(logoutUrl, "logoutUrl");
    Objects.requireNonNull(keyTimes, "keyTimes");
    algorithms = Set.copyOf(algorithms);
    if (algorithms.isEmpty() || !SignedToken.ALGORITHMS.keySet().containsAll(algorithms)) {
      throw new IllegalArgumentException(
          "Signature algorithms: expected some of "
              + SignedToken.ALGORITHMS.keySet()
              + ", found "
              + algorithms);
    }
  }

  /** The defaults. */
  public static AuthenticationSettings of(AuthRules rules) {
    return new AuthenticationSettings(
        rules,
        Set.of("RS256"),
        false,
        "",
        "",
        null,
        10_000,
        Duration.ofSeconds(120),
        Duration.ofSeconds(60),
        Duration.ofMillis(400),
        Duration.ofSeconds(2),
        KeyTimes.DEFAULTS,
        5_000,
        50);
  }

  /** With other algorithms, issuers and pages of the console. */
  public AuthenticationSettings with(
      Set<String> signatures, boolean internalIssuers, String login, String logout) {
    return new AuthenticationSettings(
        rules,
        signatures,
        internalIssuers,
        login,
        logout,
        authorities,
        remembered,
        recheckToken,
        recheckKey,
        poll,
        validity,
        keyTimes,
        failures,
        failuresPerSecond);
  }

  /** With other authorities of issuers' certificates; null for the platform's own. */
  public AuthenticationSettings withAuthorities(TrustOptions others) {
    return new AuthenticationSettings(
        rules,
        algorithms,
        allowInternalIssuers,
        loginUrl,
        logoutUrl,
        others,
        remembered,
        recheckToken,
        recheckKey,
        poll,
        validity,
        keyTimes,
        failures,
        failuresPerSecond);
  }

  /** With other times. */
  public AuthenticationSettings withTimes(
      Duration tokens, Duration keys, Duration polls, Duration valid, KeyTimes fetches) {
    return new AuthenticationSettings(
        rules,
        algorithms,
        allowInternalIssuers,
        loginUrl,
        logoutUrl,
        authorities,
        remembered,
        tokens,
        keys,
        polls,
        valid,
        fetches,
        failures,
        failuresPerSecond);
  }

  /** With other limits of failed attempts. */
  public AuthenticationSettings withAttempts(int atOnce, int perSecond) {
    return new AuthenticationSettings(
        rules,
        algorithms,
        allowInternalIssuers,
        loginUrl,
        logoutUrl,
        authorities,
        remembered,
        recheckToken,
        recheckKey,
        poll,
        validity,
        keyTimes,
        atOnce,
        perSecond);
  }
}
