package io.weirkeeper.verticles.compile;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One compiler process and the threads that serve its pipes. Ends with the controller: the end of
 * its input is its order to go.
 */
final class CompilerProcess {
  private static final Logger LOG = LoggerFactory.getLogger(CompilerProcess.class);

  private final Process process;
  private final OutputStream stdin;

  /**
   * Starts the process.
   *
   * @param onLine takes each line of its output, on a thread of its own
   * @param onEnd runs once when it has ended, on that thread
   */
  static CompilerProcess start(
      CompilerSettings settings, Consumer<String> onLine, Consumer<String> onEnd)
      throws IOException {
    Process process = new ProcessBuilder(settings.command()).start();
    CompilerProcess compiler = new CompilerProcess(process);
    thread("compiler-stdout", () -> compiler.readLines(settings, onLine, onEnd));
    thread("compiler-stderr", compiler::readErrors);
    return compiler;
  }

  private CompilerProcess(Process process) {
    this.process = process;
    this.stdin = process.getOutputStream();
  }

  private static void thread(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  long pid() {
    return process.pid();
  }

  /** Sends one line; blocks while the process does not read. */
  void send(byte[] line) throws IOException {
    stdin.write(line);
    stdin.write('\n');
    stdin.flush();
  }

  void kill() {
    process.destroyForcibly();
  }

  private void readLines(
      CompilerSettings settings, Consumer<String> onLine, Consumer<String> onEnd) {
    String reason = null;
    try (InputStream stdout = new BufferedInputStream(process.getInputStream(), 1 << 16)) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      int next;
      while ((next = stdout.read()) >= 0) {
        if (next == '\n') {
          onLine.accept(line.toString(StandardCharsets.UTF_8));
          line.reset();
        } else {
          line.write(next);
          if (line.size() > settings.maxResultBytes()) {
            reason = "its result is longer than " + settings.maxResultBytes() + " bytes";
            break;
          }
        }
      }
    } catch (IOException e) {
      reason = "its output could not be read: " + e.getMessage();
    }
    process.destroyForcibly();
    try {
      int code = process.waitFor();
      onEnd.accept(reason == null ? "it ended with exit code " + code : reason);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      onEnd.accept("the controller is stopping");
    }
  }

  private void readErrors() {
    try (var reader = process.errorReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        LOG.info("[compiler {}] {}", process.pid(), line);
      }
    } catch (IOException e) {
      LOG.debug("The compiler's error output ended: {}", e.toString());
    }
  }
}
