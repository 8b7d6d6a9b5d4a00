package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.weirkeeper.core.connector.FileOutputConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes to a file (spec: connectors §3.2). Its position is {@code {"bytes": n}}: the length of the
 * file. Opened at a position it refuses a file that is shorter, because rows would be missing.
 *
 * <p>Behind the position is what was written between the checkpoint and the crash. It stays as long
 * as the same is written again, so that who follows the file sees nothing go and nothing twice, and
 * is cut off from the first byte that comes out differently: the file is always one whole history
 * of the view (ADR 0016).
 */
final class FileOutput implements OutputTransport {
  private static final Logger LOG = LoggerFactory.getLogger(FileOutput.class);
  private static final String BYTES = "bytes";

  private final Path path;
  private FileChannel channel;
  private long length;
  private long durable;

  /** Whether the file may go on behind the length with what an earlier instance wrote. */
  private boolean repeating;

  /** Why the file can't be made durable any more; null while it can. */
  private IOException lost;

  /** Whether the file's name is known to be on the disk. */
  private boolean named;

  FileOutput(FileOutputConfig config) {
    this.path = LocalFiles.path(config.path());
  }

  @Override
  public void open(JsonNode position) {
    try {
      channel =
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      length = position == null ? 0 : position.path(BYTES).asLong();
      durable = length;
      repeating = true;
      if (channel.size() < length) {
        long found = channel.size();
        channel.close();
        throw new ConnectorException(
            "OutputTransportError",
            path
                + " has "
                + found
                + " bytes, and "
                + length
                + " had been written when the checkpoint was made: put it back, or clear the"
                + " pipeline's storage");
      }
    } catch (IOException e) {
      throw new ConnectorException(
          "OutputTransportError", path + " can't be written: " + reason(e), e);
    }
  }

  @Override
  public void write(byte[] message) throws IOException {
    try {
      if (repeating) {
        cutWhatDiffers(message);
      }
      // Also what is there already: it may not have reached the disk.
      ByteBuffer bytes = ByteBuffer.wrap(message);
      while (bytes.hasRemaining()) {
        channel.write(bytes, length + bytes.position());
      }
    } catch (IOException e) {
      // Part of the message may be there: another attempt writes over it.
      throw new IOException(path + ": " + reason(e), e);
    }
    length += message.length;
  }

  private void cutWhatDiffers(byte[] message) throws IOException {
    ByteBuffer there = ByteBuffer.allocate(message.length);
    while (there.hasRemaining()) {
      if (channel.read(there, length + there.position()) < 0) {
        repeating = false;
        break;
      }
    }
    there.flip();
    int same = there.mismatch(ByteBuffer.wrap(message));
    if (same >= 0 && same < there.limit()) {
      LOG.info("{} is written anew from byte {} on", path, length + same);
      channel.truncate(length + same);
      repeating = false;
    }
  }

  @Override
  public void caughtUp() throws IOException {
    if (repeating) {
      channel.truncate(length);
      repeating = false;
    }
  }

  @Override
  public JsonNode position() throws IOException {
    if (lost != null) {
      throw lost;
    }
    if (durable != length) {
      try {
        channel.force(true);
      } catch (IOException e) {
        // The kernel may have dropped what it could not write, and would not say so again. A new
        // start writes it again, from the checkpoint on.
        lost = new IOException(path + " can't be synced: " + reason(e), e);
        throw lost;
      }
      durable = length;
    }
    if (!named) {
      try (FileChannel directory =
          FileChannel.open(path.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
        directory.force(true);
      }
      named = true;
    }
    return JsonNodeFactory.instance.objectNode().put(BYTES, length);
  }

  @Override
  public void close() {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      LOG.warn("{} can't be closed: {}", path, e.toString());
    }
  }

  private static String reason(IOException e) {
    return e.getClass().getSimpleName() + (e.getMessage() == null ? "" : " " + e.getMessage());
  }
}
