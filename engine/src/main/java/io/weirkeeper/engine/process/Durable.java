package io.weirkeeper.engine.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.plan.ProgramChange;
import io.weirkeeper.core.plan.ProgramState;
import io.weirkeeper.engine.checkpoint.CheckpointException;
import io.weirkeeper.engine.checkpoint.CheckpointException.Reason;
import io.weirkeeper.engine.checkpoint.Checkpointer;
import io.weirkeeper.engine.checkpoint.Checkpoints;
import io.weirkeeper.engine.checkpoint.Lineage;
import io.weirkeeper.engine.checkpoint.Manifest;
import io.weirkeeper.engine.flow.Bootstrap;
import io.weirkeeper.engine.flow.Dataflow;
import io.weirkeeper.engine.flow.Durability;
import io.weirkeeper.engine.flow.SavedState;
import io.weirkeeper.engine.journal.Journal;
import io.weirkeeper.engine.journal.JournalSettings;
import io.weirkeeper.engine.store.StoreFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What of a pipeline outlives its process: checkpoints, if it has storage, and the journal, if it
 * is fault tolerant. With {@code fault_tolerance} none, a checkpoint is made only when asked for,
 * and what came after it is lost with the process; with a model, nothing acknowledged is (both
 * models do the same here: exactly once).
 */
final class Durable implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Durable.class);

  private final DeploymentSpec spec;
  private final boolean stored;
  private final boolean faultTolerant;
  private final Path storage;
  private Checkpoints checkpoints;
  private Manifest restored;
  private ProgramChange change;
  private boolean journalWasThere;
  private Lineage lineage;
  private volatile Journal journal;
  private volatile Checkpointer checkpointer;

  Durable(DeploymentSpec spec) {
    this.spec = spec;
    this.storage = Path.of(spec.storageDirectory());
    JsonNode config = spec.runtimeConfig();
    this.stored = config == null || !config.path("storage").isNull();
    this.faultTolerant =
        config != null
            && !config.path("fault_tolerance").path("model").asText("none").equals("none");
  }

  /** Whether the pipeline has storage, so that it can be checkpointed and suspended. */
  boolean stored() {
    return stored;
  }

  /** Whether what is acknowledged survives a crash. */
  boolean faultTolerant() {
    return faultTolerant;
  }

  /**
   * Looks at what earlier processes have left, and whether the program is still the same; touches
   * nothing of it but damaged and unfinished checkpoints.
   *
   * @throws CheckpointException if it can't be gone on from: the pipeline must not start
   */
  void look() throws CheckpointException {
    refuseObjectStores();
    if (!stored) {
      if (faultTolerant) {
        throw new ApiError(
            400,
            "ConfigError.FtRequiresStorage",
            "Fault tolerance needs storage: set 'storage' in the runtime configuration, or"
                + " 'fault_tolerance' to none");
      }
      return;
    }
    checkpoints =
        Checkpoints.open(
            storage, new Checkpoints.Owner(spec.pipelineId(), spec.deploymentNumber()));
    restored = checkpoints.newest().orElse(null);
    ProgramState program = ProgramState.of(spec.plan());
    if (restored != null) {
      ProgramChange found = ProgramChange.between(restored.program(), program);
      change = found.none() ? null : found;
    }
    try {
      Optional<byte[]> first = Journal.first(journals());
      journalWasThere = first.isPresent();
      if (restored == null
          && first.isPresent()
          && !Dataflow.programOf(first.get()).equals(program.digest())) {
        throw new CheckpointException(
            Reason.PROGRAM_CHANGED,
            "The program has changed since the pipeline wrote its journal, and there is no"
                + " checkpoint yet from which a changed program could go on. Nothing has been"
                + " touched. Put the former program back, start it and make a checkpoint (or stop"
                + " it without force); or clear the storage, which deletes the rows",
            null);
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private static CheckpointException unreadable(IOException e) {
    return new CheckpointException(
        Reason.UNREADABLE, "The pipeline's storage can't be read: " + e.getMessage(), e);
  }

  /** How the program differs from the one whose state is there; empty if it does not. */
  Optional<ProgramChange> change() {
    return Optional.ofNullable(change);
  }

  /**
   * Opens what is there, to go on from it.
   *
   * @throws CheckpointException if the storage can't be read or written
   */
  void open() throws CheckpointException {
    if (!stored) {
      return;
    }
    try {
      Files.createDirectories(scratch());
      lineage = Lineage.open(storage);
      if (faultTolerant) {
        journal = Journal.open(journals(), JournalSettings.defaults());
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
    if (restored != null) {
      LOG.info(
          "Going on from checkpoint {} of step {}, made by deployment {}",
          restored.number(),
          restored.step(),
          restored.deploymentNumber());
    }
  }

  /** Where state would have to be copied to is said by no error later on. */
  private void refuseObjectStores() {
    JsonNode backend =
        spec.runtimeConfig() == null
            ? MissingNode.getInstance()
            : spec.runtimeConfig().at("/storage/backend");
    boolean synchronises = !backend.at("/config/sync").isMissingNode();
    if (backend.path("name").asText().equals("object")
        || synchronises && !backend.at("/config/sync").isNull()) {
      throw ApiError.notImplemented(
          "State in an object store (storage.backend 'object', or 'sync' of the backend 'file')");
    }
  }

  private Path journals() {
    return storage.resolve("journal");
  }

  private Path scratch() {
    return storage.resolve("scratch");
  }

  /** Whether there is anything to go on from. */
  boolean restores() {
    return restored != null || (faultTolerant && journalWasThere);
  }

  /** What names the line of processes that go on from each other; empty when none can. */
  Optional<Lineage> lineage() {
    return Optional.ofNullable(lineage);
  }

  StoreFiles storeFiles() {
    if (!stored) {
      return StoreFiles.none();
    }
    if (restored == null) {
      return new StoreFiles(scratch(), null);
    }
    Set<String> kept = null;
    if (change != null) {
      kept = new HashSet<>(change.keptTables());
      kept.addAll(change.keptViews());
    }
    return new StoreFiles(scratch(), checkpoints.state(restored).directory(), kept);
  }

  /**
   * What to go on from.
   *
   * @param bootstrap how, if the program has changed
   */
  Durability durability(Bootstrap bootstrap) {
    SavedState saved = restored == null ? null : checkpoints.state(restored);
    return new Durability(
        saved,
        journal == null ? null : journal.replay(saved == null ? 1 : saved.logSegment()),
        journal,
        change == null ? null : bootstrap);
  }

  /** Subtasks that the state was made for, if there is state. */
  Optional<Integer> parallelism() {
    return Optional.ofNullable(restored).map(Manifest::parallelism);
  }

  /** Where the connectors stood in the state that is gone on from. */
  Optional<JsonNode> connectors() {
    return Optional.ofNullable(restored).map(Manifest::connectors);
  }

  /** Begins to make checkpoints. */
  void started(Dataflow dataflow, Callable<JsonNode> connectors) {
    if (!stored) {
      return;
    }
    JsonNode seconds =
        spec.runtimeConfig() == null
            ? null
            : spec.runtimeConfig().path("fault_tolerance").get("checkpoint_interval_secs");
    Duration interval =
        !faultTolerant || seconds == null || seconds.asLong() == 0
            ? null
            : Duration.ofSeconds(seconds.asLong());
    checkpointer = new Checkpointer(checkpoints, dataflow, journal, connectors, interval);
  }

  /** Whether the last checkpoint of a suspend may be left out, because the journal says it all. */
  boolean suspendsWithoutCheckpoint() {
    return faultTolerant
        && spec.runtimeConfig() != null
        && !spec.runtimeConfig().path("checkpoint_during_suspend").asBoolean(true);
  }

  /**
   * Who makes checkpoints.
   *
   * @throws ApiError 400 when the pipeline has no storage
   */
  Checkpointer checkpointer() {
    Checkpointer made = checkpointer;
    if (made == null) {
      throw new ApiError(
          400,
          "NotSupported",
          "This pipeline has no storage, so there are no checkpoints: set 'storage' in its runtime"
              + " configuration");
    }
    return made;
  }

  /** Why no checkpoint can ever be made ({@code PermanentSuspendError}, spec §3.1). */
  List<String> permanentErrors() {
    return stored ? List.of() : List.of("StorageRequired");
  }

  /** The complete checkpoints as the API shows them, the oldest first. */
  List<Map<String, Object>> shown() {
    if (checkpoints == null) {
      return List.of();
    }
    return checkpoints.all().stream()
        .map(
            manifest -> {
              Map<String, Object> shown = new LinkedHashMap<>();
              shown.put("uuid", manifest.uuid().toString());
              shown.put("identifier", null);
              shown.put("fingerprint", manifest.fingerprint());
              shown.put("size", manifest.bytes());
              shown.put("steps", manifest.step());
              shown.put("processed_records", manifest.processedRecords());
              return shown;
            })
        .toList();
  }

  /** What is being done just now (spec §3.1, {@code checkpoint_activity}). */
  Map<String, Object> activity() {
    Checkpointer made = checkpointer;
    Checkpointer.Status status = made == null ? null : made.status();
    return status == null || status.startedAt() == null
        ? Map.of("status", "idle")
        : Map.of("status", "in_progress", "started_at", status.startedAt().toString());
  }

  /** Bytes of the checkpoints and the journal. */
  long bytes() {
    if (checkpoints == null) {
      return 0;
    }
    long bytes = checkpoints.all().stream().mapToLong(Manifest::bytes).sum();
    Journal open = journal;
    try {
      return bytes + (open == null ? 0 : open.bytes());
    } catch (IOException e) {
      LOG.debug("the journal's size can't be read", e);
      return bytes;
    }
  }

  @Override
  public void close() {
    if (checkpointer != null) {
      checkpointer.close();
    }
    if (journal != null) {
      journal.close();
    }
  }
}
