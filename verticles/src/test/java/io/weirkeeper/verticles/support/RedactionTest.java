package io.weirkeeper.verticles.support;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedactionTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"password\": \"hunter2\"}",
        "{\"aws_secret_access_key\":\"hunter2\"}",
        "'[{\"transport\": {\"config\": {\"sasl.password\": \"hunter2\", \"a\": 1}}}]'",
        "{\\\"api_key\\\": \\\"hunter2\\\"}",
        "password=hunter2",
        "sasl.jaas.config = 'x hunter2 y'",
        "postgres://me:hunter2@host/db",
        "Authorization: Bearer hunter2hunter2"
      })
  void secretsAreMaskedWhereverTheyStand(String text) {
    assertThat(Redaction.text(text)).doesNotContain("hunter2").contains("***");
  }

  @Test
  void whatIsNoSecretStays() {
    String sql = "CREATE TABLE t (x INT); -- see https://example.com/a:b";
    assertThat(Redaction.text(sql)).isEqualTo(sql);
  }

  @Test
  void documentsLoseTheirSecretsAndAllOfTheirEnvironment() throws Exception {
    var json =
        new ObjectMapper()
            .readTree(
                "{\"runtime_config\":{\"env\":{\"A\":\"hunter2\"},\"workers\":8},"
                    + "\"list\":[{\"token\":\"hunter2\"},{\"token\":null}],\"n\":1}");
    assertThat(Redaction.json(json).toString())
        .isEqualTo(
            "{\"runtime_config\":{\"env\":{\"A\":\"***\"},\"workers\":8},"
                + "\"list\":[{\"token\":\"***\"},{\"token\":null}],\"n\":1}");
  }

  @Test
  void aMegabyteOfAnythingIsReadInReasonableTime() {
    String[] hard = {"\"".repeat(500_000), "a".repeat(1_000_000), "token".repeat(200_000)};
    for (String text : hard) {
      long begin = System.nanoTime();
      Redaction.text(text);
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(30));
    }
  }
}
