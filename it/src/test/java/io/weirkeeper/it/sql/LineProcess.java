package io.weirkeeper.it.sql;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A child JVM that answers a JSON document a line with another one. */
final class LineProcess implements AutoCloseable {

  private static final int PATIENCE_SECONDS = 120;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final BufferedWriter requests;
  private final BufferedReader answers;

  private LineProcess(String main, List<Path> classPath) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx1g"));
    for (String open : List.of("java.lang", "java.util", "java.time")) {
      command.add("--add-opens=java.base/" + open + "=ALL-UNNAMED");
    }
    command.add("-cp");
    command.add(String.join(File.pathSeparator, classPath.stream().map(Path::toString).toList()));
    command.add(main);
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    requests = process.outputWriter(StandardCharsets.UTF_8);
    answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /** Starts the compiler and waits until it is ready. */
  static LineProcess compiler() {
    LineProcess compiler = start("io.weirkeeper.compiler.CompilerMain", "compiler", List.of());
    JsonNode first = compiler.next();
    if (!first.path("ready").asBoolean()) {
      throw new IllegalStateException("the compiler said " + first);
    }
    return compiler;
  }

  /** Starts a {@link ViewRunner}. */
  static LineProcess runner() {
    return start(ViewRunner.class.getName(), "engine", List.of(Path.of("target/test-classes")));
  }

  private static LineProcess start(String main, String module, List<Path> more) {
    List<Path> classPath = new ArrayList<>(more);
    // The classes of this build before what was laid out.
    for (Path entry :
        List.of(
            Path.of("..", module, "target/classes"),
            Path.of("../core/target/classes"),
            Path.of("..", module, "target/lib/*"))) {
      classPath.add(entry.toAbsolutePath().normalize());
    }
    if (!Files.isDirectory(classPath.get(more.size()))) {
      throw new IllegalStateException("Build module " + module + " first");
    }
    try {
      return new LineProcess(main, classPath);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a document and waits for the answer. */
  JsonNode ask(JsonNode request) {
    try {
      requests.write(request.toString());
      requests.write('\n');
      requests.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("the process is gone", e);
    }
    return next();
  }

  private JsonNode next() {
    FutureTask<String> line = new FutureTask<>(answers::readLine);
    Thread reader = new Thread(line, "answer");
    reader.setDaemon(true);
    reader.start();
    try {
      String text = line.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (text == null) {
        throw new IllegalStateException("the process ended with " + process.waitFor());
      }
      return JSON.readTree(text);
    } catch (TimeoutException | ExecutionException | IOException e) {
      process.destroyForcibly();
      throw new IllegalStateException("no answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
