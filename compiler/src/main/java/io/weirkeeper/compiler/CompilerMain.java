package io.weirkeeper.compiler;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weirkeeper.core.compile.CompileRequest;
import io.weirkeeper.core.compile.CompileResult;
import io.weirkeeper.core.compile.CompileResult.Outcome;
import io.weirkeeper.core.plan.PipelinePlan;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The compiler process. Reads a {@link CompileRequest} a line from standard input and writes a
 * {@link CompileResult} a line to standard output, in order, one at a time; logs go to standard
 * error. The first line it writes is {@code {"ready":true,"pid":N}}, after a small program has been
 * compiled so that a user's first one is fast. Ends with the input.
 *
 * <p>A line that is no request gets a result with a system error and no request id. Exit codes: 0
 * at the end of input, 2 for wrong arguments, {@value #EXIT_OUT_OF_MEMORY} when memory ran out,
 * {@value #EXIT_TIMEOUT} after a compilation that took too long; the last two want a restart.
 *
 * <p>Arguments: {@code --planner-classpath <folders or jars>}, where the engine's planner is;
 * without it programs are not checked against what the engine can run. {@code --jobs-directory
 * <folder>}, where accepted programs are put as planned jobs, in the background; without it they
 * are planned when they start. {@code --timeout <seconds>}, after which a compilation ends this
 * process; the controller, which has the limit that users set, gives a little more than that, so
 * that this one only counts when the controller is gone.
 */
public final class CompilerMain {

  /** Exit code when memory ran out. */
  public static final int EXIT_OUT_OF_MEMORY = 3;

  /** Exit code after a compilation that took longer than {@code --timeout}. */
  public static final int EXIT_TIMEOUT = 4;

  /** Bytes of a request line at most: a program whose every byte is escaped, and the rest. */
  static final int MAX_LINE_BYTES = 16 << 20;

  /** How long one compilation may take if nobody says so. */
  static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(300);

  private static final String USAGE =
      "Usage: CompilerMain [--planner-classpath <folders or jars>] [--jobs-directory <folder>]"
          + " [--timeout <seconds>]";

  /** Stack of the compiling thread, in bytes: expressions are walked recursively. */
  private static final long STACK_BYTES = 256L << 20;

  private static final String WARM_UP =
      """
      CREATE TABLE a (id BIGINT NOT NULL PRIMARY KEY, k VARCHAR, v INT DEFAULT 1, ts TIMESTAMP);
      CREATE TABLE b (k VARCHAR NOT NULL, d DECIMAL(10, 2), x ARRAY<INT>);
      CREATE LOCAL VIEW l AS SELECT k, COUNT(*) AS c, SUM(v) AS s FROM a WHERE v > 1 GROUP BY k;
      CREATE VIEW j AS SELECT a.id, b.d, l.c FROM a JOIN b ON a.k = b.k LEFT JOIN l ON l.k = a.k;
      CREATE MATERIALIZED VIEW t AS SELECT k, c FROM l ORDER BY c DESC LIMIT 3;
      CREATE VIEW q AS SELECT id, CASE WHEN v > 2 THEN 'x' ELSE COALESCE(k, 'n') END AS y FROM a
        WHERE k IN (SELECT k FROM b) QUALIFY ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) = 1;
      """
          .replace("ARRAY<INT>", "INT ARRAY");

  private static final ObjectMapper JSON =
      new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

  private final ProgramCompiler compiler;
  private final Consumer<PipelinePlan> planAhead;
  private final PrintStream protocol;
  private final Duration timeout;
  private final Logger log = LoggerFactory.getLogger(CompilerMain.class);

  private CompilerMain(
      ProgramCompiler compiler,
      Consumer<PipelinePlan> planAhead,
      PrintStream protocol,
      Duration timeout) {
    this.compiler = compiler;
    this.planAhead = planAhead;
    this.protocol = protocol;
    this.timeout = timeout;
  }

  /** Runs the process. */
  public static void main(String[] args) throws IOException {
    // Whatever a library prints must not get into the protocol.
    PrintStream protocol =
        new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
    System.setOut(System.err);
    ProgramCompiler.Planner planner = plan -> Map.of();
    EnginePlanner engine = null;
    Path jobs = null;
    Duration timeout = DEFAULT_TIMEOUT;
    for (int i = 0; i < args.length; i += 2) {
      String value = i + 1 < args.length ? args[i + 1] : "";
      if (args[i].equals("--planner-classpath") && !value.isEmpty()) {
        engine = new EnginePlanner(value);
        planner = engine;
      } else if (args[i].equals("--jobs-directory") && !value.isEmpty()) {
        jobs = Path.of(value);
      } else if (args[i].equals("--timeout") && value.matches("[1-9][0-9]{0,8}")) {
        timeout = Duration.ofSeconds(Long.parseLong(value));
      } else {
        System.err.println(USAGE);
        System.exit(2);
      }
    }
    Consumer<PipelinePlan> planAhead = plan -> {};
    if (engine != null && jobs != null) {
      EnginePlanner planning = engine;
      Path folder = jobs;
      planAhead = plan -> planning.planAhead(plan, folder);
    }
    new CompilerMain(new ProgramCompiler(planner), planAhead, protocol, timeout).run(System.in);
    System.exit(0);
  }

  private void run(InputStream input) throws IOException {
    CompileResult first = compile(new CompileRequest("warm-up", WARM_UP, "", ""));
    if (first.outcome() != Outcome.SUCCESS) {
      log.warn("The warm-up program did not compile: {}", JSON.writeValueAsString(first));
    }
    writeLine(
        JSON.createObjectNode()
            .put("ready", true)
            .put("pid", ProcessHandle.current().pid())
            .toString());
    LineReader lines = new LineReader(new BufferedInputStream(input, 1 << 16), MAX_LINE_BYTES);
    while (lines.next()) {
      if (lines.isTooLong()) {
        write(systemError(null, "A request line may have " + MAX_LINE_BYTES + " bytes at most"));
      } else if (!lines.text().isBlank()) {
        write(answer(lines.text()));
      }
    }
  }

  private CompileResult answer(String line) {
    CompileRequest request;
    try {
      request = JSON.readValue(line, CompileRequest.class);
    } catch (JsonProcessingException | StackOverflowError e) {
      return systemError(null, "A request must be one JSON object on one line");
    }
    if (request == null) {
      return systemError(null, "A request must be one JSON object on one line, found null");
    }
    return compile(request);
  }

  /** Compiles in a thread with a deep stack and a time limit. */
  private CompileResult compile(CompileRequest request) {
    AtomicReference<CompileResult> result = new AtomicReference<>();
    Thread thread = new Thread(null, () -> result.set(guarded(request)), "compile", STACK_BYTES);
    thread.setDaemon(true);
    long start = System.nanoTime();
    thread.start();
    try {
      thread.join(timeout.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return systemError(request.requestId(), "The compiler was interrupted");
    }
    CompileResult finished = result.get();
    if (finished == null) {
      write(
          systemError(
              request.requestId(),
              "The compilation took longer than "
                  + timeout.toSeconds()
                  + " s; split the program into simpler views"));
      Runtime.getRuntime().halt(EXIT_TIMEOUT);
    }
    log.debug(
        "compiled request={} outcome={} millis={}",
        request.requestId(),
        finished.outcome(),
        (System.nanoTime() - start) / 1_000_000);
    return finished;
  }

  private CompileResult guarded(CompileRequest request) {
    try {
      CompileResult result = compiler.compile(request);
      if (result.outcome() == Outcome.SUCCESS) {
        // Before the answer: a start that follows it at once knows that there is a job to wait for.
        planAhead.accept(result.plan());
      }
      return result;
    } catch (OutOfMemoryError e) {
      Runtime.getRuntime().halt(EXIT_OUT_OF_MEMORY);
      throw e;
    } catch (StackOverflowError e) {
      return systemError(
          request.requestId(), "The program is nested too deeply; split it into simpler views");
    } catch (Throwable e) {
      log.error("compilation failed request={}", request.requestId(), e);
      return systemError(
          request.requestId(),
          "The compiler failed: " + e.getClass().getSimpleName() + ": " + e.getMessage());
    }
  }

  private static CompileResult systemError(String requestId, String reason) {
    return new CompileResult(requestId, Outcome.SYSTEM_ERROR, List.of(), null, null, reason);
  }

  private void write(CompileResult result) {
    try {
      writeLine(JSON.writeValueAsString(result));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A result can't be written as JSON", e);
    }
  }

  private void writeLine(String json) {
    protocol.print(json + "\n");
    protocol.flush();
  }

  /** Lines of bounded length; the rest of a longer one is skipped. */
  private static final class LineReader {

    private final InputStream input;
    private final int limit;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private boolean tooLong;

    LineReader(InputStream input, int limit) {
      this.input = input;
      this.limit = limit;
    }

    /** Reads the next line; false at the end of input. An unfinished last line counts. */
    boolean next() throws IOException {
      line.reset();
      tooLong = false;
      int read = 0;
      int c;
      while ((c = input.read()) >= 0) {
        if (c == '\n') {
          return true;
        }
        read++;
        if (line.size() < limit) {
          line.write(c);
        } else {
          tooLong = true;
        }
      }
      return read > 0;
    }

    boolean isTooLong() {
      return tooLong;
    }

    String text() {
      return line.toString(StandardCharsets.UTF_8);
    }
  }
}
