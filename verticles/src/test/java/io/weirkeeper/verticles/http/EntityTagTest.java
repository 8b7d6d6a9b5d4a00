package io.weirkeeper.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.weirkeeper.core.pipeline.IfMatch;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.verticles.bus.PipelineRequest;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EntityTagTest {
  private Fixture fixture;
  private PipelineRecord pipeline;

  @BeforeEach
  void open() {
    fixture = new Fixture();
    pipeline = fixture.publish("p", same -> same);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private HttpResponse<String> get(String path, String... headers) {
    var request = fixture.request(path);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return fixture.send(request);
  }

  private static String tag(HttpResponse<?> response) {
    return response.headers().firstValue("ETag").orElseThrow();
  }

  @Test
  void eachSelectorAndEncodingHasATagOfItsOwn() {
    Set<String> tags = new HashSet<>();
    for (String selector : List.of("all", "status")) {
      for (String encoding : List.of("identity", "gzip")) {
        tags.add(tag(get("/v0/pipelines/p?selector=" + selector, "Accept-Encoding", encoding)));
      }
    }
    assertThat(tags).hasSize(4).allMatch(tag -> tag.matches("\"[^\"]+\""));
    assertThat(get("/v0/pipelines/p?selector=status_with_connectors").headers().firstValue("ETag"))
        .as("its error counts come from the process, not from the row")
        .isEmpty();
  }

  @Test
  void whoHasTheAnswerAlreadyGets304WithoutABody() {
    String tag = tag(get("/v0/pipelines/p"));
    for (String header : List.of(tag, "W/" + tag, "\"other\", " + tag, "*")) {
      HttpResponse<String> response = get("/v0/pipelines/p", "If-None-Match", header);
      assertThat(response.statusCode()).as(header).isEqualTo(304);
      assertThat(response.body()).isEmpty();
      assertThat(tag(response)).isEqualTo(tag);
      assertThat(response.headers().firstValue("Cache-Control")).contains("no-cache");
    }
    assertThat(get("/v0/pipelines/p", "If-None-Match", tag, "Accept-Encoding", "gzip").statusCode())
        .as("the tag of another encoding")
        .isEqualTo(200);
    assertThat(get("/v0/pipelines/p?selector=status", "If-None-Match", tag).statusCode())
        .isEqualTo(200);
  }

  @Test
  void theListHasATagUntilSomethingInItChanges() {
    String tag = tag(get("/v0/pipelines"));
    assertThat(get("/v0/pipelines", "If-None-Match", tag).statusCode()).isEqualTo(304);
    assertThat(get("/v0/pipelines?selector=status", "If-None-Match", tag).statusCode())
        .isEqualTo(200);
    assertThat(get("/v0/pipelines?selector=status_with_connectors").headers().firstValue("ETag"))
        .isEmpty();
    fixture.publish("q", same -> same);
    assertThat(get("/v0/pipelines", "If-None-Match", tag).statusCode()).isEqualTo(200);
  }

  @Test
  void ifMatchTravelsToTheOwnerWithTheChange() {
    String tag = tag(get("/v0/pipelines/p", "Accept-Encoding", "gzip"));
    for (String method : List.of("PATCH", "PUT", "DELETE")) {
      fixture.requests.clear();
      fixture.send(
          fixture
              .request("/v0/pipelines/p")
              .header("Content-Type", "application/json")
              .header("If-Match", tag)
              .method(
                  method,
                  java.net.http.HttpRequest.BodyPublishers.ofString(
                      "{\"name\":\"p\",\"program_code\":\"\"}")));
      PipelineRequest.Conditional sent = (PipelineRequest.Conditional) fixture.requests.get(0);
      assertThat(sent.ifMatch().seen())
          .as(method)
          .containsExactly(new IfMatch.State(pipeline.id(), 2 * pipeline.revision()));
      assertThat(sent.name()).isEqualTo("p");
    }
  }

  @Test
  void aTagThatIsNotOursMatchesNothing() {
    assertThat(EntityTag.ifMatch("\"abc\", W/\"def\"").seen()).isEmpty();
    assertThat(
            EntityTag.ifMatch("W/" + EntityTag.of(pipeline.id().toString(), 2, "all", false))
                .seen())
        .as("If-Match compares strongly")
        .isEmpty();
  }
}
