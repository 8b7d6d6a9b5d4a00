package io.weirkeeper.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * The data directory of one node. While the program runs it holds the directory's lock, which the
 * kernel releases however the program ends; {@code instance.json} tells other commands where it is.
 */
final class DataDirectory implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path root;
  private final FileChannel channel;

  private DataDirectory(Path root, FileChannel channel) {
    this.root = root;
    this.channel = channel;
  }

  /**
   * Who runs on a data directory.
   *
   * @param pid of the program
   * @param url of the API
   * @param managementUrl of health and metrics
   */
  record Instance(long pid, String url, String managementUrl) {}

  /** Another program runs on the directory. */
  static final class InUseException extends Exception {
    private static final long serialVersionUID = 1L;

    InUseException(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * Makes the directory, readable only for its owner, and takes its lock.
   *
   * @throws InUseException when another program has it; the message names that program
   */
  static DataDirectory lock(Path root) throws IOException, InUseException {
    if (!Files.isDirectory(root)) {
      Files.createDirectories(root.toAbsolutePath().getParent());
      Files.createDirectory(
          root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    FileChannel channel =
        FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.tryLock();
    if (lock == null) {
      channel.close();
      String who =
          instance(root)
              .map(i -> " (process " + i.pid() + ", " + i.url() + ")")
              .orElse(", which is just starting or stopping");
      throw new InUseException(
          "the data directory "
              + root
              + " is in use by another Weirkeeper"
              + who
              + ". Stop it with './weirkeeper stop --data-dir "
              + root
              + "', or choose another directory with --data-dir");
    }
    return new DataDirectory(root, channel);
  }

  /** Whether a program holds the lock of a directory. */
  static boolean isInUse(Path root) throws IOException {
    if (!Files.exists(root.resolve("lock"))) {
      return false;
    }
    try (FileChannel probe = FileChannel.open(root.resolve("lock"), StandardOpenOption.WRITE)) {
      FileLock lock = probe.tryLock();
      if (lock == null) {
        return true;
      }
      lock.release();
      return false;
    }
  }

  /** What the program on a directory wrote about itself; it may have ended since. */
  static Optional<Instance> instance(Path root) throws IOException {
    try {
      JsonNode node = JSON.readTree(Files.readAllBytes(root.resolve("instance.json")));
      return Optional.of(
          new Instance(
              node.path("pid").asLong(),
              node.path("url").asText(),
              node.path("management_url").asText()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  Path root() {
    return root;
  }

  /** A file or folder in the directory. */
  Path resolve(String name) {
    return root.resolve(name);
  }

  /** Tells other commands where this program is. */
  void announce(Instance instance) throws IOException {
    ObjectNode node = JSON.createObjectNode();
    node.put("pid", instance.pid());
    node.put("url", instance.url());
    node.put("management_url", instance.managementUrl());
    write("instance.json", JSON.writeValueAsString(node));
  }

  /** Replaces a small file atomically. */
  void write(String name, String text) throws IOException {
    Path next = root.resolve(name + ".new");
    try (FileChannel file =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      file.write(java.nio.ByteBuffer.wrap(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
      file.force(true);
    }
    Files.move(next, root.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Reads a small file. */
  Optional<String> read(String name) throws IOException {
    try {
      return Optional.of(Files.readString(root.resolve(name)).strip());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Forgets the announcement and releases the lock. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(root.resolve("instance.json"));
    channel.close();
  }
}
