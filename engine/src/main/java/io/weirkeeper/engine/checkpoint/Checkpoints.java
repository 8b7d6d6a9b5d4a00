package io.weirkeeper.engine.checkpoint;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weirkeeper.engine.checkpoint.CheckpointException.Reason;
import io.weirkeeper.engine.flow.SavedState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints in a pipeline's storage: {@code checkpoints/<uuid>/} with a manifest each. The
 * newest {@link #KEPT} are kept, and none is deleted before the next one is complete. One that
 * turns out to be damaged is put aside, and said so; the one before takes its place.
 */
public final class Checkpoints {

  private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

  /** Complete checkpoints that are kept: the newest, and one in case it is damaged. */
  public static final int KEPT = 2;

  private static final String MANIFEST = "manifest.json";
  private static final String DAMAGED = "damaged-";
  private static final ObjectMapper JSON =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private final Path storage;
  private final Path directory;
  private final Owner owner;

  /** Complete ones, the newest last; guarded by this. */
  private final List<Manifest> complete = new ArrayList<>();

  /**
   * Who reads and writes.
   *
   * @param pipelineId the pipeline
   * @param deploymentNumber its deployment
   */
  public record Owner(UUID pipelineId, long deploymentNumber) {}

  private Checkpoints(Path storage, Owner owner) {
    this.storage = storage;
    this.directory = storage.resolve("checkpoints");
    this.owner = owner;
  }

  /**
   * Reads what is there and checks that the newest checkpoint is whole; deletes what a crash left
   * half written. The caller holds the lock of the storage.
   *
   * @param storage directory of the storage's generation
   * @throws CheckpointException if there are checkpoints but none can be used, or they belong to
   *     another pipeline
   */
  public static Checkpoints open(Path storage, Owner owner) throws CheckpointException {
    Checkpoints checkpoints = new Checkpoints(storage, owner);
    try {
      checkpoints.readAll();
    } catch (IOException e) {
      throw new CheckpointException(
          Reason.UNREADABLE, "The checkpoints in " + storage + " can't be read: " + e, e);
    }
    return checkpoints;
  }

  private void readAll() throws IOException, CheckpointException {
    Files.createDirectories(directory);
    List<Path> places;
    try (Stream<Path> files = Files.list(directory)) {
      places = files.filter(Files::isDirectory).toList();
    }
    boolean any = false;
    for (Path place : places) {
      if (place.getFileName().toString().startsWith(DAMAGED)) {
        any = true;
      } else if (Files.exists(place.resolve(MANIFEST))) {
        any = true;
        read(place).ifPresent(complete::add);
      } else {
        LOG.info("Deleting the unfinished checkpoint {}", place);
        DurableFiles.delete(place);
      }
    }
    complete.sort(Comparator.comparingLong(Manifest::number));
    while (!complete.isEmpty()) {
      Manifest newest = complete.get(complete.size() - 1);
      requireOwn(newest);
      Optional<String> damage = damage(newest);
      if (damage.isEmpty()) {
        return;
      }
      putAside(place(newest), damage.get());
      complete.remove(complete.size() - 1);
    }
    if (any) {
      throw new CheckpointException(
          Reason.UNREADABLE,
          ("None of the checkpoints in %s can be used; the log says what is wrong with each. Put the"
                  + " files back from a copy, or clear the pipeline's storage and feed its input"
                  + " again")
              .formatted(directory),
          null);
    }
  }

  private Optional<Manifest> read(Path place) throws IOException, CheckpointException {
    Manifest manifest;
    try {
      JsonNode json = JSON.readTree(Files.readAllBytes(place.resolve(MANIFEST)));
      int version = json == null ? 0 : json.path("format_version").asInt();
      if (version != Manifest.FORMAT_VERSION) {
        throw new CheckpointException(
            Reason.UNREADABLE,
            "The checkpoint %s has the format %d, this version reads %d: start the pipeline with"
                    .formatted(place, version, Manifest.FORMAT_VERSION)
                + " the version that wrote it",
            null);
      }
      manifest = JSON.treeToValue(json, Manifest.class);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      putAside(place, "its manifest can't be read: " + e.getOriginalMessage());
      return Optional.empty();
    }
    return Optional.of(manifest);
  }

  private void requireOwn(Manifest manifest) throws CheckpointException {
    if (!manifest.pipelineId().equals(owner.pipelineId())) {
      throw new CheckpointException(
          Reason.UNREADABLE,
          "The checkpoint %s belongs to pipeline %s, not to %s"
              .formatted(place(manifest), manifest.pipelineId(), owner.pipelineId()),
          null);
    }
  }

  private Optional<String> damage(Manifest manifest) throws IOException {
    Path place = place(manifest);
    for (Manifest.FileSum expected : manifest.files()) {
      Path file = place.resolve(expected.path());
      if (!Files.exists(file)) {
        return Optional.of("the file " + expected.path() + " is missing");
      }
      Manifest.FileSum found = DurableFiles.sum(place, file);
      if (!found.equals(expected)) {
        return Optional.of(
            "the file %s should have %d bytes with the checksum %x, it has %d with %x"
                .formatted(
                    expected.path(),
                    expected.bytes(),
                    expected.crc32c(),
                    found.bytes(),
                    found.crc32c()));
      }
    }
    return Optional.empty();
  }

  private void putAside(Path place, String why) throws IOException {
    LOG.error("The checkpoint {} is damaged and put aside: {}", place, why);
    Path aside = place.resolveSibling(DAMAGED + place.getFileName());
    DurableFiles.delete(aside);
    Files.move(place, aside);
  }

  private Path place(Manifest manifest) {
    return directory.resolve(manifest.uuid().toString());
  }

  /** The complete checkpoints, the newest last. */
  public synchronized List<Manifest> all() {
    return List.copyOf(complete);
  }

  /** The newest checkpoint, which is whole. */
  public synchronized Optional<Manifest> newest() {
    return complete.isEmpty() ? Optional.empty() : Optional.of(complete.get(complete.size() - 1));
  }

  /** What a dataflow needs to go on from a checkpoint. */
  public SavedState state(Manifest manifest) {
    return new SavedState(
        place(manifest),
        manifest.step(),
        manifest.program(),
        manifest.jobs(),
        manifest.parallelism(),
        manifest.logSegment(),
        manifest.processedRecords());
  }

  /** Makes the empty directory of the next checkpoint. */
  Path begin() throws IOException {
    return Files.createDirectory(directory.resolve(UUID.randomUUID().toString()));
  }

  /** Deletes what was begun. */
  void abandon(Path place) {
    try {
      DurableFiles.delete(place);
    } catch (IOException e) {
      LOG.warn("The unfinished checkpoint {} stays behind: {}", place, e.toString());
    }
  }

  /**
   * Makes a checkpoint complete: syncs its files, then writes the manifest, then deletes the
   * checkpoints that are no longer kept.
   */
  synchronized Manifest complete(SavedState state, JsonNode connectors) throws IOException {
    Path place = state.directory();
    Manifest manifest =
        new Manifest(
            Manifest.FORMAT_VERSION,
            UUID.fromString(place.getFileName().toString()),
            newest().map(m -> m.number() + 1).orElse(1L),
            System.currentTimeMillis(),
            state.step(),
            state.processedRecords(),
            state.program(),
            state.jobs(),
            state.parallelism(),
            state.logSegment(),
            connectors,
            owner.pipelineId(),
            storage.getFileName().toString(),
            owner.deploymentNumber(),
            DurableFiles.sync(place));
    DurableFiles.syncDirectory(directory);
    DurableFiles.write(place.resolve(MANIFEST), JSON.writeValueAsBytes(manifest));
    complete.add(manifest);
    while (complete.size() > KEPT) {
      Manifest oldest = complete.get(0);
      // First the manifest: without it the rest is no checkpoint.
      Files.deleteIfExists(place(oldest).resolve(MANIFEST));
      DurableFiles.delete(place(oldest));
      complete.remove(0);
    }
    return manifest;
  }

  /** Segment of the journal before which no checkpoint that is kept needs any. */
  synchronized long oldestSegment() {
    return complete.stream().mapToLong(Manifest::logSegment).min().orElse(0);
  }
}
