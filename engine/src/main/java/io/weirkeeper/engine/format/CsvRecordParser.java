package io.weirkeeper.engine.format;

import io.weirkeeper.engine.flow.Change;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.flink.table.data.GenericRowData;

/**
 * CSV records (spec: pipeline-protocol §4.2, connectors §4.3): a state machine over bytes, so that
 * a piece may end anywhere. Fields go to columns in declared order; missing ones count as empty,
 * extra ones are dropped.
 *
 * <p>An empty or {@code NULL} field without quotes is NULL where the column has it. An empty field
 * of a string column without NULL is the empty string.
 */
final class CsvRecordParser implements RecordParser {

  private enum State {
    RECORD_START,
    FIELD_START,
    PLAIN,
    QUOTED,
    QUOTE_IN_QUOTED,
    ESCAPE_IN_QUOTED,
    COMMENT
  }

  private final Columns columns;
  private final InputFormat.Csv format;
  private final ChangeSink sink;
  private final CharsetDecoder utf8 =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);

  private State state = State.RECORD_START;
  private byte[] text = new byte[4096];
  private int length;
  private int[] ends = new int[16];
  private boolean[] quoted = new boolean[16];
  private int fields;
  private boolean fieldQuoted;
  private boolean oversize;
  private boolean headerSeen;
  private int firstFields = -1;
  private long records;
  private long pieceStart;
  private boolean recordEnded;
  private Mark mark;

  CsvRecordParser(Columns columns, InputFormat.Csv format, ChangeSink sink, Mark from) {
    this.columns = columns;
    this.format = format;
    this.sink = sink;
    this.headerSeen = !format.headers() || from.bytes() > 0;
    this.mark = from;
    this.pieceStart = from.bytes();
    // Fields of the first record, if it has been seen.
    this.firstFields = from.state() - 1;
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
    int end = -1;
    for (int i = offset; i < offset + count; i++) {
      next(piece[i]);
      if (recordEnded) {
        recordEnded = false;
        end = i + 1;
      }
    }
    if (end >= 0) {
      mark = new Mark(pieceStart + end - offset, firstFields + 1);
    }
    pieceStart += count;
    if (text.length > MAX_RECORD_BYTES / 16 && length == 0) {
      text = new byte[4096];
    }
  }

  @Override
  public void finish() {
    switch (state) {
      case RECORD_START, COMMENT -> {}
      case QUOTED, ESCAPE_IN_QUOTED -> {
        records++;
        error(null, new BadValue("a closing quote", "the end of the input"));
      }
      default -> endRecord();
    }
    state = State.RECORD_START;
  }

  private void next(byte c) {
    switch (state) {
      case RECORD_START -> {
        if (c == '\n' || c == '\r') {
          return;
        }
        if (c == format.comment() && c != 0) {
          state = State.COMMENT;
          return;
        }
        state = State.FIELD_START;
        next(c);
      }
      case COMMENT -> {
        if (c == '\n') {
          state = State.RECORD_START;
        }
      }
      case FIELD_START -> {
        if (c == format.quote() && format.quoting()) {
          fieldQuoted = true;
          state = State.QUOTED;
        } else {
          state = State.PLAIN;
          next(c);
        }
      }
      case PLAIN -> {
        if (c == format.delimiter()) {
          endField();
        } else if (c == '\n') {
          endRecord();
        } else {
          keep(c);
        }
      }
      case QUOTED -> {
        if (c == format.escape() && c != 0) {
          state = State.ESCAPE_IN_QUOTED;
        } else if (c == format.quote()) {
          state = State.QUOTE_IN_QUOTED;
        } else {
          keep(c);
        }
      }
      case ESCAPE_IN_QUOTED -> {
        keep(c);
        state = State.QUOTED;
      }
      case QUOTE_IN_QUOTED -> {
        if (c == format.quote() && format.doubleQuote()) {
          keep(c);
          state = State.QUOTED;
        } else if (c == format.delimiter()) {
          endField();
        } else if (c == '\n') {
          endRecord();
        } else if (c != '\r') {
          // Text after the closing quote belongs to the field, as most readers take it.
          keep(c);
          state = State.PLAIN;
        }
      }
    }
  }

  private void keep(byte c) {
    if (oversize) {
      return;
    }
    if (length == MAX_RECORD_BYTES) {
      oversize = true;
      return;
    }
    if (length == text.length) {
      text = Arrays.copyOf(text, Math.min(MAX_RECORD_BYTES, 2 * length));
    }
    text[length++] = c;
  }

  private void endField() {
    if (fields < columns.size() || !format.flexible()) {
      if (fields == ends.length) {
        ends = Arrays.copyOf(ends, 2 * fields);
        quoted = Arrays.copyOf(quoted, 2 * fields);
      }
      ends[fields] = length;
      quoted[fields] = fieldQuoted;
      fields++;
    } else {
      // An extra field: its text is not kept.
      length = fields == 0 ? 0 : ends[fields - 1];
    }
    fieldQuoted = false;
    state = State.FIELD_START;
  }

  private void endRecord() {
    if (!fieldQuoted && length > (fields == 0 ? 0 : ends[fields - 1]) && text[length - 1] == '\r') {
      length--;
    }
    endField();
    if (headerSeen) {
      records++;
      convert();
    }
    headerSeen = true;
    recordEnded = true;
    state = State.RECORD_START;
    length = 0;
    fields = 0;
    oversize = false;
  }

  private void convert() {
    if (oversize) {
      error(
          null, new BadValue("a record of at most " + MAX_RECORD_BYTES + " bytes", "a longer one"));
      return;
    }
    if (firstFields < 0) {
      firstFields = fields;
    }
    if (!format.flexible() && fields != firstFields) {
      error(
          null, new BadValue(firstFields + " fields, as in the first record", fields + " fields"));
      return;
    }
    GenericRowData row = new GenericRowData(columns.size());
    for (int i = 0; i < columns.size(); i++) {
      try {
        row.setField(i, i < fields ? value(i) : absent(i));
      } catch (BadValue e) {
        error(columns.names[i], e);
        return;
      }
    }
    sink.change(Change.insert(row));
  }

  private Object absent(int i) throws BadValue {
    if (!columns.nullable[i] && columns.codecs[i].emptyTextIsValue()) {
      try {
        return columns.missing(i);
      } catch (BadValue e) {
        return columns.codecs[i].readText("");
      }
    }
    return columns.missing(i);
  }

  private Object value(int i) throws BadValue {
    int start = i == 0 ? 0 : ends[i - 1];
    String field = decode(start, ends[i]);
    if (format.trim()) {
      field = field.strip();
    }
    ValueCodec codec = columns.codecs[i];
    if (!quoted[i] || !codec.emptyTextIsValue()) {
      boolean empty = field.isEmpty();
      if (empty || field.equals("NULL") || field.equals("null")) {
        if (columns.nullable[i]) {
          return null;
        }
        if (!codec.emptyTextIsValue()) {
          throw new BadValue(Columns.NOT_NULL, empty ? "an empty field" : field);
        }
      }
    }
    return codec.readText(field);
  }

  private String decode(int start, int end) throws BadValue {
    boolean ascii = true;
    for (int i = start; i < end && ascii; i++) {
      ascii = text[i] >= 0;
    }
    if (ascii) {
      return new String(text, start, end - start, StandardCharsets.ISO_8859_1);
    }
    try {
      return utf8.decode(ByteBuffer.wrap(text, start, end - start)).toString();
    } catch (CharacterCodingException e) {
      throw new BadValue(
          "UTF-8 text", "'" + new String(text, start, end - start, StandardCharsets.UTF_8) + "'");
    }
  }

  private void error(String column, BadValue bad) {
    sink.error(ParseError.of(records, column, bad));
  }
}
