package io.weirkeeper.verticles.http.auth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.weirkeeper.core.auth.Admission;
import io.weirkeeper.core.auth.Principal;
import io.weirkeeper.store.AccessStores;
import io.weirkeeper.verticles.actor.Identifiers;
import java.time.Clock;

/** Finds out who asks. One for all instances of the front; may be used on every event loop. */
public interface Authenticator {
  /** Asks nobody who they are (spec: auth §1, provider {@code none}). */
  static Authenticator none(Vertx vertx) {
    return new NoAuthenticator(vertx);
  }

  /** Asks for bearer tokens and API keys. Call {@link #close} at the end. */
  static Authenticator bearer(
      Vertx vertx,
      AuthenticationSettings settings,
      AccessStores stores,
      Identifiers ids,
      Clock clock) {
    return new BearerAuthenticator(vertx, settings, stores, ids, clock);
  }

  /** Who asks, if that can be told at once; else null. */
  Principal known(HttpServerRequest request);

  /** Who asks; completes on any thread, and never fails. */
  Future<Admission> admit(HttpServerRequest request);

  /**
   * Rises whenever a right may have been changed; who is being served for long is asked anew then.
   */
  long generation();

  /**
   * What a caller whose request goes on can be judged by later; null where nobody is asked. Call it
   * while the request's headers are as they came.
   */
  Standing standing(HttpServerRequest request);

  /** A caller who was admitted once. */
  interface Standing {
    /**
     * Whether they still have the right: asks the database, and does not mind that a token has
     * expired since. Completes on any thread, and never fails; the database's trouble is told as a
     * refusal with a status of 500 or more.
     */
    Future<Admission> again();
  }

  /** Forgets whom it had admitted, because a right was changed; at once. */
  void forget();

  /** The issuer of logins, to which new members belong; {@code none} where there is none. */
  String issuer();

  /** The answer of {@code /config/authentication} (spec: auth §9). */
  ObjectNode configuration();

  /** The answer of {@code /v0/config/owners}. */
  ObjectNode owners();

  /** Why tokens of an issuer can't be trusted; null when they can (spec: auth §8). */
  Future<String> flawOfIssuer(String url);

  /** Ends its timers and connections. */
  void close();
}
