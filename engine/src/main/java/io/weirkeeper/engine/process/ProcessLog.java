package io.weirkeeper.engine.process;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;

/**
 * The pipeline's log: {@value #FILE} in the working directory, one line an event, rotated by size.
 * Standard output is left to the JVM itself: a pipe that nobody reads must not stall the pipeline
 * (SAFETY rule 14).
 */
final class ProcessLog {
  private ProcessLog() {}

  static final String FILE = "pipeline.log";

  /** Log of a process that has no pipeline yet. */
  static final String SPARE_FILE = "spare.log";

  /** Size at which a new file is begun. */
  static final String MAX_FILE_SIZE = "8MB";

  /** Old files kept. */
  static final int MAX_OLD_FILES = 2;

  private static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z',UTC} %-5level %logger{0}: %replace(%msg){'[\\r\\n]+',' | '}"
          + "%replace( %ex){'[\\r\\n]+\\s*',' | '}%nopex%n";

  static void open(Path workingDirectory) {
    open(workingDirectory, FILE);
  }

  static void open(Path workingDirectory, String name) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(PATTERN);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.start();

    RollingFileAppender<ILoggingEvent> file = new RollingFileAppender<>();
    file.setContext(context);
    file.setName("pipeline");
    file.setEncoder(encoder);
    file.setFile(workingDirectory.resolve(name).toString());
    FixedWindowRollingPolicy rolling = new FixedWindowRollingPolicy();
    rolling.setContext(context);
    rolling.setParent(file);
    rolling.setFileNamePattern(workingDirectory.resolve(name + ".%i").toString());
    rolling.setMinIndex(1);
    rolling.setMaxIndex(MAX_OLD_FILES);
    rolling.start();
    SizeBasedTriggeringPolicy<ILoggingEvent> size = new SizeBasedTriggeringPolicy<>();
    size.setContext(context);
    size.setMaxFileSize(FileSize.valueOf(MAX_FILE_SIZE));
    size.start();
    file.setRollingPolicy(rolling);
    file.setTriggeringPolicy(size);
    file.start();

    context.getLogger("ROOT").setLevel(Level.INFO);
    context.getLogger("ROOT").addAppender(file);
    // It misses the log files of a Flink installation, which is none here.
    context.getLogger("org.apache.flink.runtime.webmonitor.WebMonitorUtils").setLevel(Level.ERROR);
    // The libraries tell the story of their own start in hundreds of lines.
    for (String library :
        new String[] {"org.apache.flink", "org.apache.pekko", "io.netty", "io.vertx"}) {
      context.getLogger(library).setLevel(Level.WARN);
    }
  }
}
