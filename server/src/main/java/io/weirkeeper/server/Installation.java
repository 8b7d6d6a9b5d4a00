package io.weirkeeper.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * Where the programs of this build are: each of compiler and engine has its own jar and its own
 * folder of libraries, because their class paths must not meet.
 */
final class Installation {

  /** How much longer than its controller a compiler process lets a compilation run. */
  private static final Duration COMPILER_GRACE = Duration.ofSeconds(10);

  private static final String COMPILER_MAIN = "io.weirkeeper.compiler.CompilerMain";
  private static final String ENGINE_OPTIONS = "classes/weirkeeper-engine-jvm.options";

  private final Path home;

  /**
   * An installation.
   *
   * @param home the folder with the modules
   */
  Installation(Path home) {
    this.home = home;
  }

  /** The home that the launcher names, or the working directory. */
  static Path home() {
    return Path.of(System.getProperty("weirkeeper.home", "")).toAbsolutePath().normalize();
  }

  /** The Java that runs this program runs the others too. */
  static Path java() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  /** This program's own version and the commit that it was built from. */
  static Properties build() {
    Properties properties = new Properties();
    try (var in = Installation.class.getResourceAsStream("/weirkeeper-build.properties")) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return properties;
  }

  String compilerClassPath() throws IOException {
    return classPath("compiler");
  }

  String engineClassPath() throws IOException {
    return classPath("engine");
  }

  /** JVM options of a pipeline process, one a line, {@code #} for comments. */
  List<String> engineOptions() throws IOException {
    try (Stream<String> lines =
        Files.lines(home.resolve("engine/target").resolve(ENGINE_OPTIONS))) {
      return Stream.concat(
              lines.map(String::strip).filter(l -> !l.isEmpty() && !l.startsWith("#")),
              newerJavaOptions())
          .toList();
    }
  }

  /** Option that tells a pipeline process where planned programs are. */
  static String jobsOption(Path jobsDirectory) {
    return "-Dweirkeeper.planned-jobs=" + jobsDirectory.toAbsolutePath();
  }

  /**
   * What newer Java versions want to be told about native code and Unsafe; older ones refuse the
   * options.
   */
  private static Stream<String> newerJavaOptions() {
    return Runtime.version().feature() >= 24
        ? Stream.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow")
        : Stream.empty();
  }

  /**
   * Command line of the compiler process.
   *
   * @param jobsDirectory where it puts planned programs for pipeline processes
   * @param timeout of one compilation, which the controller enforces; the process ends itself a
   *     little later, in case the controller is gone
   */
  List<String> compilerCommand(long heapMebibytes, Path jobsDirectory, Duration timeout)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(java().toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xss8m",
            "-Xmx" + heapMebibytes + "m",
            "-XX:+ExitOnOutOfMemoryError"));
    engineOptions().stream().filter(option -> option.startsWith("--")).forEach(command::add);
    command.addAll(
        List.of(
            "-cp",
            compilerClassPath(),
            COMPILER_MAIN,
            "--planner-classpath",
            plannerClassPath(),
            "--jobs-directory",
            jobsDirectory.toAbsolutePath().toString(),
            "--timeout",
            Long.toString(timeout.plus(COMPILER_GRACE).toSeconds())));
    return command;
  }

  private String classPath(String module) throws IOException {
    Path target = home.resolve(module).resolve("target");
    List<Path> jars;
    try (Stream<Path> files = Files.list(target)) {
      jars =
          files
              .filter(f -> f.getFileName().toString().matches("weirkeeper-" + module + "-.*\\.jar"))
              .filter(f -> !f.getFileName().toString().contains("-tests"))
              .toList();
    }
    if (jars.size() != 1 || !Files.isDirectory(target.resolve("lib"))) {
      throw new IOException(
          "Expected one weirkeeper-"
              + module
              + " jar and a folder lib in "
              + target
              + ", found "
              + jars
              + "; build again with './weirkeeper run' or 'mvn package'");
    }
    return jars.get(0) + ":" + target.resolve("lib") + "/*";
  }

  /** The engine's jars for the compiler's planning pass: a jar and a folder. */
  String plannerClassPath() throws IOException {
    return engineClassPath().replace("/*", "");
  }
}
