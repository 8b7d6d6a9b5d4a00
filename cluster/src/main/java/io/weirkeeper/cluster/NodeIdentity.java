package io.weirkeeper.cluster;

import io.weirkeeper.store.NodeRegistration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/**
 * Who this node is.
 *
 * @param incarnation new at every start
 * @param hostId kept in the data directory: the home of what is stored in it, and what makes an
 *     earlier incarnation this node's predecessor
 * @param bootId the kernel's boot id
 */
public record NodeIdentity(UUID incarnation, String hostId, String bootId) {
  private static final String HOST_ID_FILE = "host-id";
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  /**
   * A new incarnation on a data directory; writes the directory's id at the first start.
   *
   * @param dataDirectory exists, and its lock is held by the caller
   * @throws IOException when the directory or the boot id cannot be read
   */
  public static NodeIdentity inDirectory(Path dataDirectory) throws IOException {
    Path file = dataDirectory.resolve(HOST_ID_FILE);
    if (!Files.exists(file)) {
      Path fresh = dataDirectory.resolve(HOST_ID_FILE + ".new");
      Files.writeString(fresh, UUID.randomUUID() + "\n");
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }
    String hostId = Files.readString(file).strip();
    try {
      hostId = UUID.fromString(hostId).toString();
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "Expected a UUID in "
              + file
              + ", found '"
              + hostId
              + "'. Restore the file; a new id would cut pipelines off from their storage.",
          e);
    }
    return new NodeIdentity(UUID.randomUUID(), hostId, Files.readString(BOOT_ID).strip());
  }

  /** The row of this node. */
  public NodeRegistration registration(String nodeName, String address, String version) {
    return new NodeRegistration(incarnation, nodeName, address, hostId, bootId, version);
  }
}
