package io.weirkeeper.engine.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.plan.ConnectorPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Declared connectors of a real process, over its own routes. */
class ConnectorProcessTest {
  private static final long LEASE = 600_000;

  @TempDir static Path directory;
  private static Child child;
  private static Path out;

  private static ConnectorPlan connector(String endpoint, boolean input, String json) {
    try {
      ObjectNode config = (ObjectNode) Child.JSON.readTree(json.replace('\'', '"'));
      config.put("stream", endpoint.substring(0, endpoint.indexOf('.')));
      return new ConnectorPlan(endpoint, input, config);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static DeploymentSpec spec(Path in, String initial, ConnectorPlan... connectors) {
    DeploymentSpec s = Child.spec(in, initial, 60_000);
    return new DeploymentSpec(
        s.tenantId(),
        s.pipelineId(),
        s.pipelineName(),
        s.deploymentNumber(),
        UUID.randomUUID(),
        s.secret(),
        initial,
        s.runtimeConfig(),
        s.plan().withConnectors(List.of(connectors)),
        s.workingDirectory(),
        s.storageDirectory(),
        s.reportFile(),
        s.bindAddress(),
        s.grantTimeoutMillis());
  }

  @BeforeAll
  static void start() throws Exception {
    out = directory.resolve("totals.json");
    child =
        Child.start(
                spec(
                    directory.resolve("main"),
                    "paused",
                    connector(
                        "sales.first",
                        true,
                        "{'transport': {'name': 'datagen', 'config': {'plan': [{'limit': 20,"
                            + " 'fields': {'item': {'range': [0, 4]}}}]}}, 'labels': ['one']}"),
                    connector(
                        "sales.second",
                        true,
                        "{'transport': {'name': 'datagen', 'config': {'plan': [{'limit': 5,"
                            + " 'fields': {'item': {'values': [7]}}}]}}, 'start_after': 'one'}"),
                    connector(
                        "items.held",
                        true,
                        "{'transport': {'name': 'datagen', 'config': {'plan': [{'limit': 3}]}},"
                            + " 'paused': true}"),
                    connector(
                        "totals.file",
                        false,
                        "{'transport': {'name': 'file_output', 'config': {'path': '"
                            + out
                            + "'}}, 'format': {'name': 'json'}}"),
                    connector("large.none", false, "{'transport': {'name': 'null_output'}}")))
            .reachable()
            .granted(LEASE, "Paused");
  }

  @AfterAll
  static void stop() {
    child.close();
  }

  private static JsonNode input(String name) {
    return child.get("/input_endpoints/" + name + "/stats").json();
  }

  private static boolean complete() {
    return child.get("/stats").json().at("/global_metrics/pipeline_complete").asBoolean();
  }

  @Test
  void connectorsWaitForTheirPipelineAndForEachOther() throws Exception {
    assertThat(input("sales.first").path("paused").asBoolean()).isFalse();
    assertThat(input("sales.second").path("paused").asBoolean()).isTrue();
    assertThat(input("sales.first").at("/metrics/total_records").asInt()).isZero();
    assertThat(complete()).isFalse();

    assertThat(child.get("/start").status()).isEqualTo(202);
    Child.until(
        "the second connector, which waits for the first",
        () -> input("sales.second").at("/metrics/end_of_input").asBoolean());
    assertThat(input("sales.first").at("/metrics/total_records").asInt()).isEqualTo(20);
    assertThat(input("sales.first").at("/metrics/total_bytes").asInt()).isEqualTo(20 * 2 * 8);
    assertThat(input("items.held").path("paused").asBoolean()).isTrue();
    assertThat(input("items.held").at("/metrics/total_records").asInt()).isZero();
    assertThat(complete()).isFalse();

    assertThat(child.get("/input_endpoints/items.held/start").status()).isEqualTo(200);
    Child.until("the end of all inputs", ConnectorProcessTest::complete);
    String token =
        child.get("/input_endpoints/items.held/completion_token").json().get("token").asText();
    child.complete(token);

    JsonNode stats = child.get("/stats").json();
    assertThat(names(stats.path("inputs")))
        .containsExactly("sales.first", "sales.second", "items.held");
    assertThat(names(stats.path("outputs"))).containsExactly("totals.file", "large.none");
    JsonNode held = input("items.held");
    assertThat(held.at("/health/status").asText()).isEqualTo("Healthy");
    assertThat(held.at("/completed_frontier/metadata/row").asInt()).isEqualTo(3);
    assertThat(held.path("fatal_error").isNull()).isTrue();
    assertThat(held.path("parse_errors").isEmpty()).isTrue();

    // The file holds the view: inserts and deletes add up to five items.
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(out)) {
      JsonNode event = Child.JSON.readTree(line);
      if (event.has("insert")) {
        rows.add(event.get("insert"));
      } else {
        assertThat(rows.remove(event.get("delete"))).as(line).isTrue();
      }
    }
    assertThat(rows).hasSize(5);
    JsonNode output = child.get("/output_endpoints/totals.file/stats").json();
    assertThat(output.at("/metrics/transmitted_bytes").asLong()).isEqualTo(Files.size(out));
    assertThat(output.at("/metrics/num_transport_errors").asInt()).isZero();

    String metrics = child.get("/metrics").body();
    assertThat(metrics)
        .contains("input_connector_records_total{")
        .contains("endpoint=\"sales.first\"} 20")
        .contains("output_connector_bytes_total{")
        .contains("endpoint=\"totals.file\"");
    assertThat(names(child.get("/stats/errors").json().path("outputs")))
        .containsExactly("totals.file", "large.none");
    assertThat(child.get("/input_endpoints/sales.nobody/start").json().get("error_code").asText())
        .isEqualTo("UnknownInputEndpoint");
    assertThat(child.get("/output_endpoints/sales.first/stats").status()).isEqualTo(404);
  }

  private static List<String> names(JsonNode endpoints) {
    List<String> names = new ArrayList<>();
    endpoints.forEach(endpoint -> names.add(endpoint.path("endpoint_name").asText()));
    return names;
  }

  @Test
  void aConnectorThatCannotBeOpenedEndsTheStartWithItsNameAndCode() throws Exception {
    try (Child other =
        Child.start(
                spec(
                    directory.resolve("other"),
                    "running",
                    connector(
                        "sales.kafka",
                        true,
                        "{'transport': {'name': 'kafka_input', 'config': {'topic': 't'}},"
                            + " 'format': {'name': 'json'}}")))
            .reachable()) {
      other.post("/weirkeeper/grant", "{\"lease_millis\":" + LEASE + "}");
      Child.until("the failure", () -> other.get("/status").status() == 500);
      JsonNode error = other.get("/status").json();
      assertThat(error.get("error_code").asText()).isEqualTo("ConfigError.UnknownInputTransport");
      assertThat(error.get("message").asText())
          .contains("input connector 'sales.kafka'")
          .contains("'kafka_input' is not built yet");
    }
  }
}
