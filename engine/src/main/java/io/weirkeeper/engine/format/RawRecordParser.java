package io.weirkeeper.engine.format;

import io.weirkeeper.engine.flow.Change;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;

/**
 * Bytes as they are, in one column (spec: connectors §4.6): the whole input, or each line of it.
 */
final class RawRecordParser implements RecordParser {
  private static final int FIRST_BUFFER_BYTES = 4096;

  private final Columns columns;
  private final boolean lines;
  private final int column;
  private final boolean binary;
  private final ChangeSink sink;

  private byte[] text = new byte[FIRST_BUFFER_BYTES];
  private int length;
  private boolean oversize;
  private boolean begun;
  private long records;
  private long fed;
  private Mark mark;

  /**
   * @param column where the bytes go
   * @param binary whether that column takes bytes; else text
   */
  RawRecordParser(
      Columns columns, boolean lines, int column, boolean binary, ChangeSink sink, Mark from) {
    this.columns = columns;
    this.lines = lines;
    this.column = column;
    this.binary = binary;
    this.sink = sink;
    this.mark = from;
    this.fed = from.bytes();
  }

  @Override
  public Mark mark() {
    return mark;
  }

  @Override
  public long records() {
    return records;
  }

  @Override
  public void feed(byte[] piece, int offset, int count) {
    int from = offset;
    for (int i = offset; lines && i < offset + count; i++) {
      if (piece[i] == '\n') {
        keep(piece, from, i - from);
        endRecord();
        from = i + 1;
        mark = new Mark(fed + from - offset, 0);
      }
    }
    keep(piece, from, offset + count - from);
    begun |= from < offset + count;
    fed += count;
  }

  @Override
  public void finish() {
    if (begun) {
      endRecord();
    }
  }

  private void keep(byte[] piece, int offset, int count) {
    if (oversize || count > MAX_RECORD_BYTES - length) {
      oversize = true;
      return;
    }
    if (length + count > text.length) {
      text = Arrays.copyOf(text, Math.min(MAX_RECORD_BYTES, Math.max(2 * length, length + count)));
    }
    System.arraycopy(piece, offset, text, length, count);
    length += count;
  }

  private void endRecord() {
    records++;
    try {
      if (oversize) {
        throw new BadValue("a record of at most " + MAX_RECORD_BYTES + " bytes", "a longer one");
      }
      GenericRowData row = new GenericRowData(columns.size());
      for (int i = 0; i < columns.size(); i++) {
        row.setField(i, i == column ? value() : columns.missing(i));
      }
      sink.change(Change.insert(row));
    } catch (BadValue e) {
      sink.error(ParseError.of(records, columns.names[column], e));
    }
    begun = false;
    oversize = false;
    length = 0;
    if (text.length > MAX_RECORD_BYTES / 16) {
      text = new byte[FIRST_BUFFER_BYTES];
    }
  }

  private Object value() throws BadValue {
    if (binary) {
      return Arrays.copyOf(text, length);
    }
    try {
      return StringData.fromString(
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(text, 0, length))
              .toString());
    } catch (CharacterCodingException e) {
      throw new BadValue("text in UTF-8", "bytes that are none");
    }
  }
}
