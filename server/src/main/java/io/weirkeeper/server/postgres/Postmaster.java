package io.weirkeeper.server.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running PostgreSQL server, as its {@code postmaster.pid} and the kernel tell of it.
 *
 * @param pid process id
 * @param port on loopback, or -1 when it is not known yet
 * @param status last line of the file, such as {@code ready}
 * @param executable the program's file
 */
record Postmaster(long pid, int port, String status, Path executable) {
  private static final Logger LOG = LoggerFactory.getLogger(Postmaster.class);

  /** Lines of the file: pid, directory, start time, port, socket folder, address, key, status. */
  private static final int PORT_LINE = 3;

  private static final int STATUS_LINE = 7;

  /**
   * The server that runs on a cluster's folder, if any. That the process has the folder as its
   * working directory proves that it is PostgreSQL's and of this cluster: a number that the kernel
   * gave to another process does not pass.
   */
  static Optional<Postmaster> find(Path cluster) throws IOException {
    List<String> lines;
    try {
      lines = Files.readAllLines(file(cluster));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    long pid = lines.isEmpty() ? -1 : parse(lines.get(0));
    if (pid <= 0) {
      return Optional.empty();
    }
    Path process = Path.of("/proc", Long.toString(pid));
    try {
      Path workingDirectory = Files.readSymbolicLink(process.resolve("cwd"));
      Path executable = Files.readSymbolicLink(process.resolve("exe"));
      if (!workingDirectory.equals(cluster.toRealPath())
          || !executable.getFileName().toString().startsWith("postgres")) {
        return Optional.empty();
      }
      return Optional.of(
          new Postmaster(
              pid,
              lines.size() > PORT_LINE ? (int) parse(lines.get(PORT_LINE)) : -1,
              lines.size() > STATUS_LINE ? lines.get(STATUS_LINE).strip() : "",
              executable));
    } catch (IOException e) {
      // No such process, or one of somebody else.
      return Optional.empty();
    }
  }

  /** Removes the file of a server that is gone: the kernel may have given its number away. */
  static void removeStale(Path cluster) throws IOException {
    if (find(cluster).isEmpty() && Files.deleteIfExists(file(cluster))) {
      LOG.info("The database server was not shut down; it recovers from its log");
    }
  }

  /** Whether it accepts connections. */
  boolean isReady() {
    return status.equals("ready") && port > 0;
  }

  /** Whether its program is in a folder. */
  boolean isOf(Path folder) {
    try {
      return executable.startsWith(folder.toRealPath());
    } catch (IOException e) {
      return false;
    }
  }

  private static Path file(Path cluster) {
    return cluster.resolve("postmaster.pid");
  }

  private static long parse(String line) {
    try {
      return Long.parseLong(line.strip());
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
