package io.weirkeeper.verticles.http.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weirkeeper.core.auth.TokenClaims;
import java.io.IOException;
import java.util.Base64;
import java.util.Map;

/**
 * A JSON Web Token as it came: nothing in it is believed before its signature was checked.
 *
 * @param text the whole token
 * @param algorithm {@code alg}, or null
 * @param keyId {@code kid}, or null
 * @param extended whether it has extensions that must be understood ({@code crit})
 * @param claims what it says
 */
record SignedToken(
    String text, String algorithm, String keyId, boolean extended, TokenClaims claims) {

  /**
   * Signature algorithms and the type of key that each takes. None of them is symmetric: a public
   * key can never serve as a shared secret.
   */
  static final Map<String, String> ALGORITHMS =
      Map.of("RS256", "RSA", "PS256", "RSA", "ES256", "EC", "EdDSA", "OKP");

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Takes a token apart; null when it is none. */
  static SignedToken parse(String text) {
    int first = text.indexOf('.');
    int second = text.indexOf('.', first + 1);
    if (first < 0 || second < 0 || text.indexOf('.', second + 1) >= 0) {
      return null;
    }
    JsonNode header = json(text.substring(0, first));
    JsonNode payload = json(text.substring(first + 1, second));
    if (header == null || payload == null) {
      return null;
    }
    return new SignedToken(
        text,
        header.path("alg").textValue(),
        header.path("kid").textValue(),
        header.has("crit"),
        TokenClaims.read(payload));
  }

  private static JsonNode json(String part) {
    try {
      JsonNode node = MAPPER.readTree(Base64.getUrlDecoder().decode(part));
      return node != null && node.isObject() ? node : null;
    } catch (IOException | IllegalArgumentException e) {
      return null;
    }
  }
}
