package io.weirkeeper.engine.flow;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.ICloseableRegistry;
import org.apache.flink.core.fs.PathsCopyingFileSystem;
import org.apache.flink.core.fs.local.LocalFileSystem;

/**
 * The local file system under a name by which Flink takes over RocksDB's files by links instead of
 * copies: four hundred megabytes then cost nothing to restore.
 */
public final class LinkingFileSystem extends LocalFileSystem implements PathsCopyingFileSystem {

  private static final String SCHEME = "weirkeeper-link";

  /** RocksDB never writes to a table file again once it is complete; to its other files it does. */
  private static final String IMMUTABLE = ".sst";

  /** The path of a file by that name. */
  static org.apache.flink.core.fs.Path path(Path file) {
    return new org.apache.flink.core.fs.Path(SCHEME, null, file.toAbsolutePath().toString());
  }

  @Override
  public URI getUri() {
    return URI.create(SCHEME + ":///");
  }

  @Override
  public void copyFiles(List<CopyRequest> requests, ICloseableRegistry closeableRegistry)
      throws IOException {
    for (CopyRequest request : requests) {
      Path source = Path.of(request.getSource().getPath());
      Path destination = Path.of(request.getDestination().getPath());
      Files.createDirectories(destination.getParent());
      if (destination.toString().endsWith(IMMUTABLE)) {
        Files.createLink(destination, source);
      } else {
        Files.copy(source, destination);
      }
    }
  }

  /** As Flink finds it. */
  public static final class Factory implements FileSystemFactory {
    @Override
    public String getScheme() {
      return SCHEME;
    }

    @Override
    public FileSystem create(URI uri) {
      return new LinkingFileSystem();
    }
  }
}
