package io.weirkeeper.engine.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What outlives a pipeline process, by processes that are killed and suspended. */
class DurableProcessTest {

  private static final Map<String, Object> EXACTLY_ONCE =
      Map.of("model", "exactly_once", "checkpoint_interval_secs", 0);
  private static final String SALES = "/ingress/sales?format=json&update_format=raw";

  @TempDir Path directory;
  private DeploymentSpec first;
  private int lives;

  @BeforeEach
  void drawPipeline() {
    first = Child.spec(directory, "running", 60_000);
  }

  /** The next process of the pipeline, on the same storage. */
  private DeploymentSpec next(Map<String, Object> faultTolerance, PipelinePlan plan) {
    JsonNode config =
        Child.JSON.valueToTree(Map.of("workers", 2, "fault_tolerance", faultTolerance));
    return next(config, plan);
  }

  private DeploymentSpec next(JsonNode config, PipelinePlan plan) {
    lives++;
    return new DeploymentSpec(
        first.tenantId(),
        first.pipelineId(),
        first.pipelineName(),
        first.deploymentNumber() + lives,
        UUID.randomUUID(),
        first.secret(),
        first.initial(),
        config,
        plan,
        directory.resolve("work" + lives).toString(),
        first.storageDirectory(),
        directory.resolve("report" + lives + ".json").toString(),
        first.bindAddress(),
        first.grantTimeoutMillis());
  }

  @Test
  void stateThatIsWantedInAnObjectStoreIsRefusedAtTheStart() throws Exception {
    for (String backend :
        List.of(
            "{\"name\":\"file\",\"config\":{\"sync\":{\"bucket\":\"b\"}}}",
            "{\"name\":\"object\",\"config\":{\"url\":\"s3://b\"}}")) {
      JsonNode config = Child.JSON.createObjectNode().set("storage", backend(backend));
      try (Child child = Child.start(next(config, Child.plan())).reachable()) {
        Child.until("failure", () -> child.get("/status").status() == 501);
        assertThat(child.get("/status").json().get("error_code").asText())
            .isEqualTo("NotImplemented");
        assertThat(child.get("/status").json().get("message").asText()).contains("object store");
      }
    }
  }

  private static JsonNode backend(String json) throws Exception {
    return Child.JSON.createObjectNode().set("backend", Child.JSON.readTree(json));
  }

  private Child run(Map<String, Object> faultTolerance) throws Exception {
    return Child.start(next(faultTolerance, Child.plan())).reachable().granted(60_000, "Running");
  }

  private static void kill(Child child) {
    child.process.destroyForcibly();
    child.process.onExit().join();
  }

  private static String totals(Child child) {
    return child.query("json", "SELECT item, n, total FROM totals ORDER BY item").body();
  }

  private static JsonNode checkpoint(Child child) {
    JsonNode asked = child.post("/checkpoint", "").json();
    long number = asked.get("checkpoint_sequence_number").asLong();
    String status = "/checkpoint_status?incarnation_uuid=" + asked.get("incarnation_uuid").asText();
    Child.until(
        "checkpoint " + number, () -> child.get(status).json().get("success").asLong() == number);
    return child.get("/checkpoints").json();
  }

  @Test
  void aFaultTolerantPipelineGoesOnAfterItWasKilled() throws Exception {
    String token;
    try (Child child = run(EXACTLY_ONCE)) {
      child.push(SALES, "{\"item\": 1, \"amount\": 20}");
      assertThat(checkpoint(child)).hasSize(1);
      child.push("/ingress/items?format=json", "{\"insert\": {\"id\": 1, \"name\": \"pen\"}}");
      // Acknowledged, and not even waited for.
      token = child.post(SALES, "{\"item\": 1, \"amount\": 3}").json().get("token").asText();
      kill(child);
    }
    try (Child child = run(EXACTLY_ONCE)) {
      child.complete(token);
      assertThat(totals(child)).isEqualTo("{\"item\":1,\"n\":2,\"total\":23}\n");
      assertThat(child.query("json", "SELECT name, total FROM named").body())
          .isEqualTo("{\"name\":\"pen\",\"total\":23}\n");
      JsonNode metrics = child.get("/stats").json().get("global_metrics");
      assertThat(metrics.get("total_processed_records").asLong()).isEqualTo(3);
      assertThat(metrics.get("initial_start_time").asLong())
          .isLessThanOrEqualTo(metrics.get("start_time").asLong());
      child.push(SALES, "{\"item\": 1, \"amount\": 1}");
      assertThat(checkpoint(child)).hasSize(2);
      child.push(SALES, "{\"item\": 2, \"amount\": 5}");
      assertThat(checkpoint(child)).as("only the newest two are kept").hasSize(2);
      kill(child);
    }
    damageNewest();
    try (Child child = run(EXACTLY_ONCE)) {
      assertThat(child.log()).contains("is damaged and put aside");
      assertThat(totals(child))
          .as("the one before the damaged one, and the journal since")
          .isEqualTo("{\"item\":1,\"n\":3,\"total\":24}\n{\"item\":2,\"n\":1,\"total\":5}\n");
    }
  }

  private void damageNewest() throws Exception {
    Path newest = null;
    long highest = 0;
    try (Stream<Path> all = Files.list(Path.of(first.storageDirectory(), "checkpoints"))) {
      for (Path place : all.toList()) {
        JsonNode manifest = Child.JSON.readTree(place.resolve("manifest.json").toFile());
        if (manifest.get("number").asLong() > highest) {
          highest = manifest.get("number").asLong();
          newest = place;
        }
      }
    }
    Path inputs = newest.resolve("inputs");
    byte[] bytes = Files.readAllBytes(inputs);
    bytes[bytes.length / 2] ^= 1;
    Files.write(inputs, bytes);
  }

  @Test
  void aSuspendedPipelineGoesOnWithoutFaultToleranceAndRefusesAnotherProgram() throws Exception {
    Map<String, Object> none = Map.of("model", "none", "checkpoint_interval_secs", 60);
    try (Child child = run(none)) {
      assertThat(child.get("/suspendable").json().get("suspendable").asBoolean()).isTrue();
      child.push(SALES, "{\"item\": 1, \"amount\": 20}");
      child.get("/pause");
      assertThat(child.post("/suspend", "").status()).isEqualTo(202);
      Child.until(
          "suspension",
          () -> {
            Child.Reply reply = child.get("/status");
            // An error with the code Suspended would pass for the end of it.
            assertThat(reply.status()).as(reply.body()).isEqualTo(200);
            return reply.json().path("runtime_status").asText().equals("Suspended");
          });
      JsonNode status = child.get("/status").json();
      assertThat(status.get("runtime_desired_status").asText()).isEqualTo("Suspended");
      assertThat(status.get("storage_status_details").get("checkpoints")).hasSize(1);
      assertThat(child.post(SALES, "{\"item\": 9, \"amount\": 1}").status()).isEqualTo(503);
      assertThat(child.get("/start").json().get("error_code").asText())
          .isEqualTo("InvalidTransition");
    }
    List<ViewPlan> changed = new ArrayList<>(Child.plan().views());
    changed.remove(0);
    PipelinePlan other =
        new PipelinePlan(PipelinePlan.FORMAT_VERSION, Child.plan().tables(), changed);
    try (Child child = Child.start(next(none, other).withBootstrap("reject", false)).reachable()) {
      Child.until("failure", () -> child.get("/status").status() == 409);
      assertThat(child.get("/status").json().get("error_code").asText())
          .isEqualTo("BootstrapRejected");
    }
    try (Child child = run(none)) {
      assertThat(totals(child)).isEqualTo("{\"item\":1,\"n\":1,\"total\":20}\n");
      child.push(SALES, "{\"item\": 1, \"amount\": 1}");
      assertThat(totals(child)).isEqualTo("{\"item\":1,\"n\":2,\"total\":21}\n");
    }
  }
}
