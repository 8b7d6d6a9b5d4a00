package io.weirkeeper.core.auth;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The claims of a token that decide anything (spec: auth §4). Whether they are true is not known
 * here: the signature is checked elsewhere.
 *
 * @param issuer {@code iss}, or null
 * @param subject {@code sub}, or null
 * @param audiences {@code aud}, one or many
 * @param expiresAt {@code exp}, or null
 * @param notBefore {@code nbf}, or null
 * @param issuedAt {@code iat}, or null
 * @param clientId {@code client_id}, or null
 * @param use {@code token_use}, or null
 * @param groups {@code groups}
 * @param tenants the tenants that {@code tenants}, or else {@code tenant}, lists
 * @param email {@code email}, or null
 * @param emailVerified whether the issuer has verified it
 * @param displayName {@code name}, or null
 * @param authTime {@code auth_time}, or null
 */
public record TokenClaims(
    String issuer,
    String subject,
    List<String> audiences,
    Instant expiresAt,
    Instant notBefore,
    Instant issuedAt,
    String clientId,
    String use,
    List<String> groups,
    List<String> tenants,
    String email,
    boolean emailVerified,
    String displayName,
    Instant authTime) {

  /** The year 9999: later ones, which no issuer means, can't be written everywhere. */
  private static final long LAST_SECOND = 253_402_300_799L;

  /** Copies the lists. */
  public TokenClaims {
    audiences = List.copyOf(audiences);
    groups = List.copyOf(groups);
    tenants = List.copyOf(tenants);
  }

  /** Reads a token's payload; claims of a wrong type count as absent. */
  public static TokenClaims read(JsonNode payload) {
    List<String> tenants = listed(payload.get("tenants"));
    if (tenants.isEmpty()) {
      tenants = listed(single(payload.get("tenant")));
    }
    JsonNode verified = payload.path("email_verified");
    return new TokenClaims(
        text(payload, "iss"),
        text(payload, "sub"),
        texts(payload.get("aud")),
        time(payload, "exp"),
        time(payload, "nbf"),
        time(payload, "iat"),
        text(payload, "client_id"),
        text(payload, "token_use"),
        payload.path("groups").isArray() ? texts(payload.get("groups")) : List.of(),
        tenants,
        text(payload, "email"),
        verified.isTextual() ? verified.textValue().equals("true") : verified.asBoolean(false),
        text(payload, "name"),
        time(payload, "auth_time"));
  }

  /** Whether subject and audience fit patterns; a null audience fits always. */
  boolean fits(String subjectPattern, String audiencePattern) {
    return subject != null
        && Wildcard.matches(subjectPattern, subject)
        && (audiencePattern == null
            || audiences.stream().anyMatch(each -> Wildcard.matches(audiencePattern, each)));
  }

  private static String text(JsonNode payload, String name) {
    JsonNode value = payload.path(name);
    return value.isTextual() ? value.textValue() : null;
  }

  private static Instant time(JsonNode payload, String name) {
    JsonNode value = payload.path(name);
    if (!value.isNumber() || !(value.doubleValue() >= 0) || value.doubleValue() > LAST_SECOND) {
      return null;
    }
    return Instant.ofEpochSecond(value.longValue());
  }

  private static List<String> texts(JsonNode value) {
    List<String> found = new ArrayList<>();
    if (value != null && value.isTextual()) {
      found.add(value.textValue());
    } else if (value != null && value.isArray()) {
      value.forEach(
          each -> {
            if (each.isTextual()) {
              found.add(each.textValue());
            }
          });
    }
    return found;
  }

  /** A string as a list of one: unlike in {@code tenants}, a comma is part of the name. */
  private static JsonNode single(JsonNode value) {
    return value != null && value.isTextual()
        ? com.fasterxml.jackson.databind.node.JsonNodeFactory.instance
            .arrayNode()
            .add(value.textValue())
        : null;
  }

  private static List<String> listed(JsonNode value) {
    Set<String> names = new LinkedHashSet<>();
    List<String> given =
        value != null && value.isTextual()
            ? List.of(value.textValue().split(",", -1))
            : texts(value);
    for (String each : given) {
      String name = each.strip();
      if (!name.isEmpty()) {
        names.add(name);
      }
    }
    return List.copyOf(names);
  }
}
