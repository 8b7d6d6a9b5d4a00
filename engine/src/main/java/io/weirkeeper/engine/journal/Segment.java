package io.weirkeeper.engine.journal;

import io.weirkeeper.engine.flow.Replay;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * A file of a journal: a header, then records. A record is its length, a checksum, how far the file
 * was durable when the record was written, and the payload. The last tells a torn tail, which a
 * crash leaves and which holds nothing that was acknowledged, from damage.
 */
record Segment(long number, Path file) {

  static final long MAGIC = 0x574b4a4f55523031L; // WKJOUR01
  static final int HEADER_BYTES = 16;
  static final int RECORD_HEADER_BYTES = 16;

  /** Longest payload; a batch has at most some megabytes. */
  static final int MAX_RECORD_BYTES = 1 << 30;

  private static final Pattern NAME = Pattern.compile("(\\d{16})\\.journal");

  static Segment in(Path directory, long number) {
    return new Segment(number, directory.resolve("%016d.journal".formatted(number)));
  }

  /** The segments of a directory in their order. */
  static List<Segment> all(Path directory) throws IOException {
    List<Segment> segments = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.sorted().toList()) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        if (name.matches()) {
          segments.add(new Segment(Long.parseLong(name.group(1)), file));
        }
      }
    }
    return segments;
  }

  static ByteBuffer header(long number) {
    return ByteBuffer.allocate(HEADER_BYTES).putLong(MAGIC).putLong(number).flip();
  }

  /** Fills in a record's header; the payload follows it elsewhere. */
  static void putRecordHeader(ByteBuffer into, byte[] payload, long durable) {
    into.putInt(payload.length);
    into.putInt(checksum(payload.length, durable, ByteBuffer.wrap(payload)));
    into.putLong(durable);
  }

  private static int checksum(int length, long durable, ByteBuffer payload) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(12).putInt(length).putLong(durable).flip());
    crc.update(payload);
    return (int) crc.getValue();
  }

  /**
   * Hands over the records and returns the length of the part that holds them.
   *
   * @param last whether no segment follows, so that the tail may be torn
   * @throws JournalDamagedException if what follows the last good record had been durable
   */
  long read(boolean last, Replay.Reader reader) throws IOException, InterruptedException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < HEADER_BYTES) {
        if (last) {
          return 0;
        }
        throw damaged(0, "it has no header");
      }
      if (size > Integer.MAX_VALUE) {
        throw damaged(0, "it is larger than any segment");
      }
      MappedByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size);
      if (bytes.getLong(0) != MAGIC || bytes.getLong(8) != number) {
        throw damaged(0, "its header is not that of segment " + number);
      }
      int at = HEADER_BYTES;
      while (good(bytes, at)) {
        byte[] payload = new byte[bytes.getInt(at)];
        bytes.get(at + RECORD_HEADER_BYTES, payload);
        reader.record(payload);
        at += RECORD_HEADER_BYTES + payload.length;
      }
      if (at < size && (!last || wasDurable(bytes, at))) {
        throw damaged(at, "the record there can't be read, but it had been durable");
      }
      return at;
    }
  }

  private static boolean good(ByteBuffer bytes, int at) {
    if (at + RECORD_HEADER_BYTES > bytes.limit()) {
      return false;
    }
    int length = bytes.getInt(at);
    if (length < 0
        || length > MAX_RECORD_BYTES
        || length > bytes.limit() - at - RECORD_HEADER_BYTES) {
      return false;
    }
    return bytes.getInt(at + 4)
        == checksum(length, bytes.getLong(at + 8), bytes.slice(at + RECORD_HEADER_BYTES, length));
  }

  /** Whether a record behind a bad one says that the bad one had been durable. */
  private static boolean wasDurable(ByteBuffer bytes, int bad) {
    for (int at = bad + 1; at + RECORD_HEADER_BYTES <= bytes.limit(); at++) {
      // The cheap comparison first: this looks at every byte.
      long durable = bytes.getLong(at + 8);
      if (durable > bad && durable <= at && good(bytes, at)) {
        return true;
      }
    }
    return false;
  }

  private JournalDamagedException damaged(long at, String why) {
    return new JournalDamagedException(
        "the journal's segment %s is damaged at byte %d: %s. Put the file back from a copy, or clear"
                .formatted(file, at, why)
            + " the pipeline's storage and feed its input again");
  }
}
