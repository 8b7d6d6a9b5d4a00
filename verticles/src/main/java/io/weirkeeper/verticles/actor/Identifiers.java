package io.weirkeeper.verticles.actor;

import java.time.Instant;
import java.util.UUID;

/** Where identifiers come from; random, hence outside the actor. */
public interface Identifiers {
  /** A UUIDv7, ascending within this process. */
  UUID uuid7(Instant now);

  /** A deployment secret: 64 hex digits. */
  String secret();
}
