package io.weirkeeper.verticles.process;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** How a pipeline JVM is started: in a directory and a session of its own, output in a file. */
final class Fork {
  private static final Set<String> KEPT_ENVIRONMENT =
      Set.of("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ");
  private static final String TEMPORARY = "tmp";

  private Fork() {}

  /**
   * Prepares a JVM and its directory.
   *
   * @param directory its current directory; made here, with one for temporary files in it
   * @param heapMegabytes limit of its heap
   * @param options what it is told beside the options of any
   * @param variables of its environment, an object or missing; nothing of the controller's leaks in
   *     (spec: lifecycle §8)
   */
  static ProcessBuilder builder(
      HostSettings settings,
      Path directory,
      long heapMegabytes,
      List<String> options,
      JsonNode variables)
      throws IOException {
    createPrivate(directory);
    createPrivate(directory.resolve(TEMPORARY));
    List<String> command = new ArrayList<>();
    command.add("setsid");
    command.add(settings.java().toString());
    command.addAll(settings.jvmOptions());
    command.addAll(options);
    command.add("-Xmx" + heapMegabytes + "m");
    // Native libraries are unpacked there; a killed process leaves them in its own directory, which
    // a spare process's controller renames.
    command.add("-Djava.io.tmpdir=/proc/self/cwd/" + TEMPORARY);
    command.add("-cp");
    command.add(settings.classPath());
    command.add(settings.mainClass());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(directory.toFile());
    builder.redirectErrorStream(true);
    builder.redirectOutput(
        ProcessBuilder.Redirect.appendTo(ProcessHost.outputFile(directory).toFile()));
    builder.environment().keySet().retainAll(KEPT_ENVIRONMENT);
    builder.environment().put("MALLOC_ARENA_MAX", "2");
    variables
        .fields()
        .forEachRemaining(e -> builder.environment().put(e.getKey(), e.getValue().asText()));
    return builder;
  }

  /** Makes a directory that only its owner can read. */
  static void createPrivate(Path directory) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }
}
