package io.weirkeeper.engine.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.core.plan.ColumnType;
import io.weirkeeper.core.plan.ConnectorPlan;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A changed program on the storage of the former one, by processes. */
class ChangedProgramProcessTest {

  private static final String SALES = "/ingress/sales?format=json&update_format=raw";

  @TempDir Path directory;
  private DeploymentSpec first;
  private int lives;

  @BeforeEach
  void drawPipeline() {
    first = Child.spec(directory, "running", 60_000);
  }

  /** The child's program with sales materialized. */
  private static PipelinePlan program() {
    List<TablePlan> tables = new ArrayList<>();
    for (TablePlan t : Child.plan().tables()) {
      tables.add(
          new TablePlan(
              t.name(), t.caseSensitive(), true, t.appendOnly(), t.columns(), t.primaryKey()));
    }
    return new PipelinePlan(PipelinePlan.FORMAT_VERSION, tables, Child.plan().views());
  }

  /** The same with a view before the others. */
  private static PipelinePlan with(PipelinePlan plan, String name, String sql) {
    List<ViewPlan> views = new ArrayList<>(plan.views());
    views.add(
        0,
        new ViewPlan(
            name,
            false,
            ViewPlan.Kind.MATERIALIZED,
            List.of(new ColumnPlan("n", false, ColumnType.of("BIGINT", true), "BIGINT", null)),
            sql,
            null));
    return new PipelinePlan(PipelinePlan.FORMAT_VERSION, plan.tables(), views, plan.connectors());
  }

  private static PipelinePlan counting(PipelinePlan plan) {
    return with(plan, "counted", "SELECT COUNT(*) AS n FROM sales");
  }

  private DeploymentSpec next(PipelinePlan plan) {
    lives++;
    return new DeploymentSpec(
        first.tenantId(),
        first.pipelineId(),
        first.pipelineName(),
        first.deploymentNumber() + lives,
        UUID.randomUUID(),
        first.secret(),
        first.initial(),
        Child.JSON.valueToTree(
            Map.of(
                "workers",
                2,
                "fault_tolerance",
                Map.of("model", "exactly_once", "checkpoint_interval_secs", 0))),
        plan,
        directory.resolve("work" + lives).toString(),
        first.storageDirectory(),
        directory.resolve("report" + lives + ".json").toString(),
        first.bindAddress(),
        first.grantTimeoutMillis());
  }

  private static Child start(DeploymentSpec spec) throws Exception {
    return Child.start(spec).reachable();
  }

  private static void suspend(Child child) {
    assertThat(child.post("/suspend", "").status()).isEqualTo(202);
    Child.until(
        "suspension",
        () -> child.get("/status").json().path("runtime_status").asText().equals("Suspended"));
  }

  private static String rows(Child child, String sql) {
    Child.Reply reply = child.query("json", sql);
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    return reply.body();
  }

  /** All files of the storage but the lock, with their contents. */
  private Map<String, String> storage() throws Exception {
    Path root = Path.of(first.storageDirectory());
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(
            root.relativize(file).toString(), HexFormat.of().formatHex(Files.readAllBytes(file)));
      }
    }
    files.remove("lock");
    assertThat(files).isNotEmpty();
    return files;
  }

  @Test
  void aChangedProgramAwaitsApprovalThenKeepsWhatItCanAndFillsTheRest() throws Exception {
    try (Child child = start(next(program())).granted(60_000, "Running")) {
      child.push(SALES, "{\"item\": 1, \"amount\": 20} {\"item\": 1, \"amount\": 20}");
      child.push("/ingress/items?format=json", "{\"insert\": {\"id\": 1, \"name\": \"pen\"}}");
      suspend(child);
    }
    Map<String, String> before = storage();
    Path file = directory.resolve("counted.json");
    JsonNode config =
        Child.JSON.valueToTree(
            Map.of(
                "stream",
                "counted",
                "transport",
                Map.of("name", "file_output", "config", Map.of("path", file.toString())),
                "format",
                Map.of("name", "json")));
    PipelinePlan changed =
        counting(program())
            .withConnectors(List.of(new ConnectorPlan("counted.file", false, config)));
    try (Child child = start(next(changed)).granted(60_000, "AwaitingApproval")) {
      JsonNode status = child.get("/status").json();
      JsonNode diff = status.at("/runtime_status_details/approval_diff");
      assertThat(diff.at("/program_diff/added_views/0").asText()).isEqualTo("counted");
      assertThat(diff.at("/added_output_connectors/0").asText()).isEqualTo("counted.file");
      assertThat(status.get("runtime_desired_status").asText()).isEqualTo("Running");
      for (String path : List.of("/stats", "/query?sql=SELECT+1", "/pause")) {
        assertThat(child.get(path).json().get("error_code").asText()).isEqualTo("AwaitingApproval");
        assertThat(child.get(path).status()).isEqualTo(503);
      }
      suspend(child);
    }
    assertThat(storage()).as("nothing is touched before the approval").isEqualTo(before);
    try (Child child = start(next(changed)).granted(60_000, "AwaitingApproval")) {
      assertThat(
              child.post("/approve?silent_bootstrap=true&concurrent_bootstrap=true", "").status())
          .isEqualTo(400);
      Child.Reply approved = child.post("/approve", "");
      assertThat(approved.status()).isEqualTo(200);
      assertThat(approved.body()).isEqualTo("\"Bootstrap approved\"");
      assertThat(child.get("/status").json().get("runtime_status").asText())
          .isIn("Bootstrapping", "Running");
      Child.until(
          "the bootstrap",
          () -> child.get("/status").json().get("runtime_status").asText().equals("Running"));
      assertThat(child.post("/approve", "").status()).as("again").isEqualTo(200);
      assertThat(rows(child, "SELECT n FROM counted")).isEqualTo("{\"n\":2}\n");
      assertThat(rows(child, "SELECT name, total FROM named"))
          .isEqualTo("{\"name\":\"pen\",\"total\":40}\n");
      assertThat(Files.readString(file)).contains("{\"insert\":{\"n\":2}}");
      child.push(SALES, "{\"item\": 1, \"amount\": 5}");
      assertThat(rows(child, "SELECT n FROM counted")).isEqualTo("{\"n\":3}\n");
      assertThat(rows(child, "SELECT n, total FROM totals")).isEqualTo("{\"n\":3,\"total\":45}\n");
      // Killed: what came since is in the journal of the changed program.
    }
    try (Child child = start(next(changed)).granted(60_000, "Running")) {
      assertThat(rows(child, "SELECT n FROM counted")).isEqualTo("{\"n\":3}\n");
      assertThat(child.post("/approve", "").json().get("error_code").asText())
          .isEqualTo("InvalidTransition");
      child.push(SALES, "{\"item\": 1, \"amount\": 5}");
    }
    // Edited after a crash: the journal's steps are run again, then what is new is filled.
    PipelinePlan again =
        with(changed, "most", "SELECT CAST(MAX(amount) AS BIGINT) AS n FROM sales");
    try (Child child =
        start(next(again).withBootstrap("allow", false)).granted(60_000, "Running")) {
      assertThat(rows(child, "SELECT n FROM counted")).isEqualTo("{\"n\":4}\n");
      assertThat(rows(child, "SELECT n FROM most")).isEqualTo("{\"n\":20}\n");
      assertThat(rows(child, "SELECT n, total FROM totals")).isEqualTo("{\"n\":4,\"total\":50}\n");
    }
  }

  @Test
  void whatCanNotGoOnIsRefusedBeforeAnythingIsTouched() throws Exception {
    try (Child child = start(next(Child.plan())).granted(60_000, "Running")) {
      child.push(SALES, "{\"item\": 1, \"amount\": 20}");
      suspend(child);
    }
    Map<String, String> before = storage();
    try (Child child = start(next(counting(Child.plan())).withBootstrap("allow", false))) {
      Child.until("refusal", () -> child.get("/status").status() == 409);
      JsonNode error = child.get("/status").json();
      assertThat(error.get("error_code").asText()).isEqualTo("BootstrapRejected");
      assertThat(error.get("message").asText()).contains("'counted'").contains("'sales'");
    }
    PipelinePlan fewer =
        new PipelinePlan(
            PipelinePlan.FORMAT_VERSION, Child.plan().tables(), Child.plan().views().subList(0, 2));
    try (Child child = start(next(fewer).withBootstrap("reject", false))) {
      Child.until("refusal", () -> child.get("/status").status() == 409);
      assertThat(
              child
                  .get("/status")
                  .json()
                  .at("/details/approval_diff/program_diff/removed_views/0")
                  .asText())
          .isEqualTo("named");
    }
    assertThat(storage()).isEqualTo(before);
    try (Child child = start(next(Child.plan())).granted(60_000, "Running")) {
      child.push(SALES, "{\"item\": 1, \"amount\": 1}");
      assertThat(rows(child, "SELECT n, total FROM totals")).isEqualTo("{\"n\":2,\"total\":21}\n");
    }
  }
}
