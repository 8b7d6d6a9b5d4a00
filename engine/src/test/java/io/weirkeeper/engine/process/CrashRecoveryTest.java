package io.weirkeeper.engine.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.deploy.DeploymentSpec;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a fault tolerant pipeline process at seeded moments of load, checkpoint and suspend, starts
 * it again on what is left, and compares every view with a recomputation from what was
 * acknowledged. {@code -Dcrash.lives=N} and {@code -Dcrash.seed=S} make it longer or another.
 */
class CrashRecoveryTest {

  private static final int LIVES = Integer.getInteger("crash.lives", 4);
  private static final long SEED = Long.getLong("crash.seed", 1);

  @TempDir Path directory;
  private final Random random = new Random(SEED);
  private final UUID pipelineId = UUID.randomUUID();
  private int deployments;

  /** Total of each batch that was sent, by item; those whose answer came. */
  private final Map<Integer, Integer> sent = new ConcurrentHashMap<>();

  private final Set<Integer> acknowledged = ConcurrentHashMap.newKeySet();
  private final AtomicInteger batches = new AtomicInteger();

  private Child start() throws Exception {
    int number = ++deployments;
    DeploymentSpec base = Child.spec(directory, "running", 60_000);
    return Child.start(
            new DeploymentSpec(
                base.tenantId(),
                pipelineId,
                base.pipelineName(),
                number,
                UUID.randomUUID(),
                base.secret(),
                base.initial(),
                Child.JSON.valueToTree(
                    Map.of(
                        "workers",
                        2,
                        "fault_tolerance",
                        Map.of("model", "exactly_once", "checkpoint_interval_secs", 0))),
                base.plan(),
                directory.resolve("work" + number).toString(),
                base.storageDirectory(),
                directory.resolve("report" + number + ".json").toString(),
                base.bindAddress(),
                base.grantTimeoutMillis()))
        .reachable()
        .granted(60_000, "Running");
  }

  /** Sends batches, each of an item of its own, until the process is gone. */
  private Thread load(Child child, long seed) {
    Random own = new Random(seed);
    Thread thread =
        new Thread(
            () -> {
              try {
                while (true) {
                  int item = batches.incrementAndGet();
                  StringBuilder sales = new StringBuilder();
                  int total = 0;
                  for (int i = own.nextInt(30); i >= 0; i--) {
                    int amount = own.nextInt(1_000);
                    total += amount;
                    sales.append("{\"item\":%d,\"amount\":%d}\n".formatted(item, amount));
                  }
                  sent.put(item, total);
                  if (child
                          .post("/ingress/sales?format=json&update_format=raw", sales.toString())
                          .status()
                      != 200) {
                    return;
                  }
                  acknowledged.add(item);
                  child.post(
                      "/ingress/items?format=json&update_format=raw",
                      "{\"id\":%d,\"name\":\"n%d\"}".formatted(item, item % 7));
                }
              } catch (AssertionError e) {
                // The process is gone: what was under way is in doubt.
              }
            },
            "load");
    thread.start();
    return thread;
  }

  private void lose(Child child) throws Exception {
    List<Thread> loads = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      loads.add(load(child, random.nextLong()));
    }
    int moments = 1 + random.nextInt(3);
    for (int i = 0; i < moments; i++) {
      Thread.sleep(random.nextInt(400));
      child.post("/checkpoint", "");
    }
    boolean suspends = random.nextInt(3) == 0;
    Thread.sleep(random.nextInt(150));
    if (suspends) {
      child.post("/suspend", "");
      Thread.sleep(random.nextInt(60));
    }
    child.process.destroyForcibly();
    child.process.onExit().join();
    for (Thread thread : loads) {
      thread.join();
    }
  }

  /** What differs between the views and a recomputation. */
  private List<String> differences(Child child) throws Exception {
    // What waited for a step at the crash waits again, and is processed after the start.
    Child.until(
        "the queued rows",
        () ->
            child
                .get("/stats")
                .json()
                .path("global_metrics")
                .path("pipeline_complete")
                .asBoolean());
    List<String> differences = new ArrayList<>();
    Map<Integer, Integer> found = new HashMap<>();
    for (String line : child.query("json", "SELECT item, total FROM totals").body().split("\n")) {
      if (!line.isEmpty()) {
        JsonNode row = Child.JSON.readTree(line);
        found.put(row.get("item").asInt(), row.get("total").asInt());
      }
    }
    new TreeMap<>(sent)
        .forEach(
            (item, total) -> {
              Integer is = found.remove(item);
              // A batch in doubt is there whole, or not at all.
              if (is == null ? acknowledged.contains(item) : !is.equals(total)) {
                differences.add("item %d: sent %d, found %s".formatted(item, total, is));
              }
            });
    found.forEach((item, total) -> differences.add("item " + item + " was never sent"));
    String joined =
        "SELECT i.name AS name, i.price AS price, t.total AS total FROM items i JOIN totals t ON"
            + " i.id = t.item";
    String named = "SELECT name, price, total FROM named";
    for (String sql :
        List.of(joined + " EXCEPT ALL " + named, named + " EXCEPT ALL (" + joined + ")")) {
      String rows = child.query("json", sql).body();
      if (!rows.isEmpty()) {
        differences.add("named: " + rows);
      }
    }
    return differences;
  }

  @Test
  void everyViewIsWhatWasAcknowledgedAfterAnyCrash() throws Exception {
    long begin = System.nanoTime();
    for (int life = 0; life < LIVES; life++) {
      try (Child child = start()) {
        assertThat(differences(child)).as("life %d, seed %d", life, SEED).isEmpty();
        lose(child);
      }
    }
    try (Child child = start()) {
      assertThat(differences(child)).as("last life, seed %d", SEED).isEmpty();
    }
    System.out.printf(
        "%d crashes, %d of %d batches acknowledged, 0 differences, %d s%n",
        LIVES,
        acknowledged.size(),
        sent.size(),
        java.util.concurrent.TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin));
    theComparisonFindsALossThatIsThere();
  }

  /** The control: takes acknowledged rows out of the journal, as if they had not been synced. */
  private void theComparisonFindsALossThatIsThere() throws Exception {
    try (Child child = start()) {
      sent.put(-1, 5);
      child.push("/ingress/sales?format=json&update_format=raw", "{\"item\": -1, \"amount\": 5}");
      acknowledged.add(-1);
      child.process.destroyForcibly();
      child.process.onExit().join();
    }
    Path last;
    try (Stream<Path> files = Files.list(directory.resolve("storage/journal"))) {
      last = files.sorted().reduce((a, b) -> b).orElseThrow();
    }
    try (FileChannel channel = FileChannel.open(last, StandardOpenOption.WRITE)) {
      channel.truncate(16);
    }
    try (Child child = start()) {
      assertThat(differences(child)).containsExactly("item -1: sent 5, found null");
    }
  }
}
