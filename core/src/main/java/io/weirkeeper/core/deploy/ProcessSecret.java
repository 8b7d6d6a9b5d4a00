package io.weirkeeper.core.deploy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What is derived from a deployment's secret. The secret itself never leaves either side: the
 * controller first makes the process answer a challenge, and only then sends the bearer token,
 * which only the two can compute and which is good for this one instance (SAFETY rule 13).
 */
public final class ProcessSecret {
  /**
   * Header with the epoch under which a command is sent; the process refuses lower (epoch,
   * revision) pairs.
   */
  public static final String EPOCH_HEADER = "Weirkeeper-Epoch";

  /** Header with the row revision under which a command is sent. */
  public static final String REVISION_HEADER = "Weirkeeper-Revision";

  private final byte[] secret;

  private ProcessSecret(byte[] secret) {
    this.secret = secret;
  }

  /**
   * Reads a secret.
   *
   * @param hex 64 hex digits
   * @throws IllegalArgumentException when it is anything else; the message does not repeat it
   */
  public static ProcessSecret ofHex(String hex) {
    byte[] bytes;
    try {
      bytes = HexFormat.of().parseHex(hex);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("A deployment secret must be hex digits");
    }
    if (bytes.length != 32) {
      throw new IllegalArgumentException(
          "A deployment secret must have 32 bytes, found " + bytes.length);
    }
    return new ProcessSecret(bytes);
  }

  /**
   * The answer to a challenge, in hex: HMAC-SHA256 over nonce, pipeline, deployment number and
   * instance.
   */
  public String challengeAnswer(
      String nonce, UUID pipelineId, long deploymentNumber, UUID instance) {
    return mac("challenge|" + nonce + "|" + pipelineId + "|" + deploymentNumber + "|" + instance);
  }

  /** The bearer token of every other request to that instance. */
  public String bearerToken(UUID pipelineId, long deploymentNumber, UUID instance) {
    return mac("bearer|" + pipelineId + "|" + deploymentNumber + "|" + instance);
  }

  /** Compares in constant time. */
  public static boolean same(String a, String b) {
    return MessageDigest.isEqual(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }

  private String mac(String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HmacSHA256 is part of every Java platform", e);
    }
  }
}
