package io.weirkeeper.verticles.http.auth;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * SHA-256 of a credential and the tenant that it names: what it is remembered by, so that no secret
 * stays in memory and a look-up tells nothing by its time.
 */
record CredentialDigest(long a, long b, long c, long d) {
  private static final ThreadLocal<MessageDigest> SHA_256 =
      ThreadLocal.withInitial(CredentialDigest::sha256);

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  static CredentialDigest of(Credential credential) {
    MessageDigest digest = SHA_256.get();
    digest.update(credential.token().getBytes(StandardCharsets.UTF_8));
    if (credential.tenant() != null) {
      // Headers hold no zero, so no token can be taken for another with a tenant.
      digest.update((byte) 0);
      digest.update(credential.tenant().getBytes(StandardCharsets.UTF_8));
    }
    ByteBuffer bytes = ByteBuffer.wrap(digest.digest());
    return new CredentialDigest(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
  }
}
