package io.weirkeeper.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** What {@code /proc} says about this machine and the processes on it (Linux). */
final class Machine {
  private static final Path PROC = Path.of("/proc");

  /** Clock ticks a second in {@code /proc/PID/stat}: the kernel's interface fixes it. */
  private static final long TICKS_PER_SECOND = 100;

  private Machine() {}

  /** One line: processors, memory, load, kernel and Java. */
  static String describe() {
    return String.format(
        Locale.ROOT,
        "%d CPUs (%s), %.1f GiB memory, load average %.2f, Linux %s, Java %s (%s)",
        Runtime.getRuntime().availableProcessors(),
        line(PROC.resolve("cpuinfo"), "model name"),
        kibibytes(PROC.resolve("meminfo"), "MemTotal") / 1048576.0,
        load(),
        System.getProperty("os.version"),
        System.getProperty("java.version"),
        System.getProperty("java.vendor"));
  }

  /** Load average of the last minute. */
  static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  /** Resident memory of a process in bytes. */
  static long residentBytes(long pid) {
    return kibibytes(PROC.resolve(pid + "/status"), "VmRSS") << 10;
  }

  /** Processor time that a process has used, in microseconds. */
  static long cpuMicros(long pid) {
    String stat = read(PROC.resolve(pid + "/stat"));
    // The second field is the name in brackets and may contain blanks.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    long ticks = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    return ticks * (1_000_000 / TICKS_PER_SECOND);
  }

  /** The Java process of a pipeline: the one that works in a directory of the pipeline's. */
  static OptionalLong pipelineProcess(String pipelineId) {
    return processIn("/" + pipelineId + "/deployments/");
  }

  /** The first process whose current directory's path has a text in it. */
  static OptionalLong processIn(String text) {
    try (Stream<Path> entries = Files.list(PROC)) {
      return entries
          .filter(p -> Character.isDigit(p.getFileName().toString().charAt(0)))
          .filter(p -> directory(p).toString().contains(text))
          .mapToLong(p -> Long.parseLong(p.getFileName().toString()))
          .findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The current directory of a process. */
  static Path directory(long pid) {
    return directory(PROC.resolve(Long.toString(pid)));
  }

  private static Path directory(Path process) {
    try {
      return Files.readSymbolicLink(process.resolve("cwd"));
    } catch (IOException e) {
      return Path.of(""); // It has ended meanwhile, or is another user's.
    }
  }

  /** The child of a process whose command line has a text. */
  static OptionalLong childWith(long parent, String text) {
    return ProcessHandle.of(parent).stream()
        .flatMap(ProcessHandle::children)
        .mapToLong(ProcessHandle::pid)
        .filter(pid -> commandLine(PROC.resolve(Long.toString(pid))).contains(text))
        .findFirst();
  }

  private static String commandLine(Path process) {
    try {
      return new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return ""; // The process has ended meanwhile.
    }
  }

  private static long kibibytes(Path file, String key) {
    return Long.parseLong(line(file, key).replace("kB", "").strip());
  }

  private static String line(Path file, String key) {
    return read(file)
        .lines()
        .filter(l -> l.startsWith(key))
        .findFirst()
        .map(l -> l.substring(l.indexOf(':') + 1).strip())
        .orElseThrow(() -> new IllegalStateException(file + " has no line '" + key + "'"));
  }

  private static String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
