package io.weirkeeper.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.weirkeeper.core.auth.TenantQuotas;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RequestQuotaTest {
  private Fixture fixture;

  private void open(TenantQuotas quotas) {
    Fixture.quotas = quotas;
    fixture = new Fixture();
    Fixture.quotas = TenantQuotas.UNLIMITED;
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void aTenantThatAsksTooMuchIsToldWhenToComeBack() {
    open(new TenantQuotas(0, 0, 3, 0));
    HttpResponse<String> last = null;
    for (int i = 0; i < 20; i++) {
      last = fixture.send(fixture.request("/v0/config"));
      if (last.statusCode() == 429) {
        break;
      }
    }
    assertThat(last.statusCode()).isEqualTo(429);
    assertThat(Fixture.code(last)).isEqualTo("RequestQuotaExceeded");
    assertThat(last.headers().firstValue("Retry-After")).contains("1");
    assertThat(Fixture.parse(last).at("/details/limit").asInt()).isEqualTo(3);
    // What is public is not counted.
    assertThat(fixture.send(fixture.request("/healthz")).statusCode()).isEqualTo(200);
    Fixture.until(
        "the tenant to be served again",
        () -> fixture.send(fixture.request("/v0/config")).statusCode() == 200);
  }

  @Test
  void oneStreamTooManyIsRefusedUntilAnotherEnds() {
    open(new TenantQuotas(0, 0, 0, 1));
    fixture.routed();
    fixture.process = request -> {};
    var first =
        HttpClient.newHttpClient()
            .sendAsync(
                fixture
                    .request("/v0/pipelines/p/egress/v")
                    .POST(HttpRequest.BodyPublishers.noBody())
                    .build(),
                HttpResponse.BodyHandlers.discarding());
    Fixture.until("the stream to reach the process", () -> !fixture.requests.isEmpty());
    HttpResponse<String> second =
        fixture.send(
            fixture.request("/v0/pipelines/p/egress/v").POST(HttpRequest.BodyPublishers.noBody()));
    assertThat(second.statusCode()).isEqualTo(429);
    assertThat(Fixture.code(second)).isEqualTo("StreamQuotaExceeded");
    first.cancel(true);
    fixture.process = request -> request.response().end();
    Fixture.until(
        "the place to be free again",
        () ->
            fixture
                    .send(
                        fixture
                            .request("/v0/pipelines/p/egress/v")
                            .POST(HttpRequest.BodyPublishers.noBody()))
                    .statusCode()
                == 200);
  }
}
