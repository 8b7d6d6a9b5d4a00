package io.weirkeeper.conf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DataSettingsTest {

  @Test
  void defaults() {
    assertThat(Given.flags().data())
        .isEqualTo(new DataSettings(Given.HOME.resolve("data"), Optional.empty()));
  }

  @Test
  void fullMapping() {
    DataSettings expected =
        new DataSettings(Path.of("/var/wk"), Optional.of(new Secret("postgresql://me:pw@h/db")));
    assertThat(
            Given.flags("--data-dir", "/var/wk", "--postgres-uri", "postgresql://me:pw@h/db")
                .data())
        .isEqualTo(expected);
    assertThat(
            Given.environment(
                    "WEIRKEEPER_DATA_DIR",
                    "/var/wk",
                    "WEIRKEEPER_POSTGRES_URI",
                    "postgresql://me:pw@h/db")
                .data())
        .isEqualTo(expected);
  }

  @Test
  void aRelativeDirectoryCountsFromTheWorkingDirectory() {
    assertThat(Given.flags("--data-dir", "here").data().dataDirectory())
        .isEqualTo(Path.of("here").toAbsolutePath());
  }

  @Test
  void secretsAreNotPrinted() {
    Settings settings = Given.flags("--postgres-uri", "postgresql://me:hunter2@h/db");
    assertThat(settings.toString()).doesNotContain("hunter2").contains("(hidden)");
    assertThat(settings.data().postgresUri().orElseThrow().reveal()).contains("hunter2");
  }
}
