package io.weirkeeper.core.auth;

import java.util.Objects;

/**
 * Who is behind a request, for the records: never a secret.
 *
 * @param kind how they proved it
 * @param issuer who vouches for the name; empty where nobody does
 * @param name subject of the token, or name of the key
 */
public record Actor(Kind kind, String issuer, String name) {
  /** The caller where nobody is asked who they are. */
  public static final Actor ANYBODY = new Actor(Kind.ANYBODY, "", "");

  /** A caller who proved nothing. */
  public static final Actor UNKNOWN = new Actor(Kind.UNKNOWN, "", "");

  /** Ways to prove who one is. */
  public enum Kind {
    /** Nobody asked. */
    ANYBODY,
    /** An API key. */
    API_KEY,
    /** A login at the configured identity provider. */
    USER,
    /** A token of a trusted issuer. */
    WORKLOAD,
    /** Not accepted. */
    UNKNOWN
  }

  /** Refuses missing parts. */
  public Actor {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(issuer, "issuer");
    Objects.requireNonNull(name, "name");
  }
}
