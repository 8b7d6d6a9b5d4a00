package io.weirkeeper.engine.format;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonEOFException;
import io.weirkeeper.engine.flow.Change;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.table.data.GenericRowData;

/**
 * JSON updates (spec: pipeline-protocol §4.1). What is plain goes through a {@link
 * FlatRecordReader}. The rest takes two passes over each piece: a scan that finds where records
 * end, by brackets and quotes only, and one Jackson parser over all records that are whole. So the
 * parser never waits in the middle of a record.
 *
 * <p>After a malformed record, reading goes on at the next line that begins a value.
 */
final class JsonRecordParser implements RecordParser {
  private static final int FIRST_BUFFER_BYTES = 80 << 10;

  /** Names of unknown fields remembered, so that many different ones can't fill the memory. */
  private static final int MAX_REMEMBERED_NAMES = 10_000;

  /** Records that are not tried with the reader of plain ones after some that it declined. */
  private static final int MOST_UNTRIED = 1_000;

  private enum Skip {
    NO,
    TO_LINE_END,
    TO_ELEMENT_END
  }

  private final Columns columns;
  private final boolean raw;
  private final boolean array;
  private final ChangeSink sink;

  /** Null if it can't help with this table. */
  private final FlatRecordReader flat;

  /** Records to come that are not tried with it; doubles each time it declines in vain. */
  private int untried;

  private int untriedNext;

  private byte[] buffer = new byte[FIRST_BUFFER_BYTES];
  private int length;
  private int scan;

  // The scan's state.
  private int recordStart = -1;
  private int depth;
  private final boolean[] isObject = new boolean[JsonText.MAX_NESTING + 1];
  private boolean inString;
  private boolean escaped;
  private boolean inArray;
  private boolean oversize;
  private Skip skip = Skip.NO;

  // Whole records found and not yet parsed.
  private int[] starts = new int[256];
  private int[] ends = new int[256];
  private int found;

  private long records;

  /** Where in the input the buffer begins. */
  private long bufferStart;

  private Mark mark;

  // Which columns of the present row were named: those marked with the row's stamp.
  private final long[] named;
  private long stamp;
  private String[] lastNames = new String[16];
  private int[] lastColumns = new int[16];
  private final Map<String, Integer> known = new HashMap<>();
  private String column;

  JsonRecordParser(
      Columns columns, InputFormat.Json format, ChangeSink sink, Mark from, FlatRecordReader flat) {
    this.columns = columns;
    this.flat = flat;
    this.raw = format.raw();
    this.array = format.array();
    this.sink = sink;
    this.named = new long[columns.size()];
    this.mark = from;
    this.bufferStart = from.bytes();
    this.inArray = from.state() == 1;
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
    if (buffer.length - length < count) {
      buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, length + count));
    }
    System.arraycopy(piece, offset, buffer, length, count);
    length += count;
    advance();
    if (recordStart >= 0 && !oversize && length - recordStart > MAX_RECORD_BYTES) {
      giveUpOnRecord(
          new BadValue(
              "a record of at most " + MAX_RECORD_BYTES + " bytes", "one that goes on beyond that"),
          true);
    }
    if (skip == Skip.NO && !oversize) {
      long at = bufferStart + (recordStart < 0 ? scan : recordStart);
      if (at != mark.bytes()) {
        mark = new Mark(at, inArray ? 1 : 0);
      }
    }
    compact();
  }

  @Override
  public void finish() {
    advance();
    while (recordStart >= 0 && !oversize) {
      giveUpOnRecord(new BadValue("the rest of a JSON value", "the end of the input"), false);
    }
    if (inArray) {
      records++;
      error(null, new BadValue("']' at the end of the array", "the end of the input"));
    }
  }

  /** Finds and parses until the scan has reached the end of the data. */
  private void advance() {
    while (true) {
      BadValue broken = split();
      boolean all = parseFound();
      if (!all) {
        continue;
      }
      if (broken != null) {
        records++;
        error(null, broken);
      } else if (scan == length) {
        return;
      }
    }
  }

  private void compact() {
    int keep = recordStart < 0 ? scan : oversize ? scan : recordStart;
    if (recordStart >= 0) {
      recordStart = 0;
    }
    System.arraycopy(buffer, keep, buffer, 0, length - keep);
    length -= keep;
    scan -= keep;
    bufferStart += keep;
    if (buffer.length > 16 * FIRST_BUFFER_BYTES && length < FIRST_BUFFER_BYTES / 2) {
      buffer = Arrays.copyOf(buffer, FIRST_BUFFER_BYTES);
    }
  }

  // ---- where records end

  /**
   * Scans to the end of the data, or to the first thing that is no record: that is returned. Stops
   * with nothing to return before a plain record, if others wait to be parsed first.
   */
  private BadValue split() {
    while (scan < length) {
      if (recordStart >= 0) {
        BadValue broken = inString ? splitString() : splitStructure();
        if (broken != null) {
          return broken;
        }
      } else if (skip != Skip.NO) {
        skipBroken();
      } else {
        BadValue broken = splitBetween();
        if (broken != null) {
          return broken;
        }
        if (recordStart >= 0 && flat != null && tryFlat()) {
          return null;
        }
      }
    }
    return null;
  }

  /**
   * Reads plain records from the present one on, as many as stand there without anything else
   * between them than line ends. Returns whether others have to be parsed first.
   */
  private boolean tryFlat() {
    if (untried > 0) {
      untried--;
      return false;
    }
    if (found > 0) {
      recordStart = -1;
      return true;
    }
    while (true) {
      int end = flat.read(buffer, scan, length);
      if (end < 0) {
        untried = untriedNext;
        untriedNext = Math.min(MOST_UNTRIED, 2 * untriedNext + 1);
        return false;
      }
      untriedNext = 0;
      records++;
      recordStart = -1;
      scan = end;
      sink.change(flat.change());
      if (scan < length && buffer[scan] == '\n') {
        scan++;
      }
      if (inArray || scan == length || buffer[scan] != '{') {
        return false;
      }
      recordStart = scan;
    }
  }

  private BadValue splitString() {
    byte[] bytes = buffer;
    int i = scan;
    int end = length;
    while (i < end) {
      byte c = bytes[i++];
      if (escaped) {
        escaped = false;
      } else if (c == '\\') {
        escaped = true;
      } else if (c == '"') {
        inString = false;
        break;
      } else if (c == '\n') {
        // A line break may not stand in a string: the closing quote is missing.
        BadValue broken = new BadValue("'\"' at the end of a string", text(recordStart, i - 1));
        scan = i;
        leaveRecord();
        return broken;
      }
    }
    scan = i;
    return null;
  }

  private BadValue splitStructure() {
    byte[] bytes = buffer;
    int i = scan;
    int end = length;
    while (i < end) {
      byte c = bytes[i++];
      switch (c) {
        case '"' -> {
          inString = true;
          scan = i;
          return null;
        }
        case '{', '[' -> {
          if (depth == JsonText.MAX_NESTING) {
            scan = i;
            BadValue broken =
                new BadValue("at most " + JsonText.MAX_NESTING + " levels of nesting", "more");
            leaveRecord();
            skip = Skip.TO_LINE_END;
            return broken;
          }
          isObject[depth++] = c == '{';
        }
        case '}', ']' -> {
          depth--;
          if (isObject[depth] != (c == '}')) {
            scan = i;
            BadValue broken = new BadValue(isObject[depth] ? "'}'" : "']'", text(recordStart, i));
            leaveRecord();
            skip = Skip.TO_LINE_END;
            return broken;
          }
          if (depth == 0) {
            scan = i;
            if (!oversize) {
              add(recordStart, i);
            }
            leaveRecord();
            return null;
          }
        }
        default -> {
          // Names, numbers and blanks are the parser's concern.
        }
      }
    }
    scan = i;
    return null;
  }

  private BadValue splitBetween() {
    byte c = buffer[scan];
    switch (c) {
      case ' ', '\t', '\r', '\n' -> {
        scan++;
        return null;
      }
      case '{', '[' -> {
        if (array && !inArray) {
          if (c == '[') {
            inArray = true;
            scan++;
            return null;
          }
          break;
        }
        recordStart = scan;
        return null;
      }
      case ',' -> {
        if (inArray) {
          scan++;
          return null;
        }
      }
      case ']' -> {
        if (inArray) {
          inArray = false;
          scan++;
          return null;
        }
      }
      case (byte) 0xEF -> {
        if (bufferStart == 0
            && records == 0
            && found == 0
            && length - scan >= 3
            && buffer[scan + 1] == (byte) 0xBB) {
          // A byte order mark.
          scan += 3;
          return null;
        }
      }
      default -> {}
    }
    int end = scan;
    while (end < length && buffer[end] != '\n' && end - scan < BadValue.MAX_FOUND_CHARACTERS) {
      end++;
    }
    BadValue broken =
        new BadValue(array && !inArray ? "an array of updates" : "an object", text(scan, end));
    skip = inArray ? Skip.TO_ELEMENT_END : Skip.TO_LINE_END;
    return broken;
  }

  private void skipBroken() {
    while (scan < length) {
      byte c = buffer[scan];
      if (c == '\n') {
        skip = Skip.NO;
        return;
      }
      if (skip == Skip.TO_ELEMENT_END && (c == ',' || c == ']')) {
        skip = Skip.NO;
        return;
      }
      scan++;
    }
  }

  private void leaveRecord() {
    recordStart = -1;
    depth = 0;
    inString = false;
    escaped = false;
    oversize = false;
  }

  private void add(int start, int end) {
    if (found == starts.length) {
      starts = Arrays.copyOf(starts, 2 * found);
      ends = Arrays.copyOf(ends, 2 * found);
    }
    starts[found] = start;
    ends[found++] = end;
  }

  /**
   * The record that is begun will not end: reports it, and goes on at a line inside it that begins
   * a value, or else drops it.
   */
  private void giveUpOnRecord(BadValue reason, boolean stillToCome) {
    int start = recordStart;
    records++;
    int resume = -1;
    try (JsonParser p = JsonText.FACTORY.createParser(buffer, start, length - start)) {
      while (p.nextToken() != null) {
        // Only to find out where it goes wrong.
      }
      error(null, reason);
    } catch (JsonEOFException e) {
      error(null, reason);
    } catch (JsonProcessingException e) {
      error(null, syntax(e, start, length));
      resume = nextValueLine(e, start, length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (resume >= 0) {
      leaveRecord();
      scan = resume;
      advance();
    } else if (stillToCome) {
      oversize = true;
    } else {
      leaveRecord();
    }
  }

  /** Where the first line at or after the error begins a value; -1 if none does. */
  private int nextValueLine(JsonProcessingException e, int start, int end) {
    int at = start;
    if (e.getLocation() != null && e.getLocation().getByteOffset() > 0) {
      at = (int) Math.min(end, start + e.getLocation().getByteOffset());
    }
    while (at > start && buffer[at - 1] != '\n') {
      at--;
    }
    boolean lineStart = at > start;
    for (int i = at; i < end; i++) {
      byte c = buffer[i];
      if (c == '\n') {
        lineStart = true;
      } else if (lineStart && (c == '{' || c == '[')) {
        return i;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        lineStart = false;
      }
    }
    return -1;
  }

  private String text(int from, int to) {
    int end = Math.min(to, from + BadValue.MAX_FOUND_CHARACTERS + 1);
    return "'" + new String(buffer, from, end - from, StandardCharsets.UTF_8).strip() + "'";
  }

  // ---- what records say

  /** Parses the records found; false when the scan was set back into one of them. */
  private boolean parseFound() {
    int count = found;
    found = 0;
    JsonParser p = null;
    try {
      for (int i = 0; i < count; i++) {
        if (i > 0) {
          // What stands between records becomes blank, so that they are one sequence of values;
          // not earlier, because the scan may be set back to before it.
          Arrays.fill(buffer, ends[i - 1], starts[i], (byte) ' ');
        }
        if (p == null) {
          p = JsonText.FACTORY.createParser(buffer, starts[i], ends[count - 1] - starts[i]);
        }
        records++;
        column = null;
        try {
          p.nextToken();
          update(p);
        } catch (BadValue e) {
          error(column, e);
          p.close();
          p = null;
        } catch (JsonProcessingException e) {
          p.close();
          p = null;
          JsonProcessingException alone = syntaxErrorOf(i);
          error(null, syntax(alone == null ? e : alone, starts[i], ends[i]));
          int resume = alone == null ? -1 : nextValueLine(alone, starts[i], ends[i]);
          if (resume >= 0) {
            leaveRecord();
            skip = Skip.NO;
            scan = resume;
            if (array) {
              inArray = true;
            }
            return false;
          }
        }
      }
      if (p != null) {
        p.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return true;
  }

  /** Parses one malformed record by itself: positions then count from its first byte. */
  private JsonProcessingException syntaxErrorOf(int i) throws IOException {
    try (JsonParser p = JsonText.FACTORY.createParser(buffer, starts[i], ends[i] - starts[i])) {
      while (p.nextToken() != null) {
        if (p.currentToken() == JsonToken.VALUE_STRING) {
          // Decoded only on demand: so malformed UTF-8 is found here.
          p.getTextLength();
        }
      }
      return null;
    } catch (JsonProcessingException e) {
      return e;
    }
  }

  private BadValue syntax(JsonProcessingException e, int start, int end) {
    String reason = e.getOriginalMessage();
    int cut = reason.indexOf('\n');
    return new BadValue(
        "well-formed JSON (" + BadValue.cut(cut < 0 ? reason : reason.substring(0, cut)) + ")",
        text(start, end));
  }

  private void error(String where, BadValue bad) {
    sink.error(ParseError.of(records, where, bad));
  }

  private void update(JsonParser p) throws IOException, BadValue {
    if (raw) {
      sink.change(Change.insert(row(p, Wanted.WHOLE_ROW)));
      return;
    }
    if (p.currentToken() != JsonToken.START_OBJECT) {
      throw new BadValue("an object with 'insert', 'delete' or 'update'", ValueCodec.describe(p));
    }
    GenericRowData insert = null;
    GenericRowData delete = null;
    Change update = null;
    for (String name = p.nextFieldName(); name != null; name = p.nextFieldName()) {
      p.nextToken();
      switch (name) {
        case "insert" -> insert = row(p, Wanted.WHOLE_ROW);
        case "delete" -> delete = row(p, columns.keyed ? Wanted.KEY : Wanted.WHOLE_ROW);
        case "update" -> {
          if (!columns.keyed) {
            throw new BadValue("'insert' or 'delete' (the table has no primary key)", "'update'");
          }
          GenericRowData row = row(p, Wanted.SOME_COLUMNS);
          BitSet set = new BitSet(columns.size());
          for (int i = 0; i < named.length; i++) {
            set.set(i, named[i] == stamp);
          }
          update = Change.update(row, set);
        }
        default -> throw new BadValue("'insert', 'delete' or 'update'", "'" + name + "'");
      }
      column = null;
    }
    if (update != null && (insert != null || delete != null)) {
      throw new BadValue("'update' alone", "'update' beside another one");
    }
    if (insert == null && delete == null && update == null) {
      throw new BadValue("'insert', 'delete' or 'update'", "an empty object");
    }
    if (delete != null) {
      sink.change(Change.delete(delete));
    }
    if (insert != null) {
      sink.change(Change.insert(insert));
    }
    if (update != null) {
      sink.change(update);
    }
  }

  private enum Wanted {
    WHOLE_ROW,
    KEY,
    SOME_COLUMNS
  }

  private GenericRowData row(JsonParser p, Wanted wanted) throws IOException, BadValue {
    GenericRowData row = new GenericRowData(columns.size());
    stamp++;
    if (p.currentToken() == JsonToken.START_OBJECT) {
      fields(p, wanted, row);
    } else if (p.currentToken() == JsonToken.START_ARRAY) {
      values(p, row);
    } else {
      throw new BadValue("a row as an object", ValueCodec.describe(p));
    }
    for (int i = 0; i < named.length; i++) {
      if (named[i] == stamp || (wanted != Wanted.WHOLE_ROW && !columns.key[i])) {
        continue;
      }
      column = columns.names[i];
      row.setField(i, columns.missing(i));
    }
    column = null;
    return row;
  }

  private void fields(JsonParser p, Wanted wanted, GenericRowData row)
      throws IOException, BadValue {
    int position = 0;
    for (String name = p.nextFieldName(); name != null; name = p.nextFieldName()) {
      JsonToken token = p.nextToken();
      int i = columnAt(position++, name);
      if (i < 0 || (wanted == Wanted.KEY && !columns.key[i])) {
        p.skipChildren();
        continue;
      }
      named[i] = stamp;
      if (token == JsonToken.VALUE_NULL) {
        if (!columns.nullable[i]) {
          column = columns.names[i];
          throw new BadValue(Columns.NOT_NULL, "null");
        }
        row.setField(i, null);
      } else {
        column = columns.names[i];
        row.setField(i, columns.codecs[i].readJson(p));
      }
    }
  }

  private void values(JsonParser p, GenericRowData row) throws IOException, BadValue {
    int i = 0;
    for (; p.nextToken() != JsonToken.END_ARRAY; i++) {
      if (i == columns.size()) {
        column = null;
        throw new BadValue("an array of " + columns.size() + " values, one a column", "more");
      }
      column = columns.names[i];
      named[i] = stamp;
      if (p.currentToken() == JsonToken.VALUE_NULL) {
        if (!columns.nullable[i]) {
          throw new BadValue(Columns.NOT_NULL, "null");
        }
      } else {
        row.setField(i, columns.codecs[i].readJson(p));
      }
    }
    if (i < columns.size()) {
      column = null;
      throw new BadValue("an array of " + columns.size() + " values, one a column", i + " values");
    }
  }

  /** Rows mostly have the same fields in the same order; the parser gives equal names as one. */
  @SuppressWarnings("ReferenceEquality")
  private int columnAt(int position, String name) {
    if (position < lastNames.length && lastNames[position] == name) {
      return lastColumns[position];
    }
    Integer i = known.get(name);
    if (i == null) {
      i = columns.find(name);
      if (known.size() < MAX_REMEMBERED_NAMES) {
        known.put(name, i);
      }
    }
    if (position < MAX_REMEMBERED_NAMES) {
      if (position >= lastNames.length) {
        lastNames = Arrays.copyOf(lastNames, position * 2);
        lastColumns = Arrays.copyOf(lastColumns, position * 2);
      }
      lastNames[position] = name;
      lastColumns[position] = i;
    }
    return i;
  }
}
