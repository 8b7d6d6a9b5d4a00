package io.weirkeeper.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.pipeline.BootstrapPolicy;
import io.weirkeeper.core.pipeline.Definition;
import io.weirkeeper.core.pipeline.Deployment;
import io.weirkeeper.core.pipeline.Launch;
import io.weirkeeper.core.pipeline.PipelineEvent;
import io.weirkeeper.core.pipeline.PipelineRecord;
import io.weirkeeper.core.pipeline.Program;
import io.weirkeeper.core.pipeline.ProgramStatus;
import io.weirkeeper.core.pipeline.Resources;
import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.Runtime;
import io.weirkeeper.core.pipeline.RuntimeStatus;
import io.weirkeeper.core.pipeline.ShardMap;
import io.weirkeeper.core.pipeline.Storage;
import io.weirkeeper.core.pipeline.StorageStatus;
import io.weirkeeper.core.pipeline.Versions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/** Records to write. */
final class Samples {
  static final UUID TENANT = new UUID(0, 0);
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final RuntimeStatus[] DESIRED = {
    RuntimeStatus.UNAVAILABLE,
    RuntimeStatus.COORDINATION,
    RuntimeStatus.STANDBY,
    RuntimeStatus.PAUSED,
    RuntimeStatus.RUNNING,
    RuntimeStatus.SUSPENDED
  };
  private static final RuntimeStatus[] INITIAL = {
    RuntimeStatus.STANDBY, RuntimeStatus.PAUSED, RuntimeStatus.RUNNING
  };

  private final Random random;

  Samples(long seed) {
    this.random = new Random(seed);
  }

  static PipelineRecord fresh() {
    return fresh("pipeline" + NAMES.incrementAndGet());
  }

  static PipelineRecord fresh(String name) {
    JsonNode empty = JsonNodeFactory.instance.objectNode();
    return PipelineRecord.create(
        TENANT,
        UUID.randomUUID(),
        new Definition(name, "", List.of(), empty, "CREATE TABLE t (a INT);", "", "", empty),
        "0.337.0",
        PipelineStore.CLOCK.instant());
  }

  /** A name that hashes to a shard. */
  static String nameIn(int shard) {
    for (; ; ) {
      String name = "n" + NAMES.incrementAndGet();
      if (ShardMap.shardOf(TENANT, name) == shard) {
        return name;
      }
    }
  }

  static PipelineEvent event(PipelineRecord pipeline) {
    return PipelineEvent.of(UUID.randomUUID(), PipelineStore.CLOCK.instant(), pipeline);
  }

  static ProcessReport process() {
    return new ProcessReport(UUID.randomUUID(), "boot", 4711, 99, "127.0.0.1", 4000);
  }

  /** Deployed under a number with a new id, without a process. */
  static PipelineRecord deployed(PipelineRecord pipeline, long number) {
    return pipeline.withDeployment(
        new Deployment(number, UUID.randomUUID(), "00ff", null, "host", null, null));
  }

  /** A record with everything at random, of the same identity and name. */
  PipelineRecord any(PipelineRecord of) {
    return new PipelineRecord(
        of.tenantId(),
        of.id(),
        of.shard(),
        of.revision(),
        of.createdAt(),
        new Definition(
            of.name(),
            text(),
            List.of(text(), text()).subList(0, random.nextInt(3)),
            document(3),
            text(),
            text(),
            text(),
            document(2)),
        new Versions(number(), number(), number(), text()),
        new Program(
            pick(ProgramStatus.values()),
            time(),
            maybe(document(2)),
            maybe(document(2)),
            maybe(text()),
            maybe(document(3)),
            maybe(document(3))),
        new Storage(pick(StorageStatus.values()), maybe(document(1)), maybe(text()), 1 + number()),
        new Resources(
            pick(ResourcesStatus.values()),
            time(),
            maybe(document(1)),
            pick(ResourcesDesiredStatus.values()),
            time()),
        random.nextBoolean()
            ? Runtime.NONE
            : new Runtime(
                pick(RuntimeStatus.values()), time(), maybe(document(1)), pick(DESIRED), time()),
        random.nextBoolean()
            ? null
            : new Launch(
                pick(INITIAL),
                pick(BootstrapPolicy.values()),
                random.nextBoolean(),
                random.nextBoolean()),
        random.nextBoolean()
            ? Deployment.none()
            : new Deployment(
                number(),
                new UUID(random.nextLong(), random.nextLong()),
                maybe(text()),
                maybe(document(2)),
                maybe(text()),
                maybe(
                    new ProcessReport(
                        new UUID(random.nextLong(), random.nextLong()),
                        text(),
                        number(),
                        number(),
                        text(),
                        random.nextInt(65_536))),
                maybe(time())),
        maybe(document(2)));
  }

  private long number() {
    return random.nextInt(3) == 0 ? random.nextLong() >>> 2 : random.nextInt(100);
  }

  private Instant time() {
    return PipelineStore.stored(
        Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000)));
  }

  private <T> T maybe(T value) {
    return random.nextInt(3) == 0 ? null : value;
  }

  private <T> T pick(T[] values) {
    return values[random.nextInt(values.length)];
  }

  private String text() {
    List<String> some =
        new ArrayList<>(List.of("", "a", "SELECT 'it''s' \\ \"x\";\n", "Grüße 🌊 \u0001\t", "$1"));
    some.add("x".repeat(random.nextInt(9000)));
    return some.get(random.nextInt(some.size()));
  }

  private JsonNode document(int depth) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    ObjectNode object = json.objectNode();
    for (int i = random.nextInt(4); i >= 0; i--) {
      String key = "k" + random.nextInt(20);
      switch (random.nextInt(depth > 0 ? 8 : 6)) {
        case 0 -> object.put(key, text());
        case 1 -> object.put(key, random.nextInt());
        case 2 -> object.put(key, 1_000_000_000_000L + random.nextInt());
        case 3 -> object.put(key, random.nextGaussian());
        case 4 -> object.put(key, random.nextBoolean());
        case 5 -> object.putNull(key);
        case 6 -> object.set(key, document(depth - 1));
        default -> object.putArray(key).add(document(depth - 1)).add(random.nextInt(9));
      }
    }
    return object;
  }
}
