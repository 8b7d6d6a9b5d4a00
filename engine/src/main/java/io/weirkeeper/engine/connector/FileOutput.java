package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.weirkeeper.core.connector.FileOutputConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes to a file (spec: connectors §3.2). Its position is {@code {"bytes": n}}: the length of the
 * file. Opened anew it empties the file; opened at a position it cuts the file there, and refuses
 * one that is shorter, because rows would be missing.
 */
final class FileOutput implements OutputTransport {
  private static final String BYTES = "bytes";

  private final Path path;
  private FileChannel channel;
  private long length;
  private long durable;

  FileOutput(FileOutputConfig config) {
    this.path = LocalFiles.path(config.path());
  }

  @Override
  public void open(JsonNode position) {
    try {
      channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      length = position == null ? 0 : position.path(BYTES).asLong();
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
      channel.truncate(length).position(length);
    } catch (IOException e) {
      throw new ConnectorException(
          "OutputTransportError", path + " can't be written: " + reason(e), e);
    }
  }

  @Override
  public void write(byte[] message) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(message);
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes, length + bytes.position());
      }
    } catch (IOException e) {
      // Part of the message may be there: another attempt writes over it.
      throw new IOException(path + ": " + reason(e), e);
    }
    length += message.length;
  }

  @Override
  public JsonNode position() throws IOException {
    if (durable != length) {
      channel.force(true);
      durable = length;
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
      org.slf4j.LoggerFactory.getLogger(FileOutput.class)
          .warn("{} can't be closed: {}", path, e.toString());
    }
  }

  private static String reason(IOException e) {
    return e.getClass().getSimpleName() + (e.getMessage() == null ? "" : " " + e.getMessage());
  }
}
