package io.weirkeeper.conf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  @TempDir Path folder;

  private Path file(String json) throws IOException {
    return Files.writeString(folder.resolve("config.json"), json);
  }

  private Settings withFile(String json) throws IOException {
    return Given.flags("--config", file(json).toString());
  }

  @Test
  void aFlagWinsOverTheEnvironmentWhichWinsOverTheFile() throws IOException {
    Path file = file("{\"port\": 1001, \"bind\": \"127.0.0.3\", \"max-concurrent-starts\": 3}");
    Map<String, String> environment =
        Map.of("WEIRKEEPER_PORT", "1002", "WEIRKEEPER_BIND", "127.0.0.2");
    Settings settings =
        Settings.read(
            List.of("--port", "1003", "--config", file.toString()), environment, Given.HOME);
    assertThat(settings.http().port()).isEqualTo(1003);
    assertThat(settings.http().bind()).isEqualTo("127.0.0.2");
    assertThat(settings.engine().maxConcurrentStarts()).isEqualTo(3);
  }

  @Test
  void theFileMayBeNamedByTheEnvironment() throws IOException {
    assertThat(
            Given.environment("WEIRKEEPER_CONFIG", file("{\"port\": 1001}").toString())
                .http()
                .port())
        .isEqualTo(1001);
  }

  @Test
  void everySettingCanBeAKeyOfTheFile() throws IOException {
    Settings settings =
        withFile(
            "{\"port\":9000,\"bind\":\"0.0.0.0\",\"management-port\":9500,"
                + "\"allow-unauthenticated\":true,\"data-dir\":\"/var/wk\","
                + "\"postgres-uri\":\"postgresql://me:pw@h/db\",\"keep-pipelines\":true,"
                + "\"max-concurrent-starts\":4,\"spare-processes\":2,\"engine-heap\":\"1g\","
                + "\"sql-compilation-timeout\":\"2m\",\"compiler-memory\":\"2g\","
                + "\"allowed-origins\":\"http://a, http://b\",\"dev-mode\":true,"
                + "\"unstable-features\":\"testing\",\"demos-dir\":\"/demos\","
                + "\"pipeline-events-retention\":10,\"support-data-retention\":2,"
                + "\"support-data-collection-frequency\":\"0s\"}");
    assertThat(settings)
        .isEqualTo(
            Given.flags(
                "--port=9000",
                "--bind=0.0.0.0",
                "--management-port=9500",
                "--allow-unauthenticated",
                "--data-dir=/var/wk",
                "--postgres-uri=postgresql://me:pw@h/db",
                "--keep-pipelines",
                "--max-concurrent-starts=4",
                "--spare-processes=2",
                "--engine-heap=1g",
                "--sql-compilation-timeout=2m",
                "--compiler-memory=2g",
                "--allowed-origins=http://a,http://b",
                "--dev-mode",
                "--unstable-features=testing",
                "--demos-dir=/demos",
                "--pipeline-events-retention=10",
                "--support-data-retention=2",
                "--support-data-collection-frequency=0s"));
  }

  @Test
  void aRelativePathInTheFileCountsFromItsFolder() throws IOException {
    assertThat(withFile("{\"data-dir\": \"here\"}").data().dataDirectory())
        .isEqualTo(folder.resolve("here").toAbsolutePath());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--prot 1 | Unknown option --prot; did you mean --port?",
        "--data-directory x | Unknown option --data-directory; did you mean --data-dir?",
        "--keep-pipeline | Unknown option --keep-pipeline; did you mean --keep-pipelines?",
        "--wholly-different-name | Unknown option --wholly-different-name. Known: --allow-internal",
        "-port | Unexpected argument '-port'",
        "8080 | Unexpected argument '8080'",
        "--port | Option --port needs a value: expected a whole number from 0 to 65535",
        "--port 1 --port 2 | Option --port is given twice",
        "--port x | Setting 'port' from flag --port: expected a whole number from 0 to 65535,"
            + " found 'x'",
        "--port 65536 | found '65536'",
        "--keep-pipelines=maybe | expected true or false, found 'maybe'",
        "--postgres-uri= | found a value that is not shown",
      })
  void aBadFlagIsRefused(String flags, String message) {
    assertThatThrownBy(() -> Given.flags(flags.split(" ")))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining(message);
  }

  @Test
  void anUnknownVariableIsRefusedAndOthersAreNotLookedAt() {
    assertThatThrownBy(() -> Given.environment("WEIRKEEPER_PROT", "1"))
        .hasMessage("Unknown environment variable WEIRKEEPER_PROT; did you mean WEIRKEEPER_PORT?");
    assertThat(Given.environment("PATH", "/bin", "WK_JAVA_HOME", "/x")).isEqualTo(Given.flags());
  }

  @Test
  void aBadVariableIsNamed() {
    assertThatThrownBy(() -> Given.environment("WEIRKEEPER_PORT", "x"))
        .hasMessageContaining("environment variable WEIRKEEPER_PORT");
  }

  @Test
  void aVariableThatKubernetesSetsForAServiceIsExplained() {
    assertThatThrownBy(() -> Given.environment("WEIRKEEPER_PORT", "tcp://10.0.0.1:80"))
        .hasMessageContaining("enableServiceLinks");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"prot\": 1} | Unknown key in config file",
        "{\"port\": \"x\"} | Setting 'port' from config file",
        "{\"port\": null} | found a JSON null",
        "{\"port\": [1]} | found a JSON array",
        "{\"port\": 1, \"port\": 2} | is not valid JSON at line 1",
        "{\"postgres-uri\": \"hunter2 | is not valid JSON at line 1",
        "[1] | expected a JSON object",
        "{\"config\": \"other.json\"} | may not name another one"
      })
  void aBadFileIsRefusedWithItsPathAndWithoutItsContent(String json, String message) {
    assertThatThrownBy(() -> withFile(json))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("config.json")
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void aMissingFileIsRefusedWithWhereItWasNamed() {
    assertThatThrownBy(() -> Given.flags("--config", "/no/such/file"))
        .hasMessage("There is no config file /no/such/file (named by flag --config).");
  }

  @Test
  void theHelpNamesEverySettingWithItsVariableAndDefault() {
    assertThat(Settings.help())
        .contains("--port N", "WEIRKEEPER_PORT, default 8080")
        .contains("--postgres-uri URI", "WEIRKEEPER_POSTGRES_URI, default an embedded one")
        .contains("--sql-compilation-timeout TIME", "default 300s");
    for (Key<?> key : Settings.KEYS) {
      assertThat(Settings.help()).contains(key.flag(), key.variable(), key.summary());
    }
    assertThat(Settings.wantsHelp(List.of("--port", "1", "--help"))).isTrue();
    assertThat(Settings.wantsHelp(List.of("--port", "1"))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"512m,536870912", "2g,2147483648", "64k,65536", "1000,1000", "1mb,1048576"})
  void sizesAreInPowersOf1024(String text, long bytes) {
    assertThat(DataSize.parse(text).bytes()).isEqualTo(bytes);
    assertThat(DataSize.parse(DataSize.parse(text).toString()).bytes()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({"abc", "-1", "1t", "999999999999g", "1.5g"})
  void otherTextsAreNoSizes(String text) {
    assertThatThrownBy(() -> DataSize.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
