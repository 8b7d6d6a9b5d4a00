package io.weirkeeper.verticles.pipeline;

import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the lines that a process appends to a file. The process writes to a file and not to a pipe,
 * so that a stalled or killed controller can't stall it (SAFETY rule 14).
 */
final class LogTail {
  private static final Logger LOG = LoggerFactory.getLogger(LogTail.class);
  private static final long POLL_MILLIS = 250;
  private static final int CHUNK_BYTES = 64 * 1024;
  private static final int MAX_LINE_BYTES = 16 * 1024;

  /** Read at once; what is more waits its turn, so that a flood of lines stays on disk. */
  static final int MAX_POLL_BYTES = 1 << 20;

  private final Vertx vertx;
  private final WorkerExecutor workers;
  private final Path file;
  private final Consumer<String> line;
  private final StringBuilder partial = new StringBuilder();
  private long position;
  private volatile boolean more;
  private boolean closed;

  /** Tails a file from its beginning; it need not exist yet. */
  LogTail(Vertx vertx, WorkerExecutor workers, Path file, Consumer<String> line) {
    this.vertx = vertx;
    this.workers = workers;
    this.file = file;
    this.line = line;
    poll();
  }

  /** Delivers what is in the file now and stops. */
  void close() {
    closed = true;
  }

  private void poll() {
    boolean last = closed;
    workers
        .executeBlocking(this::read, false)
        .onFailure(cause -> LOG.warn("Cannot read {}: {}", file, cause.toString()))
        .onComplete(
            read -> {
              if (read.succeeded()) {
                read.result().forEach(line);
              }
              if (read.succeeded() && more) {
                poll();
              } else if (!last) {
                vertx.setTimer(POLL_MILLIS, timer -> poll());
              }
            });
  }

  private List<String> read() throws IOException {
    List<String> complete = new ArrayList<>();
    more = false;
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      if (channel.size() < position) {
        // The file was rotated.
        position = 0;
        partial.setLength(0);
      }
      channel.position(position);
      ByteBuffer buffer = ByteBuffer.allocate(CHUNK_BYTES);
      long begin = position;
      while (channel.read(buffer) > 0) {
        buffer.flip();
        position += buffer.remaining();
        split(StandardCharsets.ISO_8859_1.decode(buffer), complete);
        buffer.clear();
        if (position - begin >= MAX_POLL_BYTES) {
          more = position < channel.size();
          break;
        }
      }
    } catch (NoSuchFileException e) {
      return complete;
    }
    return complete;
  }

  /** Bytes are kept as Latin-1 until a line is whole, so that no character is cut in two. */
  private void split(CharSequence bytes, List<String> complete) {
    for (int i = 0; i < bytes.length(); i++) {
      char next = bytes.charAt(i);
      if (next == '\n') {
        complete.add(
            new String(
                partial.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
        partial.setLength(0);
      } else if (partial.length() < MAX_LINE_BYTES) {
        partial.append(next);
      }
    }
  }
}
