package io.weirkeeper.engine.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** Files that are on the disk when a method returns. */
public final class DurableFiles {
  private DurableFiles() {}

  private static final int BLOCK_BYTES = 1 << 16;

  /** Files that are synced and summed up already, by what the file system knows them by. */
  static final class Known {
    private final Map<Object, Manifest.FileSum> sums = new HashMap<>();

    /** Takes up the files of a complete checkpoint. */
    void add(Path directory, List<Manifest.FileSum> files) throws IOException {
      for (Manifest.FileSum sum : files) {
        sums.put(key(directory.resolve(sum.path())), sum);
      }
    }

    private static Object key(Path file) throws IOException {
      return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }
  }

  /**
   * Syncs everything below a directory and sums it up.
   *
   * @param known files that are links to these are not read again
   */
  static List<Manifest.FileSum> sync(Path directory, Known known) throws IOException {
    List<Manifest.FileSum> sums = new ArrayList<>();
    for (Path path : below(directory)) {
      if (Files.isDirectory(path)) {
        syncDirectory(path);
        continue;
      }
      Manifest.FileSum before = known.sums.get(Known.key(path));
      if (before != null && before.bytes() == Files.size(path)) {
        sums.add(
            new Manifest.FileSum(
                directory.relativize(path).toString(), before.bytes(), before.crc32c()));
        continue;
      }
      try (FileChannel channel =
          FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        sums.add(sum(directory, path, channel));
        channel.force(true);
      }
    }
    return sums;
  }

  static Manifest.FileSum sum(Path directory, Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return sum(directory, file, channel);
    }
  }

  private static Manifest.FileSum sum(Path directory, Path file, FileChannel channel)
      throws IOException {
    CRC32C crc = new CRC32C();
    ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
    long bytes = 0;
    while (channel.read(block) >= 0) {
      block.flip();
      bytes += block.remaining();
      crc.update(block);
      block.clear();
    }
    return new Manifest.FileSum(directory.relativize(file).toString(), bytes, crc.getValue());
  }

  private static List<Path> below(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.sorted(Comparator.reverseOrder()).toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Writes a file whole or not at all. */
  static void write(Path file, byte[] contents) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    try (FileChannel channel =
        FileChannel.open(
            fresh,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(contents);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    syncDirectory(file.getParent());
  }

  /** Deletes a directory with all that is in it. */
  public static void delete(Path directory) throws IOException {
    if (Files.exists(directory)) {
      for (Path path : below(directory)) {
        Files.delete(path);
      }
    }
  }
}
