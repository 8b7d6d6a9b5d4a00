package io.weirkeeper.conf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CompilerSettingsTest {

  @Test
  void defaults() {
    assertThat(Given.flags().compiler())
        .isEqualTo(new CompilerSettings(Duration.ofSeconds(300), DataSize.ofMebibytes(512)));
  }

  @Test
  void fullMapping() {
    CompilerSettings expected =
        new CompilerSettings(Duration.ofMinutes(2), DataSize.ofMebibytes(2048));
    assertThat(Given.flags("--sql-compilation-timeout", "2m", "--compiler-memory", "2g").compiler())
        .isEqualTo(expected);
    assertThat(
            Given.environment(
                    "WEIRKEEPER_SQL_COMPILATION_TIMEOUT",
                    "120s",
                    "WEIRKEEPER_COMPILER_MEMORY",
                    "2048m")
                .compiler())
        .isEqualTo(expected);
  }

  @Test
  void aTimeNeedsItsUnit() {
    assertThatThrownBy(() -> Given.flags("--sql-compilation-timeout", "300"))
        .hasMessageContaining("a time with its unit (ms, s, m, h) from 1s to 24h")
        .hasMessageContaining("found '300'");
  }

  @Test
  void tooLittleMemoryIsRefused() {
    assertThatThrownBy(() -> Given.flags("--compiler-memory", "1m"))
        .hasMessageContaining("from 128m to 64g");
  }
}
