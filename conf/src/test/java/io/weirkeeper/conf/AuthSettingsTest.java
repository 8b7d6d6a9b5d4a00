package io.weirkeeper.conf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AuthSettingsTest {
  private static final String TRUSTS =
      "[{\"issuer\":\"https://i\",\"subject\":\"a*\"},"
          + "{\"issuer\":\"https://j\",\"subject\":\"b\",\"audience\":\"c\"}]";

  @Test
  void defaults() {
    AuthSettings settings = Given.flags().auth();
    assertThat(settings.isOn()).isFalse();
    assertThat(settings)
        .isEqualTo(
            new AuthSettings(
                AuthSettings.Provider.NONE,
                "",
                "",
                "feldera-api",
                List.of("RS256"),
                "",
                "",
                List.of(),
                false,
                true,
                true,
                "read",
                "admin",
                List.of(),
                List.of(),
                false,
                Optional.empty()));
  }

  @Test
  void fullMapping() {
    AuthSettings expected =
        new AuthSettings(
            AuthSettings.Provider.AWS_COGNITO,
            "https://issuer",
            "client",
            "audience",
            List.of("RS256", "EdDSA"),
            "https://in",
            "https://out",
            List.of("dev", "ops"),
            true,
            false,
            false,
            "write",
            "read",
            List.of("ann", "b@x"),
            List.of(
                new AuthSettings.OwnerTrust("https://i", "a*", null),
                new AuthSettings.OwnerTrust("https://j", "b", "c")),
            true,
            Optional.of(Path.of("/ca.pem")));
    assertThat(
            Given.flags(
                    "--auth-provider=aws-cognito",
                    "--auth-issuer=https://issuer",
                    "--auth-client-id=client",
                    "--auth-audience=audience",
                    "--auth-algorithms=RS256, EdDSA",
                    "--cognito-login-url=https://in",
                    "--cognito-logout-url=https://out",
                    "--auth-authorized-groups=dev,,ops",
                    "--auth-issuer-tenant",
                    "--auth-individual-tenant=false",
                    "--auth-provision-on-login=false",
                    "--auth-default-role=write",
                    "--auth-first-user-role=read",
                    "--owners=ann, ,b@x",
                    "--owner-trusts=" + TRUSTS,
                    "--allow-internal-trust-issuers",
                    "--private-ca-cert-path=/ca.pem")
                .auth())
        .isEqualTo(expected);
    assertThat(
            Given.environment(
                    "AUTH_PROVIDER", "aws-cognito",
                    "FELDERA_AUTH_ISSUER", "https://issuer",
                    "FELDERA_AUTH_CLIENT_ID", "client",
                    "FELDERA_AUTH_AUDIENCE", "audience",
                    "WEIRKEEPER_AUTH_ALGORITHMS", "RS256,EdDSA",
                    "AWS_COGNITO_LOGIN_URL", "https://in",
                    "AWS_COGNITO_LOGOUT_URL", "https://out",
                    "FELDERA_AUTH_AUTHORIZED_GROUPS", "dev,ops",
                    "FELDERA_AUTH_ISSUER_TENANT", "true",
                    "FELDERA_AUTH_INDIVIDUAL_TENANT", "false",
                    "FELDERA_AUTH_PROVISION_ON_LOGIN", "false",
                    "FELDERA_AUTH_DEFAULT_ROLE", "write",
                    "FELDERA_AUTH_FIRST_USER_ROLE", "read",
                    "FELDERA_OWNERS", "ann,b@x",
                    "FELDERA_OWNER_TRUSTS", TRUSTS,
                    "FELDERA_ALLOW_INTERNAL_TENANT_TRUST_ISSUERS", "true",
                    "WEIRKEEPER_PRIVATE_CA_CERT_PATH", "/ca.pem")
                .auth())
        .isEqualTo(expected);
  }

  @Test
  void ourOwnVariableWinsOverTheOtherAndAnEmptyOneIsNone() {
    assertThat(
            Given.environment("WEIRKEEPER_OWNERS", "ann", "FELDERA_OWNERS", "bob").auth().owners())
        .containsExactly("ann");
    assertThat(Given.environment("FELDERA_OWNERS", "", "FELDERA_AUTH_ISSUER", "").auth())
        .isEqualTo(Given.flags().auth());
  }

  @Test
  void aProviderNeedsIssuerAndClient() {
    assertThatThrownBy(() -> Given.flags("--auth-provider", "generic-oidc"))
        .hasMessageContaining("--auth-issuer")
        .hasMessageContaining("FELDERA_AUTH_ISSUER");
    assertThatThrownBy(() -> Given.flags("--auth-provider", "ldap"))
        .hasMessageContaining("one of none, aws-cognito, generic-oidc, found 'ldap'");
    assertThatThrownBy(() -> Given.flags("--auth-first-user-role", "owner"))
        .hasMessageContaining("one of read, write, admin");
    assertThatThrownBy(() -> Given.flags("--owner-trusts", "[{}]"))
        .hasMessageContaining("a JSON list of objects with issuer, subject");
  }

  @Test
  void withoutProvisioningSomebodyMustBeOwner() {
    assertThatThrownBy(
            () ->
                Given.flags(
                    "--auth-provider=generic-oidc",
                    "--auth-issuer=https://x",
                    "--auth-client-id=c",
                    "--auth-provision-on-login=false"))
        .hasMessageContaining("--owners");
  }

  @Test
  void optionsWithoutAMeaningAreAcceptedWithAWarning() {
    Settings settings =
        Given.flags(
            "--compiler-port", "8085", "--runner-working-directory=/x", "--api-port", "9000");
    assertThat(settings.http().port()).isEqualTo(9000);
    assertThat(settings.warnings())
        .hasSize(2)
        .anyMatch(each -> each.startsWith("Option --compiler-port has no effect"));
    assertThatThrownBy(() -> Given.flags("--port", "1", "--api-port", "2"))
        .hasMessageContaining("given twice");
  }
}
