package io.weirkeeper.conf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpSettingsTest {

  @Test
  void defaults() {
    assertThat(Given.flags().http()).isEqualTo(new HttpSettings(8080, "127.0.0.1", 8081, false));
  }

  @Test
  void fullMapping() {
    HttpSettings expected = new HttpSettings(9000, "0.0.0.0", 9500, true);
    assertThat(
            Given.flags(
                    "--port",
                    "9000",
                    "--bind=0.0.0.0",
                    "--management-port",
                    "9500",
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
                    "WEIRKEEPER_ALLOW_UNAUTHENTICATED",
                    "true")
                .http())
        .isEqualTo(expected);
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
        .isEqualTo(new HttpSettings(9000, "0.0.0.0", 9001, false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "localhost", "::1"})
  void loopbackNeedsNone(String address) {
    assertThat(Given.flags("--bind", address).http().bind()).isEqualTo(address);
  }
}
