package io.weirkeeper.verticles.pipeline;

import io.weirkeeper.verticles.actor.Identifiers;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.UUID;

/** Random identifiers. */
public final class Ids {
  /** Identifiers from the platform's secure random source. */
  public static final Identifiers SECURE =
      new Identifiers() {
        @Override
        public UUID uuid7(Instant now) {
          return Ids.uuid7(now.toEpochMilli());
        }

        @Override
        public String secret() {
          return Ids.secret();
        }
      };

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int SECRET_BYTES = 32;
  private static long lastMillis;
  private static int sequence;

  private Ids() {}

  /**
   * A UUIDv7 (RFC 9562 §5.7); ascending within this process, by a 12-bit sequence inside a
   * millisecond.
   */
  static UUID uuid7(long epochMillis) {
    long millis;
    int order;
    synchronized (Ids.class) {
      if (epochMillis > lastMillis) {
        lastMillis = epochMillis;
        sequence = RANDOM.nextInt(1 << 10);
      } else if (++sequence > 0xfff) {
        lastMillis++;
        sequence = 0;
      }
      millis = lastMillis;
      order = sequence;
    }
    long high = (millis << 16) | 0x7000L | order;
    long low = (RANDOM.nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
    return new UUID(high, low);
  }

  /** A deployment secret: 64 hex digits. */
  static String secret() {
    byte[] bytes = new byte[SECRET_BYTES];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
