package io.weirkeeper.conf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class EngineSettingsTest {

  @Test
  void defaults() {
    assertThat(Given.flags().engine())
        .isEqualTo(new EngineSettings(2, 1, DataSize.ofMebibytes(2048), false));
  }

  @Test
  void fullMapping() {
    EngineSettings expected = new EngineSettings(4, 0, DataSize.ofMebibytes(1024), true);
    assertThat(
            Given.flags(
                    "--max-concurrent-starts",
                    "4",
                    "--spare-processes",
                    "0",
                    "--engine-heap",
                    "1g",
                    "--keep-pipelines")
                .engine())
        .isEqualTo(expected);
    assertThat(
            Given.environment(
                    "WEIRKEEPER_MAX_CONCURRENT_STARTS",
                    "4",
                    "WEIRKEEPER_SPARE_PROCESSES",
                    "0",
                    "WEIRKEEPER_ENGINE_HEAP",
                    "1g",
                    "WEIRKEEPER_KEEP_PIPELINES",
                    "yes")
                .engine())
        .isEqualTo(expected);
  }

  @Test
  void noStartAtAllIsRefused() {
    assertThatThrownBy(() -> Given.flags("--max-concurrent-starts", "0"))
        .hasMessageContaining("a whole number from 1 to 64");
  }
}
