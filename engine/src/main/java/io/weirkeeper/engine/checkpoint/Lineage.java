package io.weirkeeper.engine.checkpoint;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The line of processes that go on from each other's state. Completion tokens of a fault tolerant
 * pipeline name it instead of the process, because they stay true when a process dies.
 *
 * @param id drawn with the first process of a storage generation
 * @param startedAtMillis when that process started, milliseconds since the epoch
 */
public record Lineage(
    @JsonProperty("id") UUID id, @JsonProperty("started_at_millis") long startedAtMillis) {

  private static final String FILE = "lineage.json";

  /** Reads the lineage of a storage, or begins one. */
  public static Lineage open(Path storage) throws IOException {
    Path file = storage.resolve(FILE);
    ObjectMapper json = new ObjectMapper();
    if (Files.exists(file)) {
      return json.readValue(Files.readAllBytes(file), Lineage.class);
    }
    Lineage fresh = new Lineage(UUID.randomUUID(), System.currentTimeMillis());
    DurableFiles.write(file, json.writeValueAsBytes(fresh));
    return fresh;
  }
}
