package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import io.weirkeeper.core.connector.FileInputConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Reads a file (spec: connectors §2.2). What has been read must not change: a file that has become
 * shorter than the position ends the connector.
 */
final class FileInput implements InputTransport {
  /** How often a followed file is looked at. */
  static final Duration FOLLOW_POLL = Duration.ofMillis(50);

  private final FileInputConfig config;
  private final Path path;
  private final ParsedInput input;

  FileInput(FileInputConfig config, ParsedInput input) {
    this.config = config;
    this.path = LocalFiles.path(config.path());
    this.input = input;
  }

  @Override
  public void open(JsonNode position) {
    input.open(position);
    if (!Files.isReadable(path) || Files.isDirectory(path)) {
      throw new ConnectorException(
          "InputTransportError",
          path
              + (Files.isDirectory(path)
                  ? " is a directory"
                  : Files.exists(path) ? " can't be read: permission denied" : " does not exist"));
    }
    try {
      if (Files.size(path) < input.offset()) {
        throw new ConnectorException("InputTransportError", shrunk(Files.size(path)));
      }
    } catch (IOException e) {
      throw new ConnectorException("InputTransportError", path + " can't be read: " + e, e);
    }
  }

  private String shrunk(long size) {
    return path
        + " has "
        + size
        + " bytes, and "
        + input.offset()
        + " have been read: what was read must not change";
  }

  @Override
  public void run(InputPort port) throws IOException, InterruptedException {
    ByteBuffer buffer = ByteBuffer.allocate(config.bufferBytes());
    port.awaitActive();
    try (SeekableByteChannel file = Files.newByteChannel(path)) {
      file.position(input.offset());
      while (true) {
        port.awaitActive();
        buffer.clear();
        int count = file.read(buffer);
        if (count > 0) {
          input.feed(buffer.array(), count, port, port::put);
        } else if (file.size() < input.offset()) {
          throw new IOException(shrunk(file.size()));
        } else if (!config.follow()) {
          input.finish(port, port::put);
          return;
        } else {
          TimeUnit.NANOSECONDS.sleep(FOLLOW_POLL.toNanos());
        }
      }
    } catch (ClosedByInterruptException e) {
      throw new InterruptedException();
    }
  }

  @Override
  public void close() {
    // The file is closed by the thread that reads it.
  }
}
