package io.weirkeeper.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.http.HttpServerResponse;
import io.weirkeeper.core.auth.Role;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RevokedStreamsTest {
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<HttpServerResponse> upstream = new CopyOnWriteArrayList<>();
  private AccessFixture fixture;
  private String writer;

  @BeforeEach
  void open() {
    fixture = new AccessFixture();
    fixture.front.routed();
    // A change stream that has begun and does not end by itself.
    fixture.front.process =
        request -> {
          upstream.add(request.response());
          request.response().setChunked(true).write("begun\n");
        };
    writer = fixture.memberWithRole("ann", "acme", Role.WRITE);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  /** An open stream; true once its client has lost it. */
  private AtomicBoolean stream(String path, String credential) throws Exception {
    HttpResponse<InputStream> answer =
        client.send(
            fixture.request(path, credential).timeout(Duration.ofSeconds(60)).build(),
            HttpResponse.BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    InputStream body = answer.body();
    assertThat(body.read()).isEqualTo('b');
    AtomicBoolean lost = new AtomicBoolean();
    Thread reader =
        new Thread(
            () -> {
              try {
                body.readAllBytes();
              } catch (java.io.IOException e) {
                lost.set(true);
              }
            });
    reader.setDaemon(true);
    reader.start();
    return lost;
  }

  private String key(String name) {
    JsonNode made =
        Fixture.parse(
            fixture.json("POST", "/v0/api_keys", writer, "{'name':'" + name + "','role':'write'}"));
    return made.get("api_key").asText();
  }

  @Test
  void theStreamsOfADeletedKeyEndAndThoseOfOthersGoOn() throws Exception {
    AtomicBoolean gone = stream("/v0/pipelines/p/query?sql=x", key("gone"));
    AtomicBoolean kept = stream("/v0/pipelines/p/query?sql=x", key("kept"));
    long before = System.nanoTime();
    assertThat(fixture.delete("/v0/api_keys/gone", writer).statusCode()).isEqualTo(200);
    Fixture.until("the stream of the deleted key to end", gone::get);
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(3));
    Fixture.until("the process to lose it too", () -> upstream.get(0).closed());
    assertThat(kept).isFalse();
    assertThat(upstream.get(1).closed()).isFalse();
    upstream.get(1).end();
  }

  @Test
  void theStreamOfAMemberWhoseRoleFellEndsWhereItIsTooLow() throws Exception {
    AtomicBoolean query = stream("/v0/pipelines/p/query?sql=x", writer);
    AtomicBoolean profile = stream("/v0/pipelines/p/time_series_stream", writer);
    fixture.memberWithRole("ann", "acme", Role.READ);
    Fixture.until("the query to end", query::get);
    assertThat(profile).isFalse();
    upstream.forEach(HttpServerResponse::end);
  }

  @Test
  void aTokenThatExpiresDoesNotEndAStream() throws Exception {
    AtomicBoolean lost = stream("/v0/pipelines/p/query?sql=x", writer);
    UUID acme = Fixture.await(fixture.stores.tenants().findByIdOrName("acme")).orElseThrow().id();
    // Each witness that ends proves that everybody was judged anew.
    for (String witness : List.of("one", "two")) {
      AtomicBoolean ended = stream("/v0/pipelines/p/query?sql=x", key(witness));
      fixture.clock.shift = Duration.ofDays(1);
      assertThat(fixture.get("/v0/pipelines", writer).statusCode()).isEqualTo(401);
      Fixture.await(fixture.stores.apiKeys().delete(acme, witness));
      Fixture.until("the witness to end", ended::get);
      fixture.clock.shift = Duration.ZERO;
    }
    assertThat(lost).isFalse();
    upstream.get(0).end();
  }
}
