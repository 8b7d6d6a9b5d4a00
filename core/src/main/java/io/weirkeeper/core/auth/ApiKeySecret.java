package io.weirkeeper.core.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Random;

/** The form of API keys, and what is stored in their place (spec: auth §3). */
public final class ApiKeySecret {
  /** What every key begins with. */
  public static final String PREFIX = "apikey:";

  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final int CHARACTERS = 128;

  private ApiKeySecret() {}

  /** A new key: {@code apikey:} and 128 characters, some 760 bits. */
  public static String create(Random secureRandom) {
    StringBuilder key = new StringBuilder(PREFIX);
    for (int i = 0; i < CHARACTERS; i++) {
      key.append(ALPHABET.charAt(secureRandom.nextInt(ALPHABET.length())));
    }
    return key.toString();
  }

  /**
   * What the database holds: base64 of SHA-256 of the whole key. The key is as random as the
   * digest, so neither salt nor stretching would make it harder to guess.
   */
  public static String hash(String key) {
    return Base64.getEncoder().encodeToString(digest(key.getBytes(StandardCharsets.UTF_8)));
  }

  /** Whether two hashes are the same, in a time that does not tell how far they agree. */
  public static boolean sameHash(String one, String other) {
    return MessageDigest.isEqual(
        one.getBytes(StandardCharsets.US_ASCII), other.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] digest(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }
}
