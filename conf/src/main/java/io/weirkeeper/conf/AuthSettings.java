package io.weirkeeper.conf;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Whether and how callers prove who they are. The names of the environment variables that begin
 * with {@code FELDERA_}, {@code AUTH_} or {@code AWS_} are accepted beside our own (spec: auth §1).
 *
 * @param provider {@code --auth-provider}, default none
 * @param issuer {@code iss} of login tokens, {@code --auth-issuer}
 * @param clientId {@code --auth-client-id}
 * @param audience of login tokens, {@code --auth-audience}, default feldera-api
 * @param algorithms signatures that are accepted, {@code --auth-algorithms}, default RS256
 * @param loginUrl where the console logs in at Cognito, {@code --cognito-login-url}
 * @param logoutUrl where it logs out, {@code --cognito-logout-url}
 * @param authorizedGroups groups of which a login must have one, {@code --auth-authorized-groups};
 *     none for all logins
 * @param issuerTenant whether a login belongs to a tenant named after the issuer's host, {@code
 *     --auth-issuer-tenant}, default false
 * @param individualTenant whether a login belongs to a tenant named after its subject, {@code
 *     --auth-individual-tenant}, default true
 * @param provisionOnLogin whether logins make tenants and memberships, {@code
 *     --auth-provision-on-login}, default true
 * @param defaultRole role of who joins a tenant, {@code --auth-default-role}, default read
 * @param firstUserRole role of whose login makes a tenant, {@code --auth-first-user-role}, default
 *     admin
 * @param owners subjects, verified e-mail addresses or "issuer subject", {@code --owners}
 * @param ownerTrusts tokens that are owner, {@code --owner-trusts}
 * @param allowInternalTrustIssuers whether tenants may trust issuers at loopback or private
 *     addresses, {@code --allow-internal-trust-issuers}, default false
 * @param privateCa PEM file of authorities that issuers' certificates may lead to, beside those
 *     that every Java platform knows, {@code --private-ca-cert-path}; default none
 */
public record AuthSettings(
    Provider provider,
    String issuer,
    String clientId,
    String audience,
    List<String> algorithms,
    String loginUrl,
    String logoutUrl,
    List<String> authorizedGroups,
    boolean issuerTenant,
    boolean individualTenant,
    boolean provisionOnLogin,
    String defaultRole,
    String firstUserRole,
    List<String> owners,
    List<OwnerTrust> ownerTrusts,
    boolean allowInternalTrustIssuers,
    Optional<Path> privateCa) {

  /** Kinds of identity providers. */
  public enum Provider {
    /** Nobody is asked who they are. */
    NONE,
    /** Amazon Cognito. */
    AWS_COGNITO,
    /** Any that speaks OpenID Connect. */
    GENERIC_OIDC
  }

  /**
   * Tokens that are owner.
   *
   * @param issuer exactly the token's
   * @param subject a pattern in which {@code *} is any run of characters
   * @param audience a pattern, or null for any
   */
  public record OwnerTrust(String issuer, String subject, String audience) {}

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> ROLES = List.of("read", "write", "admin");

  static final Key<String> PROVIDER =
      Key.word(
              "auth-provider",
              "none",
              List.of("none", "aws-cognito", "generic-oidc"),
              "who issues the tokens of callers")
          .alsoVariable("AUTH_PROVIDER");
  static final Key<String> ISSUER =
      Key.text("auth-issuer", "URL", "none", "issuer of login tokens")
          .alsoVariable("FELDERA_AUTH_ISSUER");
  static final Key<String> CLIENT_ID =
      Key.text("auth-client-id", "ID", "none", "client id of the console at the issuer")
          .alsoVariable("FELDERA_AUTH_CLIENT_ID");
  static final Key<String> AUDIENCE =
      Key.text("auth-audience", "AUDIENCE", "feldera-api", "audience of login tokens")
          .alsoVariable("FELDERA_AUTH_AUDIENCE");
  static final Key<String> ALGORITHMS =
      Key.text(
          "auth-algorithms",
          "NAMES",
          "RS256",
          "accepted signatures, separated by commas: RS256, PS256, ES256, EdDSA");
  static final Key<String> LOGIN_URL =
      Key.text("cognito-login-url", "URL", "none", "where the console logs in at Cognito")
          .alsoVariable("AWS_COGNITO_LOGIN_URL");
  static final Key<String> LOGOUT_URL =
      Key.text("cognito-logout-url", "URL", "none", "where the console logs out of Cognito")
          .alsoVariable("AWS_COGNITO_LOGOUT_URL");
  static final Key<String> GROUPS =
      Key.list("auth-authorized-groups", "NAMES", "all", "groups of which a login must have one")
          .alsoVariable("FELDERA_AUTH_AUTHORIZED_GROUPS");
  static final Key<Boolean> ISSUER_TENANT =
      Key.toggle("auth-issuer-tenant", "give each login the tenant named after the issuer's host")
          .alsoVariable("FELDERA_AUTH_ISSUER_TENANT");
  static final Key<Boolean> INDIVIDUAL_TENANT =
      Key.toggle("auth-individual-tenant", true, "give each login a tenant named after its subject")
          .alsoVariable("FELDERA_AUTH_INDIVIDUAL_TENANT");
  static final Key<Boolean> PROVISION =
      Key.toggle("auth-provision-on-login", true, "let logins make tenants and memberships")
          .alsoVariable("FELDERA_AUTH_PROVISION_ON_LOGIN");
  static final Key<String> DEFAULT_ROLE =
      Key.word("auth-default-role", "read", ROLES, "role of who joins a tenant")
          .alsoVariable("FELDERA_AUTH_DEFAULT_ROLE");
  static final Key<String> FIRST_USER_ROLE =
      Key.word("auth-first-user-role", "admin", ROLES, "role of whose login makes a tenant")
          .alsoVariable("FELDERA_AUTH_FIRST_USER_ROLE");
  static final Key<String> OWNERS =
      Key.list(
              "owners",
              "NAMES",
              "none",
              "subjects, verified e-mail addresses or 'issuer subject' of owners, by commas")
          .alsoVariable("FELDERA_OWNERS");
  static final Key<List<OwnerTrust>> OWNER_TRUSTS =
      Key.json(
              "owner-trusts",
              "a JSON list of objects with issuer, subject and perhaps audience",
              "[]",
              "tokens that are owner: [{\"issuer\": ..., \"subject\": ...}]",
              AuthSettings::trusts)
          .alsoVariable("FELDERA_OWNER_TRUSTS");
  static final Key<Boolean> ALLOW_INTERNAL =
      Key.toggle(
              "allow-internal-trust-issuers",
              "let tenants trust issuers at loopback or private addresses")
          .alsoVariable("FELDERA_ALLOW_INTERNAL_TENANT_TRUST_ISSUERS");
  static final Key<Path> PRIVATE_CA =
      Key.path(
          "private-ca-cert-path",
          "FILE",
          "none",
          "PEM: authorities that issuers' certificates may lead to, beside the platform's");

  static final List<Key<?>> KEYS =
      List.of(
          PROVIDER,
          ISSUER,
          CLIENT_ID,
          AUDIENCE,
          ALGORITHMS,
          LOGIN_URL,
          LOGOUT_URL,
          GROUPS,
          ISSUER_TENANT,
          INDIVIDUAL_TENANT,
          PROVISION,
          DEFAULT_ROLE,
          FIRST_USER_ROLE,
          OWNERS,
          OWNER_TRUSTS,
          ALLOW_INTERNAL,
          PRIVATE_CA);

  /** Copies the lists. */
  public AuthSettings {
    algorithms = List.copyOf(algorithms);
    authorizedGroups = List.copyOf(authorizedGroups);
    owners = List.copyOf(owners);
    ownerTrusts = List.copyOf(ownerTrusts);
  }

  /** Whether callers are asked who they are. */
  public boolean isOn() {
    return provider != Provider.NONE;
  }

  static AuthSettings from(Values values) {
    Provider provider =
        switch (values.get(PROVIDER).orElse("none")) {
          case "aws-cognito" -> Provider.AWS_COGNITO;
          case "generic-oidc" -> Provider.GENERIC_OIDC;
          default -> Provider.NONE;
        };
    if (provider != Provider.NONE) {
      require(values, ISSUER);
      require(values, CLIENT_ID);
    }
    AuthSettings settings =
        new AuthSettings(
            provider,
            values.get(ISSUER).orElse(""),
            values.get(CLIENT_ID).orElse(""),
            values.get(AUDIENCE).orElse("feldera-api"),
            list(values.get(ALGORITHMS).orElse("RS256")),
            values.get(LOGIN_URL).orElse(""),
            values.get(LOGOUT_URL).orElse(""),
            list(values.get(GROUPS).orElse("")),
            values.get(ISSUER_TENANT).orElse(false),
            values.get(INDIVIDUAL_TENANT).orElse(true),
            values.get(PROVISION).orElse(true),
            values.get(DEFAULT_ROLE).orElse("read"),
            values.get(FIRST_USER_ROLE).orElse("admin"),
            list(values.get(OWNERS).orElse("")),
            values.get(OWNER_TRUSTS).orElse(List.of()),
            values.get(ALLOW_INTERNAL).orElse(false),
            values.get(PRIVATE_CA));
    if (settings.isOn()
        && !settings.provisionOnLogin()
        && settings.owners().isEmpty()
        && settings.ownerTrusts().isEmpty()) {
      throw new SettingsException(
          "Setting 'auth-provision-on-login' from "
              + values.source(PROVISION)
              + " is false, so somebody must be there to add members: name owners with --owners or"
              + " --owner-trusts.");
    }
    return settings;
  }

  private static void require(Values values, Key<String> key) {
    if (values.get(key).isEmpty()) {
      throw new SettingsException(
          "Setting '"
              + PROVIDER.name()
              + "' from "
              + values.source(PROVIDER)
              + " needs "
              + key.flag()
              + " (or "
              + String.join(", ", key.variables())
              + ") too.");
    }
  }

  private static List<String> list(String text) {
    return Stream.of(text.split(",")).map(String::strip).filter(each -> !each.isEmpty()).toList();
  }

  private static List<OwnerTrust> trusts(String text) {
    try {
      JsonNode root = JSON.readTree(text);
      if (!root.isArray()) {
        throw new IllegalArgumentException("not a list");
      }
      List<OwnerTrust> trusts = new ArrayList<>();
      for (JsonNode each : root) {
        if (!each.path("issuer").isTextual() || !each.path("subject").isTextual()) {
          throw new IllegalArgumentException("a trust lacks issuer or subject");
        }
        trusts.add(
            new OwnerTrust(
                each.get("issuer").textValue(),
                each.get("subject").textValue(),
                each.path("audience").textValue()));
      }
      return trusts;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON", e);
    }
  }
}
