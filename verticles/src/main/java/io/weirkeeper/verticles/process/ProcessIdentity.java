package io.weirkeeper.verticles.process;

import io.weirkeeper.core.deploy.ProcessReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * Tells on this host whether a recorded process still exists. A pid alone proves nothing, because
 * pids are used again; boot id, pid and start time together do (SAFETY rule 13).
 */
final class ProcessIdentity {
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private ProcessIdentity() {}

  /** The kernel's boot id of this host. */
  static String bootId() throws IOException {
    return Files.readString(BOOT_ID).strip();
  }

  /** Whether exactly the reported process runs on this host; a zombie does not. */
  static boolean exists(ProcessReport report) throws IOException {
    if (!bootId().equals(report.bootId())) {
      return false;
    }
    OptionalLong start = startTicks(report.pid());
    return start.isPresent() && start.getAsLong() == report.startTicks();
  }

  /** Start time of a pid in clock ticks since boot; empty when no such process runs. */
  static OptionalLong startTicks(long pid) throws IOException {
    String stat;
    try {
      stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    } catch (NoSuchFileException e) {
      return OptionalLong.empty();
    } catch (IOException e) {
      // The process ended between open and read (ESRCH).
      if (!Files.exists(Path.of("/proc", Long.toString(pid)))) {
        return OptionalLong.empty();
      }
      throw e;
    }
    // The command name stands in parentheses and may hold blanks and parentheses itself.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    boolean dead = fields[0].equals("Z") || fields[0].equals("X");
    return dead ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(fields[19]));
  }
}
