package io.weirkeeper.server.postgres;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** PostgreSQL's programs, unpacked from the class path into a folder named after their checksum. */
final class Binaries {
  private static final String ARCHIVE = "/postgres-linux-x86_64.txz";
  private static final String PREFIX = "binaries-";
  private static final int OWNER_EXECUTE = 0100;

  private final Path folder;
  private final List<String> unprivileged;

  private Binaries(Path folder, List<String> unprivileged) {
    this.folder = folder;
    this.unprivileged = unprivileged;
  }

  /** Unpacks the programs unless they are there, and drops those of other versions then. */
  static Binaries in(Path home) throws IOException {
    URL archive = Binaries.class.getResource(ARCHIVE);
    if (archive == null || !"amd64".equals(System.getProperty("os.arch"))) {
      throw new IOException(
          "There is an embedded PostgreSQL only for Linux on x86-64 (this is "
              + System.getProperty("os.name")
              + " on "
              + System.getProperty("os.arch")
              + "); use one of your own with --postgres-uri.");
    }
    Path folder = home.resolve(PREFIX + fingerprint(archive));
    if (!Files.isDirectory(folder)) {
      Path fresh = home.resolve("unpacking");
      Commands.deleteTree(fresh);
      unpack(archive, fresh);
      Files.move(fresh, folder, StandardCopyOption.ATOMIC_MOVE);
      dropOthers(home, folder);
    }
    return new Binaries(folder, isRoot() ? List.of("unshare", "-U") : List.of());
  }

  Path folder() {
    return folder;
  }

  /**
   * Runs one of the programs. They refuse to run as root; root runs them in a user namespace, where
   * they are nobody in particular but still own root's files.
   */
  void run(String program, List<String> arguments, Duration limit) throws IOException {
    List<String> command = new ArrayList<>(unprivileged);
    command.add(folder.resolve("bin").resolve(program).toString());
    command.addAll(arguments);
    try {
      Commands.run(command, limit);
    } catch (IOException e) {
      if (!unprivileged.isEmpty() && String.valueOf(e.getMessage()).contains("unshare")) {
        throw new IOException(
            "PostgreSQL does not run as root, and a user namespace for it cannot be made ("
                + e.getMessage()
                + "). Run the program as another user, install util-linux, or use a PostgreSQL of"
                + " your own with --postgres-uri.",
            e);
      }
      throw e;
    }
  }

  /** From the checksum in the jar's directory, so that nothing is read. */
  private static String fingerprint(URL archive) throws IOException {
    URLConnection connection = archive.openConnection();
    if (connection instanceof JarURLConnection jar) {
      return Long.toHexString(jar.getJarEntry().getCrc());
    }
    return Long.toHexString(connection.getContentLengthLong());
  }

  private static void unpack(URL archive, Path target) throws IOException {
    Files.createDirectory(target);
    try (InputStream raw = new BufferedInputStream(archive.openStream());
        TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(raw))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path path = target.resolve(entry.getName()).normalize();
        if (!path.startsWith(target)) {
          throw new IOException("The archive has an entry outside of itself: " + entry.getName());
        }
        unpack(tar, entry, path, target);
      }
    }
  }

  private static void unpack(
      TarArchiveInputStream tar, TarArchiveEntry entry, Path path, Path target) throws IOException {
    if (entry.isDirectory()) {
      Files.createDirectories(path);
      return;
    }
    Files.createDirectories(path.getParent());
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
    } else if (entry.isLink()) {
      Files.createLink(path, target.resolve(entry.getLinkName()));
    } else {
      Files.copy(tar, path);
      if ((entry.getMode() & OWNER_EXECUTE) != 0) {
        Set<PosixFilePermission> permissions = EnumSet.allOf(PosixFilePermission.class);
        permissions.removeAll(PosixFilePermissions.fromString("---rwxrwx"));
        Files.setPosixFilePermissions(path, permissions);
      }
    }
  }

  private static void dropOthers(Path home, Path keep) throws IOException {
    List<Path> others;
    try (Stream<Path> all = Files.list(home)) {
      others =
          all.filter(path -> path.getFileName().toString().startsWith(PREFIX))
              .filter(path -> !path.equals(keep))
              .toList();
    }
    for (Path other : others) {
      Commands.deleteTree(other);
    }
  }

  private static boolean isRoot() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      // Real, effective, saved and file-system user id: the effective one counts.
      return lines.anyMatch(line -> line.matches("Uid:\\s+\\d+\\s+0\\s.*"));
    }
  }
}
