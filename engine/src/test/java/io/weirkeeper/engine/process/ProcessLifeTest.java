package io.weirkeeper.engine.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.deploy.DeploymentSpec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Birth, lease and end of real processes. */
class ProcessLifeTest {
  @TempDir Path directory;

  @Test
  void withoutAGrantTheProcessEndsItself() throws Exception {
    try (Child child = Child.start(Child.spec(directory, "running", 700))) {
      assertThat(child.exitStatus()).isEqualTo(ExitCode.NO_GRANT.code());
      assertThat(child.log()).contains("No grant arrived");
    }
  }

  @Test
  void untilGrantedTheProcessServesNothingButItsIdentity() throws Exception {
    try (Child child = Child.start(Child.spec(directory, "running", 60_000)).reachable()) {
      for (String path : new String[] {"/status", "/stats", "/query?sql=SELECT%201", "/start"}) {
        Child.Reply reply = child.get(path);
        assertThat(reply.status()).as(path).isEqualTo(503);
        assertThat(reply.json().get("error_code").asText()).isEqualTo("Initializing");
      }
      assertThat(child.post("/ingress/items?format=json", "{}").status()).isEqualTo(503);
      assertThat(child.get("/weirkeeper/challenge?nonce=x").status()).isEqualTo(200);
      assertThat(child.post("/weirkeeper/grant", "{\"lease_millis\":-1}").status()).isEqualTo(400);
      assertThat(child.post("/weirkeeper/grant", "no").status()).isEqualTo(400);
    }
  }

  @Test
  void aLeaseThatIsNotRenewedEndsTheProcess() throws Exception {
    try (Child child = Child.start(Child.spec(directory, "running", 60_000)).reachable()) {
      assertThat(child.post("/weirkeeper/grant", "{\"lease_millis\":600}").status()).isEqualTo(200);
      assertThat(child.exitStatus()).isEqualTo(ExitCode.LEASE_LAPSED.code());
      assertThat(child.log()).contains("lease has run out");
    }
  }

  @Test
  void aSecondProcessOnTheSameStorageEndsItself() throws Exception {
    try (Child first = Child.start(Child.spec(directory, "running", 60_000)).reachable();
        Child second =
            Child.start(
                new io.weirkeeper.core.deploy.DeploymentSpec(
                    first.spec.tenantId(),
                    first.spec.pipelineId(),
                    first.spec.pipelineName(),
                    8,
                    UUID.randomUUID(),
                    first.spec.secret(),
                    "running",
                    first.spec.runtimeConfig(),
                    first.spec.plan(),
                    directory.resolve("work2").toString(),
                    first.spec.storageDirectory(),
                    directory.resolve("second/report.json").toString(),
                    "127.0.0.1",
                    60_000))) {
      assertThat(second.exitStatus()).isEqualTo(ExitCode.STORAGE_LOCKED.code());
      assertThat(first.process.isAlive()).isTrue();
    }
  }

  @Test
  void anUnreadableDeploymentEndsTheProcess() throws Exception {
    try (Child child =
        Child.start(
            Child.spec(directory, "running", 60_000),
            "{\"secret\":\"abc\"}".getBytes(StandardCharsets.UTF_8))) {
      assertThat(child.exitStatus()).isEqualTo(ExitCode.BAD_DEPLOYMENT.code());
      assertThat(child.told()).contains("pipeline_id is missing");
    }
  }

  @Test
  void aPausedStartHoldsInputAFailureIsReportedAndSigtermEndsAtOnce() throws Exception {
    try (Child child =
        Child.start(Child.spec(directory, "paused", 60_000))
            .reachable()
            .granted(600_000, "Paused")) {
      JsonNode status = child.get("/status").json();
      assertThat(status.get("runtime_desired_status").asText()).isEqualTo("Paused");
      assertThat(child.query("json", "SELECT count(*) AS c FROM items").body())
          .isEqualTo("{\"c\":0}\n");
      assertThat(child.get("/start").status()).isEqualTo(202);

      // The program divides by the total plus a million.
      Child.Reply pushed = child.post("/ingress/sales?format=csv", "1,-1000000\n");
      assertThat(pushed.status()).isEqualTo(200);
      Child.until("the failure", () -> child.get("/status").status() == 500);
      JsonNode error = child.get("/status").json();
      assertThat(error.get("error_code").asText()).isEqualTo("RuntimeError.WorkerPanic");
      assertThat(error.get("message").asText()).contains("/ by zero").doesNotContain("\tat ");
      assertThat(child.get("/stats").status()).isEqualTo(500);
      assertThat(child.post("/ingress/sales?format=csv", "1,1\n").status()).isEqualTo(500);

      long begin = System.nanoTime();
      child.process.destroy();
      assertThat(child.exitStatus()).isEqualTo(ExitCode.STOPPED.code());
      assertThat((System.nanoTime() - begin) / 1_000_000).isLessThan(3_000);
      assertThat(child.log()).contains("Asked to stop");
    }
  }

  @Test
  void aSpareProcessEndsWithItsInput() throws Exception {
    try (Child child =
        Child.spare(Child.spec(directory, "running", 60_000), directory.resolve("spare"))) {
      child.deploy(new byte[0]);
      assertThat(child.exitStatus()).isEqualTo(ExitCode.STOPPED.code());
    }
  }

  @Test
  void aWarmSpareProcessRunsWhatItIsGivenInItsRenamedDirectory() throws Exception {
    Path spare = directory.resolve("spare");
    DeploymentSpec spec = Child.spec(directory, "running", 60_000);
    try (Child child = Child.spare(spec, spare)) {
      Child.until(
          "the process to be warm",
          () -> Files.exists(spare.resolve(Spare.READY_FILE)) || !child.process.isAlive());
      assertThat(child.process.isAlive()).as(child.told()).isTrue();
      assertThat(spare.resolve("tmp")).isEmptyDirectory();
      Path working = Path.of(spec.workingDirectory());
      Files.createDirectories(working.getParent());
      Files.move(spare, working, StandardCopyOption.ATOMIC_MOVE);
      child.deploy(Child.JSON.writeValueAsBytes(spec));
      child.reachable().granted(600_000, "Running");
      child.push("/ingress/sales?format=csv", "1,20\n1,30\n");
      assertThat(child.query("json", "SELECT total FROM totals").body())
          .isEqualTo("{\"total\":50}\n");
      assertThat(child.log()).doesNotContain("WarmUp");
      assertThat(working.resolve("tmp")).isDirectory();
      assertThat(spare).doesNotExist();
    }
  }
}
