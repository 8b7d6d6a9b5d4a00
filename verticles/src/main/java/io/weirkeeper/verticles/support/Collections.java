package io.weirkeeper.verticles.support;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.api.PipelineJson;
import io.weirkeeper.core.pipeline.PipelineRecord;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The collections on disk: {@code <root>/<pipeline>/<time>/<file>}. A collection is complete when
 * it has its name; before, it is in {@code <root>/unfinished}. All methods block.
 */
final class Collections {
  /** What is said about a collection; not part of the archive's folders. */
  private static final String SUMMARY = "summary.txt";

  private static final String UNFINISHED = "unfinished";
  private static final int METADATA_VERSION = 1;

  /** Layout of the files of a collection. */
  private static final int DATA_VERSION = 1;

  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH-mm-ss.SSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path root;
  private final int retention;

  Collections(Path root, int retention) {
    this.root = root;
    this.retention = retention;
  }

  /** A new folder to collect into. */
  Path begin() throws IOException {
    return Files.createDirectories(root.resolve(UNFINISHED).resolve(UUID.randomUUID().toString()));
  }

  /** Gives a collection its name, and deletes those of its pipeline that are too many. */
  void finish(Path collected, UUID pipelineId, Instant time, String summary) throws IOException {
    Files.writeString(collected.resolve(SUMMARY), summary);
    Path folder = Files.createDirectories(root.resolve(pipelineId.toString()));
    Files.move(collected, folder.resolve(NAME.format(time)), StandardCopyOption.ATOMIC_MOVE);
    List<Path> all = newestFirst(pipelineId);
    for (Path old : all.subList(Math.min(retention, all.size()), all.size())) {
      delete(old);
    }
  }

  /** Deletes what a broken-off collection left. */
  void abandon(Path collected) throws IOException {
    delete(collected);
  }

  /** Deletes what a program that was killed left. */
  void clean() throws IOException {
    delete(root.resolve(UNFINISHED));
  }

  /** Deletes the collections of pipelines that are no more. */
  void keepOnly(Set<UUID> pipelines) throws IOException {
    for (Path folder : children(root)) {
      String name = folder.getFileName().toString();
      if (!name.equals(UNFINISHED)
          && pipelines.stream().noneMatch(id -> id.toString().equals(name))) {
        delete(folder);
      }
    }
  }

  /**
   * Writes an archive of the newest collections.
   *
   * @return its file, which is the caller's to delete
   */
  Path archive(PipelineRecord pipeline, BundleRequest request, Instant now) throws IOException {
    List<Path> all = newestFirst(pipeline.id());
    List<Path> chosen =
        request.parts().isEmpty()
            ? List.of()
            : all.subList(0, (int) Math.min(request.limit(), all.size()));
    Files.createDirectories(root.resolve(UNFINISHED));
    Path file = Files.createTempFile(root.resolve(UNFINISHED), "bundle", ".zip");
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file));
        ZipOutputStream zip = new ZipOutputStream(out)) {
      ObjectNode metadata = metadata(pipeline, chosen, now);
      put(zip, "metadata.json", JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(metadata));
      put(zip, "metadata.txt", inWords(metadata).getBytes(StandardCharsets.UTF_8));
      for (Path collection : chosen) {
        for (BundlePart part : BundlePart.values()) {
          Path source = collection.resolve(part.file());
          if (request.parts().contains(part) && Files.exists(source)) {
            zip.putNextEntry(new ZipEntry(collection.getFileName() + "/" + part.file()));
            Files.copy(source, zip);
            zip.closeEntry();
          }
        }
      }
    } catch (IOException e) {
      Files.deleteIfExists(file);
      throw e;
    }
    return file;
  }

  private static void put(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(bytes);
    zip.closeEntry();
  }

  private static ObjectNode metadata(PipelineRecord pipeline, List<Path> chosen, Instant now)
      throws IOException {
    ObjectNode status = PipelineJson.status(pipeline);
    ObjectNode json = JSON.createObjectNode();
    json.put("metadata_version", METADATA_VERSION);
    json.put("requested_at", now.toString());
    ObjectNode about = json.putObject("pipeline");
    about.put("name", pipeline.name());
    about.set("status", status.get("deployment_status"));
    about.set("status_since", status.get("deployment_status_since"));
    about.set("desired_status", status.get("deployment_desired_status"));
    ArrayNode collections = json.putArray("collections");
    for (Path collection : chosen) {
      String name = collection.getFileName().toString();
      ObjectNode item = collections.addObject();
      item.put("directory", name);
      item.put("time", Instant.from(NAME.parse(name)).toString());
      item.put("data_version", DATA_VERSION);
      item.put("summary", Files.readString(collection.resolve(SUMMARY)));
    }
    return json;
  }

  private static String inWords(ObjectNode metadata) {
    StringBuilder text = new StringBuilder();
    text.append("Support bundle of pipeline ")
        .append(metadata.at("/pipeline/name").asText())
        .append("\nRequested at: ")
        .append(metadata.path("requested_at").asText())
        .append("\nStatus: ")
        .append(metadata.at("/pipeline/status").asText())
        .append(" since ")
        .append(metadata.at("/pipeline/status_since").asText())
        .append(", desired: ")
        .append(metadata.at("/pipeline/desired_status").asText())
        .append("\nCollections: ")
        .append(metadata.path("collections").size())
        .append('\n');
    metadata
        .path("collections")
        .forEach(
            item ->
                text.append("  ")
                    .append(item.path("directory").asText())
                    .append(": ")
                    .append(item.path("summary").asText())
                    .append('\n'));
    return text.append("Secrets are masked with ***.\n").toString();
  }

  private List<Path> newestFirst(UUID pipelineId) throws IOException {
    List<Path> all = new ArrayList<>(children(root.resolve(pipelineId.toString())));
    all.sort(Comparator.comparing((Path path) -> path.getFileName().toString()).reversed());
    return all;
  }

  private static List<Path> children(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(folder)) {
      return children.toList();
    }
  }

  private static void delete(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> walk = Files.walk(path)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.deleteIfExists(each);
    }
  }
}
