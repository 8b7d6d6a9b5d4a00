package io.weirkeeper.core.auth;

import java.util.Locale;
import java.util.Optional;

/** How a membership came about (spec: auth §6). */
public enum Origin {
  /** A login whose token names the tenant. */
  CLAIM,
  /** A login, in the tenant that follows from its issuer or subject. */
  DERIVED,
  /** Somebody with the role admin. */
  API;

  /** As the API and the database write it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The origin that is written so, if there is one. */
  public static Optional<Origin> of(String label) {
    for (Origin origin : values()) {
      if (origin.label().equals(label)) {
        return Optional.of(origin);
      }
    }
    return Optional.empty();
  }
}
