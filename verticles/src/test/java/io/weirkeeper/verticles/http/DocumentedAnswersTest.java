package io.weirkeeper.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.weirkeeper.core.api.ApiErrors;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DocumentedAnswersTest {
  private static Fixture fixture;

  @BeforeAll
  static void start() {
    fixture = new Fixture();
    fixture.publish("p", pipeline -> pipeline);
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET|/v0/pipelines|418|application/json|[]|status 418 is not documented",
        "GET|/v0/pipelines|200|text/html|[]|content type text/html is not documented",
        "GET|/v0/pipelines|200||[]|a body without a content type",
        "GET|/v0/pipelines|200|application/json|{}|array expected",
        "GET|/v0/pipelines|200|application/json|[{}]|required property 'id' not found",
        "GET|/v0/pipelines/p|404|application/json"
            + "|{\"message\":\"\",\"error_code\":\"UnknownPipelineName\"}"
            + "|required property 'details' not found",
        "GET|/v0/pipelines/p|404|application/json"
            + "|{\"message\":\"\",\"error_code\":\"Gone\",\"details\":null}"
            + "|error code Gone is not documented",
      })
  void aWrongAnswerIsFound(
      String method, String path, int status, String type, String body, String expected) {
    assertThat(fixture.documented.violations(method, path, status, type, body))
        .anySatisfy(violation -> assertThat(violation).contains(expected));
  }

  @ParameterizedTest
  @CsvSource({"all,status", "status,all", "status_with_connectors,all"})
  void theKeysOfAPipelineAreThoseOfItsSelector(String selector, String other) {
    HttpResponse<String> answer = fixture.get("/v0/pipelines/p?selector=" + selector);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(
            fixture.documented.violations(
                "GET", "/v0/pipelines/p?selector=" + other, 200, "application/json", answer.body()))
        .isNotEmpty();
  }

  @Test
  void aFixtureThatSawAWrongAnswerFailsAtItsEnd() {
    Fixture other = new Fixture();
    other.documented(
        "GET", "/v0/config", 404, "application/json", ApiErrors.emptyName().body().toString());
    org.assertj.core.api.Assertions.assertThatThrownBy(other::close)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("GET /v0/config");
  }
}
