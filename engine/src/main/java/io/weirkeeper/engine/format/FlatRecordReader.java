package io.weirkeeper.engine.format;

import io.weirkeeper.engine.flow.CellType;
import io.weirkeeper.engine.flow.Change;
import io.weirkeeper.engine.flow.Relation;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryRowData;

/**
 * Reads the records that almost all input consists of, in one pass from bytes to Flink's binary
 * row: an insert or a delete whose row is a flat object, well-formed, of values that fit, without
 * escapes. Everything else it leaves to {@link JsonRecordParser}, which therefore alone decides
 * what is an error and how it is told. What it does read it reads to the same row, byte for byte:
 * equal rows must have equal bytes, whichever way they came.
 */
final class FlatRecordReader {

  /** Answer to a record that is not for this reader. */
  static final int DECLINED = -1;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  /** Digits that always fit a long. */
  private static final int LONG_DIGITS = 18;

  /** Longer numbers are rare. */
  private static final int NUMBER_CHARACTERS = 40;

  /**
   * Whole numbers up to here, and these powers of ten, are exact as doubles; so is one division.
   */
  private static final long EXACT_WHOLE = 1L << 53;

  private static final double[] EXACT_POWERS = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18
  };

  /** Fields of a record, whose names are expected by their place. */
  private static final int EXPECTED_FIELDS = 256;

  /** Longer names are not remembered. */
  private static final int NAME_BYTES = 256;

  /** Flink keeps strings up to this length in the row's fixed part. */
  private static final int INLINE_BYTES = 7;

  private static final byte[] INSERT = "\"insert\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DELETE = "\"delete\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

  /** How a column's value is read and kept. */
  private enum Form {
    BOOLEAN,
    WHOLE,
    REAL,
    DOUBLE,
    STRING,
    /** Text that the column's codec understands. */
    TEXT,
    /** As {@link #TEXT}; a number may stand without quotes. */
    DECIMAL
  }

  private final Columns columns;
  private final boolean raw;
  private final int arity;
  private final Form[] forms;
  private final CellType.Kind[] kinds;
  private final long[] min;
  private final long[] max;
  private final boolean direct;
  private final int fixedBytes;
  private final int firstField;

  // The row that is being read. A value is in one of these, by the column's form; bits of a number.
  private final long[] numbers;
  private final int[] starts;
  private final int[] lengths;
  private final Object[] objects;

  /** Columns that the row has a value or NULL for: those with the row's stamp. */
  private final long[] named;

  private final boolean[] isNull;
  private long stamp;

  // Names by place: rows mostly have the same fields in the same order.
  private final byte[][] expectedNames = new byte[EXPECTED_FIELDS][];
  private final int[] expectedColumns = new int[EXPECTED_FIELDS];

  private byte[] bytes;
  private int end;
  private Change change;

  private FlatRecordReader(Relation relation, Columns columns, boolean raw, Form[] forms) {
    this.columns = columns;
    this.raw = raw;
    this.arity = columns.size();
    this.forms = forms;
    this.kinds = new CellType.Kind[arity];
    this.min = new long[arity];
    this.max = new long[arity];
    this.numbers = new long[arity];
    this.starts = new int[arity];
    this.lengths = new int[arity];
    this.objects = new Object[arity];
    this.named = new long[arity];
    this.isNull = new boolean[arity];
    boolean allDirect = true;
    for (int i = 0; i < arity; i++) {
      CellType type = relation.types().get(i);
      kinds[i] = type.kind();
      allDirect &= isDirect(type);
      if (columns.codecs[i] instanceof ScalarCodecs.Whole whole) {
        min[i] = whole.min();
        max[i] = whole.max();
      }
    }
    this.direct = allDirect;
    this.fixedBytes = BinaryRowData.calculateFixPartSizeInBytes(arity);
    this.firstField = BinaryRowData.calculateBitSetWidthInBytes(arity);
  }

  /**
   * The reader of a relation, or null if it has columns that are no scalars.
   *
   * @param raw whether a record is a row, rather than an object that says what to do with one
   */
  static FlatRecordReader of(Relation relation, Columns columns, boolean raw) {
    Form[] forms = new Form[columns.size()];
    for (int i = 0; i < forms.length; i++) {
      forms[i] = form(columns.codecs[i], relation.types().get(i).kind());
      if (forms[i] == null) {
        return null;
      }
    }
    return new FlatRecordReader(relation, columns, raw, forms);
  }

  private static Form form(ValueCodec codec, CellType.Kind kind) {
    if (codec instanceof ScalarCodecs.Bool) {
      return Form.BOOLEAN;
    } else if (codec instanceof ScalarCodecs.Whole) {
      return kind == CellType.Kind.DECIMAL ? null : Form.WHOLE;
    } else if (codec instanceof ScalarCodecs.Real) {
      return Form.REAL;
    } else if (codec instanceof ScalarCodecs.DoublePrecision) {
      return Form.DOUBLE;
    } else if (codec instanceof ScalarCodecs.Text) {
      return Form.STRING;
    } else if (codec instanceof ScalarCodecs.Decimal) {
      return Form.DECIMAL;
    } else if (codec instanceof ScalarCodecs.Uuid
        || codec instanceof ScalarCodecs.Date
        || codec instanceof ScalarCodecs.Time
        || codec instanceof ScalarCodecs.Timestamp) {
      return Form.TEXT;
    }
    return null;
  }

  /** Whether a value sits in the row's fixed part, or is a string. */
  private static boolean isDirect(CellType type) {
    return switch (type.kind()) {
      case DECIMAL -> DecimalData.isCompact(type.precision());
      case TIMESTAMP, TIMESTAMP_TZ -> TimestampData.isCompact(type.precision());
      case BINARY, ARRAY, MAP, ROW, VARIANT -> false;
      default -> true;
    };
  }

  /**
   * Reads one record.
   *
   * @param from where it begins, with a bracket
   * @param to where the data ends
   * @return where the record ends, with {@link #change()} telling what it says; {@link #DECLINED}
   *     if it is not whole or not for this reader
   */
  int read(byte[] from, int at, int to) {
    bytes = from;
    end = to;
    if (raw) {
      int after = row(at, false);
      if (after >= 0) {
        change = Change.insert(direct ? binaryRow() : genericRow());
      }
      return after;
    }
    if (bytes[at] != '{') {
      return DECLINED;
    }
    int i = blanks(at + 1);
    boolean insert = stands(INSERT, i);
    if (!insert && !stands(DELETE, i)) {
      return DECLINED;
    }
    i = blanks(i + INSERT.length);
    if (i == end || bytes[i] != ':') {
      return DECLINED;
    }
    boolean keyOnly = !insert && columns.keyed;
    i = row(blanks(i + 1), keyOnly);
    if (i < 0) {
      return DECLINED;
    }
    i = blanks(i);
    if (i == end || bytes[i] != '}') {
      return DECLINED;
    }
    if (insert) {
      change = Change.insert(direct ? binaryRow() : genericRow());
    } else {
      change = Change.delete(direct && !keyOnly ? binaryRow() : genericRow());
    }
    return i + 1;
  }

  /** What the record says that was read last. */
  Change change() {
    return change;
  }

  private int blanks(int at) {
    int i = at;
    while (i < end) {
      byte c = bytes[i];
      if (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
        return i;
      }
      i++;
    }
    return i;
  }

  private boolean stands(byte[] word, int at) {
    return at + word.length <= end
        && Arrays.equals(bytes, at, at + word.length, word, 0, word.length);
  }

  private int row(int at, boolean keyOnly) {
    if (at >= end || bytes[at] != '{') {
      return DECLINED;
    }
    stamp++;
    int i = blanks(at + 1);
    for (int place = 0; ; place++) {
      if (place == EXPECTED_FIELDS || i >= end || bytes[i] != '"') {
        // An empty object is for the other parser, too.
        return DECLINED;
      }
      byte[] expected = expectedNames[place];
      int column;
      if (expected != null && stands(expected, i)) {
        column = expectedColumns[place];
        i += expected.length;
      } else {
        int after = name(i, place);
        if (after < 0) {
          return DECLINED;
        }
        column = expectedColumns[place];
        i = after;
      }
      i = blanks(i);
      if (i >= end || bytes[i] != ':') {
        return DECLINED;
      }
      i = blanks(i + 1);
      i =
          column < 0 || (keyOnly && !columns.key[column])
              ? skip(i)
              : named[column] == stamp ? DECLINED : value(i, column);
      if (i < 0) {
        return DECLINED;
      }
      i = blanks(i);
      if (i >= end) {
        return DECLINED;
      }
      if (bytes[i] == '}') {
        break;
      }
      if (bytes[i] != ',') {
        return DECLINED;
      }
      i = blanks(i + 1);
    }
    return complete(keyOnly) ? i + 1 : DECLINED;
  }

  /** Fills in what may be absent. */
  private boolean complete(boolean keyOnly) {
    for (int column = 0; column < arity; column++) {
      if (named[column] != stamp) {
        if (keyOnly && !columns.key[column]) {
          isNull[column] = true;
        } else if (columns.absentIsNull(column)) {
          isNull[column] = true;
        } else {
          return false;
        }
      }
    }
    return true;
  }

  /** Learns the name of the field in a place. */
  private int name(int at, int place) {
    int close = plain(at);
    if (close < 0 || close - at > NAME_BYTES) {
      return DECLINED;
    }
    expectedNames[place] = Arrays.copyOfRange(bytes, at, close + 1);
    expectedColumns[place] =
        columns.find(new String(bytes, at + 1, close - at - 1, StandardCharsets.US_ASCII));
    return close + 1;
  }

  /** The closing quote of a string of plain ASCII. */
  private int plain(int at) {
    for (int i = at + 1; i < end; i++) {
      byte c = bytes[i];
      if (c == '"') {
        return i;
      }
      // Bytes beyond ASCII are negative.
      if (c < ' ' || c == '\\') {
        return DECLINED;
      }
    }
    return DECLINED;
  }

  private int skip(int at) {
    if (at >= end) {
      return DECLINED;
    }
    byte c = bytes[at];
    if (c == '"') {
      int close = plain(at);
      return close < 0 ? DECLINED : close + 1;
    }
    if (c == 't') {
      return stands(TRUE, at) ? at + TRUE.length : DECLINED;
    }
    if (c == 'f') {
      return stands(FALSE, at) ? at + FALSE.length : DECLINED;
    }
    if (c == 'n') {
      return stands(NULL, at) ? at + NULL.length : DECLINED;
    }
    return number(at);
  }

  // ---- values

  private int value(int at, int column) {
    if (at >= end) {
      return DECLINED;
    }
    named[column] = stamp;
    if (bytes[at] == 'n') {
      isNull[column] = true;
      return columns.nullable[column] && stands(NULL, at) ? at + NULL.length : DECLINED;
    }
    isNull[column] = false;
    return switch (forms[column]) {
      case BOOLEAN -> truth(at, column);
      case WHOLE -> whole(at, column);
      case REAL, DOUBLE -> real(at, column);
      case STRING -> string(at, column);
      case TEXT -> text(at, column);
      case DECIMAL -> bytes[at] == '"' ? text(at, column) : decimal(at, column);
    };
  }

  private int truth(int at, int column) {
    boolean yes = bytes[at] == 't';
    numbers[column] = yes ? 1 : 0;
    byte[] word = yes ? TRUE : FALSE;
    return stands(word, at) ? at + word.length : DECLINED;
  }

  /** The digits from a place on; their value is kept in {@code digits}. */
  private int digits(int at) {
    int i = at;
    long value = 0;
    for (; i < end; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        break;
      }
      value = value * 10 + digit;
    }
    digits = value;
    return i;
  }

  private long digits;

  private int whole(int at, int column) {
    boolean negative = bytes[at] == '-';
    int first = negative ? at + 1 : at;
    int i = digits(first);
    int count = i - first;
    if (count == 0 || count > LONG_DIGITS || i == end || (count > 1 && bytes[first] == '0')) {
      return DECLINED;
    }
    byte next = bytes[i];
    long value = negative ? -digits : digits;
    if (next == '.' || next == 'e' || next == 'E' || value < min[column] || value > max[column]) {
      return DECLINED;
    }
    numbers[column] = value;
    return i;
  }

  private int real(int at, int column) {
    boolean negative = bytes[at] == '-';
    int first = negative ? at + 1 : at;
    int i = digits(first);
    int count = i - first;
    if (count == 0 || i == end || (count > 1 && bytes[first] == '0')) {
      return DECLINED;
    }
    long whole = digits;
    int fraction = 0;
    if (bytes[i] == '.') {
      // The digits go on: as if there were no point.
      int from = i + 1;
      long value = whole;
      for (i = from; i < end; i++) {
        int digit = bytes[i] - '0';
        if (digit < 0 || digit > 9) {
          break;
        }
        value = value * 10 + digit;
      }
      whole = value;
      fraction = i - from;
      if (fraction == 0 || i == end) {
        return DECLINED;
      }
    }
    double value;
    if (count + fraction <= LONG_DIGITS
        && whole <= EXACT_WHOLE
        && bytes[i] != 'e'
        && bytes[i] != 'E') {
      if (negative && whole == 0) {
        return DECLINED;
      }
      value = whole / EXACT_POWERS[fraction];
      value = negative ? -value : value;
    } else {
      i = number(at);
      if (i < 0 || fraction == 0) {
        // A whole number too large for a double's digits is converted in another way.
        return DECLINED;
      }
      value = Double.parseDouble(new String(bytes, at, i - at, StandardCharsets.US_ASCII));
    }
    if (forms[column] == Form.REAL) {
      if (!(Math.abs(value) <= Float.MAX_VALUE)) {
        return DECLINED;
      }
      numbers[column] = Float.floatToRawIntBits((float) value);
    } else {
      if (!(Math.abs(value) <= Double.MAX_VALUE)) {
        return DECLINED;
      }
      numbers[column] = Double.doubleToRawLongBits(value);
    }
    return i;
  }

  /** The end of a number of JSON. */
  private int number(int at) {
    int i = at < end && bytes[at] == '-' ? at + 1 : at;
    int first = i;
    i = digits(first);
    if (i == first || i == end || (i - first > 1 && bytes[first] == '0')) {
      return DECLINED;
    }
    if (bytes[i] == '.') {
      int from = i + 1;
      i = digits(from);
      if (i == from || i == end) {
        return DECLINED;
      }
    }
    if (bytes[i] == 'e' || bytes[i] == 'E') {
      int from = i + 1;
      if (from < end && (bytes[from] == '+' || bytes[from] == '-')) {
        from++;
      }
      i = digits(from);
      if (i == from || i == end) {
        return DECLINED;
      }
    }
    return i - at > NUMBER_CHARACTERS ? DECLINED : i;
  }

  private int string(int at, int column) {
    if (bytes[at] != '"') {
      return DECLINED;
    }
    int i = at + 1;
    while (i < end) {
      byte c = bytes[i];
      if (c == '"') {
        starts[column] = at + 1;
        lengths[column] = i - at - 1;
        return i + 1;
      }
      if (c >= ' ' && c != '\\') {
        i++;
      } else if (c < 0) {
        int after = character(i);
        if (after < 0) {
          return DECLINED;
        }
        i = after;
      } else {
        return DECLINED;
      }
    }
    return DECLINED;
  }

  /** The end of a character of several bytes that is as UTF-8 wants it: shortest, no surrogate. */
  private int character(int at) {
    int first = bytes[at] & 0xFF;
    int length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (length == 0 || at + length > end) {
      return DECLINED;
    }
    int second = bytes[at + 1] & 0xFF;
    int lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    int highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (second < lowest || second > highest) {
      return DECLINED;
    }
    for (int i = at + 2; i < at + length; i++) {
      if ((bytes[i] & 0xC0) != 0x80) {
        return DECLINED;
      }
    }
    return at + length;
  }

  private int text(int at, int column) {
    if (bytes[at] != '"') {
      return DECLINED;
    }
    int close = plain(at);
    return close < 0 || !understood(at + 1, close, column) ? DECLINED : close + 1;
  }

  private int decimal(int at, int column) {
    int after = number(at);
    return after < 0 || !understood(at, after, column) ? DECLINED : after;
  }

  private boolean understood(int from, int to, int column) {
    try {
      objects[column] =
          columns.codecs[column].readText(
              new String(bytes, from, to - from, StandardCharsets.US_ASCII));
      return true;
    } catch (BadValue e) {
      return false;
    }
  }

  // ---- rows

  private BinaryRowData binaryRow() {
    int size = fixedBytes;
    for (int i = 0; i < arity; i++) {
      if (!isNull[i]) {
        if (forms[i] == Form.STRING) {
          size += lengths[i] > INLINE_BYTES ? padded(lengths[i]) : 0;
        } else if (forms[i] == Form.TEXT || forms[i] == Form.DECIMAL) {
          size += prepare(i);
        }
      }
    }
    byte[] row = new byte[size];
    int variable = fixedBytes;
    for (int i = 0; i < arity; i++) {
      int field = firstField + 8 * i;
      if (isNull[i]) {
        int bit = i + BinaryRowData.HEADER_SIZE_IN_BITS;
        row[bit >>> 3] |= (byte) (1 << (bit & 7));
        continue;
      }
      switch (kinds[i]) {
        case BOOLEAN, TINYINT -> row[field] = (byte) numbers[i];
        case SMALLINT -> SHORTS.set(row, field, (short) numbers[i]);
        case INTEGER, REAL, DATE, TIME -> INTS.set(row, field, (int) numbers[i]);
        case STRING -> variable = put(row, field, variable, i);
        default -> LONGS.set(row, field, numbers[i]);
      }
    }
    BinaryRowData binary = new BinaryRowData(arity);
    binary.pointTo(MemorySegmentFactory.wrap(row), 0, size);
    return binary;
  }

  /** Brings what a codec made to what the row holds; returns the bytes behind the fixed part. */
  private int prepare(int column) {
    Object value = objects[column];
    objects[column] = null;
    if (value instanceof Integer number) {
      numbers[column] = number;
    } else if (value instanceof DecimalData decimal) {
      numbers[column] = decimal.toUnscaledLong();
    } else if (value instanceof TimestampData timestamp) {
      numbers[column] = timestamp.getMillisecond();
    } else {
      byte[] text = ((StringData) value).toBytes();
      objects[column] = text;
      return text.length > INLINE_BYTES ? padded(text.length) : 0;
    }
    return 0;
  }

  private int put(byte[] row, int field, int variable, int column) {
    boolean own = forms[column] != Form.STRING;
    byte[] from = own ? (byte[]) objects[column] : bytes;
    int start = own ? 0 : starts[column];
    int length = own ? from.length : lengths[column];
    if (length > INLINE_BYTES) {
      System.arraycopy(from, start, row, variable, length);
      LONGS.set(row, field, ((long) variable << 32) | length);
      return variable + padded(length);
    }
    for (int i = 0; i < length; i++) {
      row[field + i] = from[start + i];
    }
    row[field + INLINE_BYTES] = (byte) (length | 0x80);
    return variable;
  }

  private static int padded(int length) {
    return (length + 7) & ~7;
  }

  private GenericRowData genericRow() {
    GenericRowData row = new GenericRowData(arity);
    for (int i = 0; i < arity; i++) {
      row.setField(i, isNull[i] ? null : object(i));
    }
    return row;
  }

  private Object object(int column) {
    switch (forms[column]) {
      case TEXT, DECIMAL:
        Object value = objects[column];
        objects[column] = null;
        return value;
      case STRING:
        int from = starts[column];
        return StringData.fromBytes(Arrays.copyOfRange(bytes, from, from + lengths[column]));
      default:
        break;
    }
    long number = numbers[column];
    return switch (kinds[column]) {
      case BOOLEAN -> number == 1;
      case TINYINT -> (byte) number;
      case SMALLINT -> (short) number;
      case INTEGER -> (int) number;
      case REAL -> Float.intBitsToFloat((int) number);
      case DOUBLE -> Double.longBitsToDouble(number);
      default -> number;
    };
  }
}
