package io.weirkeeper.engine.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/** What the kernel says about this process and its host (Linux, proc(5)). */
final class Proc {
  private Proc() {}

  /** USER_HZ: fixed on Linux for what /proc shows. */
  private static final long TICK_MILLIS = 10;

  private static final long PAGE_BYTES = 4096;

  static String bootId() {
    return read("/proc/sys/kernel/random/boot_id").strip();
  }

  /** Start time of this process in clock ticks since boot (field 22 of stat). */
  static long startTicks() {
    return Long.parseLong(statFields()[22 - 3]);
  }

  /** Processor time used so far, in milliseconds. */
  static long cpuMillis() {
    String[] fields = statFields();
    return (Long.parseLong(fields[14 - 3]) + Long.parseLong(fields[15 - 3])) * TICK_MILLIS;
  }

  /** Whether this process leads a session of its own (field 6 of stat). */
  static boolean leadsSession() {
    return Long.parseLong(statFields()[6 - 3]) == ProcessHandle.current().pid();
  }

  /**
   * Sets how nice this session is to others on hosts whose scheduler groups by session (sched(7),
   * autogroup). Unlike the niceness of a process, it can be taken back without a privilege.
   *
   * @param nice 0 as any other, to 19 only when nobody else wants the processors
   * @return false if it was not set
   */
  static boolean setSessionNice(int nice) {
    try {
      Files.writeString(Path.of("/proc/self/autogroup"), Integer.toString(nice));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  static long residentBytes() {
    return Long.parseLong(read("/proc/self/statm").split(" ", -1)[1]) * PAGE_BYTES;
  }

  static long virtualBytes() {
    return Long.parseLong(read("/proc/self/statm").split(" ", -1)[0]) * PAGE_BYTES;
  }

  /**
   * Milliseconds since boot. Unlike {@link System#nanoTime}, which is CLOCK_MONOTONIC on Linux and
   * stands still while the machine sleeps, this counts time in suspend: a lease must not outlive
   * it.
   */
  static long bootMillis() {
    String uptime = read("/proc/uptime");
    return (long) (Double.parseDouble(uptime.substring(0, uptime.indexOf(' '))) * 1000);
  }

  /**
   * Removes the files of native libraries that this process has unpacked to the temporary directory
   * and loaded: their pages stay mapped. Libraries leave them for the end of the process to delete,
   * which a halted or killed process never does, and DuckDB's has 70 MB.
   *
   * @return how many were removed
   */
  static int unlinkLoadedLibraries(Path temporaryDirectory) {
    Path directory;
    try {
      directory = temporaryDirectory.toRealPath();
    } catch (IOException e) {
      throw new UncheckedIOException("Can't find " + temporaryDirectory, e);
    }
    Set<Path> libraries =
        read("/proc/self/maps")
            .lines()
            .filter(line -> line.endsWith(".so") && line.indexOf('/') > 0)
            .map(line -> Path.of(line.substring(line.indexOf('/'))))
            .filter(file -> directory.equals(file.getParent()))
            .collect(Collectors.toSet());
    int removed = 0;
    for (Path library : libraries) {
      try {
        removed += Files.deleteIfExists(library) ? 1 : 0;
      } catch (IOException e) {
        throw new UncheckedIOException("Can't remove the loaded library " + library, e);
      }
    }
    return removed;
  }

  private static String[] statFields() {
    String stat = read("/proc/self/stat");
    // The second field is the command in brackets and may itself hold blanks and brackets.
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException("Can't read " + file, e);
    }
  }
}
