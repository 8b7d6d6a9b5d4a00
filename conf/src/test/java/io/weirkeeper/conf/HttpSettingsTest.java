package io.weirkeeper.conf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpSettingsTest {

  @Test
  void defaults() {
    assertThat(Given.flags().http()).isEqualTo(plain(8080, "127.0.0.1", 8081, false));
  }

  @Test
  void fullMapping() {
    HttpSettings expected =
        new HttpSettings(
            9000,
            "0.0.0.0",
            9500,
            "10.0.0.1",
            Optional.of(new HttpSettings.Tls(Path.of("/c.pem"), Path.of("/k.pem"))),
            true);
    assertThat(
            Given.flags(
                    "--port",
                    "9000",
                    "--bind=0.0.0.0",
                    "--management-port",
                    "9500",
                    "--management-bind=10.0.0.1",
                    "--enable-https",
                    "--https-tls-cert-path",
                    "/c.pem",
                    "--https-tls-key-path=/k.pem",
                    "--allow-unauthenticated")
                .http())
        .isEqualTo(expected);
    assertThat(
            Given.environment(
                    "WEIRKEEPER_PORT",
                    "9000",
                    "WEIRKEEPER_BIND",
                    "0.0.0.0",
                    "WEIRKEEPER_MANAGEMENT_PORT",
                    "9500",
                    "WEIRKEEPER_MANAGEMENT_BIND",
                    "10.0.0.1",
                    "WEIRKEEPER_ENABLE_HTTPS",
                    "true",
                    "WEIRKEEPER_HTTPS_TLS_CERT_PATH",
                    "/c.pem",
                    "WEIRKEEPER_HTTPS_TLS_KEY_PATH",
                    "/k.pem",
                    "WEIRKEEPER_ALLOW_UNAUTHENTICATED",
                    "true")
                .http())
        .isEqualTo(expected);
  }

  @Test
  void httpsNeedsBothFiles() {
    assertThatThrownBy(() -> Given.flags("--enable-https", "--https-tls-cert-path", "/c.pem"))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("--https-tls-key-path");
    assertThatThrownBy(() -> Given.flags("--enable-https", "--https-tls-key-path", "/k.pem"))
        .hasMessageContaining("--https-tls-cert-path");
  }

  @Test
  void filesWithoutHttpsAreAcceptedWithAWarning() {
    Settings settings = Given.flags("--https-tls-cert-path=/c.pem", "--https-tls-key-path=/k.pem");
    assertThat(settings.http().tls()).isEmpty();
    assertThat(settings.warnings()).hasSize(2).allMatch(each -> each.contains("--enable-https"));
  }

  @Test
  void theManagementPortFollowsThePort() {
    assertThat(Given.flags("--port", "7000").http().managementPort()).isEqualTo(7001);
    assertThat(Given.flags("--port", "0").http().managementPort()).isZero();
  }

  @Test
  void thePortsMustDiffer() {
    assertThatThrownBy(() -> Given.flags("--port", "7000", "--management-port", "7000"))
        .hasMessageContaining("both 7000");
  }

  @Test
  void theLastPortLeavesNoneForManagement() {
    assertThatThrownBy(() -> Given.flags("--port", "65535"))
        .hasMessageContaining("--management-port");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "192.168.1.2", "example.org", "127.0.0.1.example.org"})
  void bindingBeyondLoopbackNeedsAWord(String address) {
    assertThatThrownBy(() -> Given.flags("--bind", address))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("flag --bind")
        .hasMessageContaining("--allow-unauthenticated");
    assertThatCode(() -> Given.flags("--bind", address, "--allow-unauthenticated"))
        .doesNotThrowAnyException();
  }

  @Test
  void bindingBeyondLoopbackIsFineWhereCallersAreAskedWhoTheyAre() {
    assertThat(
            Given.flags(
                    "--bind-address",
                    "0.0.0.0",
                    "--api-port=9000",
                    "--auth-provider=generic-oidc",
                    "--auth-issuer=https://x",
                    "--auth-client-id=c")
                .http())
        .isEqualTo(plain(9000, "0.0.0.0", 9001, false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "localhost", "::1"})
  void loopbackNeedsNone(String address) {
    assertThat(Given.flags("--bind", address).http().bind()).isEqualTo(address);
  }

  private static HttpSettings plain(int port, String bind, int management, boolean allow) {
    return new HttpSettings(port, bind, management, "127.0.0.1", Optional.empty(), allow);
  }
}
