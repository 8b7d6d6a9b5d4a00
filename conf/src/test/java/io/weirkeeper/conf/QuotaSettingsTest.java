package io.weirkeeper.conf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class QuotaSettingsTest {
  @Test
  void defaults() {
    assertThat(Given.flags().quotas()).isEqualTo(new QuotaSettings(0, 0, 0, 0));
  }

  @Test
  void fullMapping() {
    QuotaSettings expected = new QuotaSettings(1, 2, 3, 4);
    assertThat(
            Given.flags(
                    "--tenant-max-pipelines=1",
                    "--tenant-max-running-pipelines=2",
                    "--tenant-max-requests-per-second=3",
                    "--tenant-max-streams=4")
                .quotas())
        .isEqualTo(expected);
    assertThat(
            Given.environment(
                    "WEIRKEEPER_TENANT_MAX_PIPELINES", "1",
                    "WEIRKEEPER_TENANT_MAX_RUNNING_PIPELINES", "2",
                    "WEIRKEEPER_TENANT_MAX_REQUESTS_PER_SECOND", "3",
                    "WEIRKEEPER_TENANT_MAX_STREAMS", "4")
                .quotas())
        .isEqualTo(expected);
    assertThatThrownBy(() -> Given.flags("--tenant-max-streams=-1"))
        .isInstanceOf(SettingsException.class);
  }
}
