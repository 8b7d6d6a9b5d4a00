package io.weirkeeper.engine.format;

import static io.weirkeeper.engine.format.Rows.column;
import static org.assertj.core.api.Assertions.assertThat;

import io.weirkeeper.engine.flow.Change;
import io.weirkeeper.engine.flow.Relation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.data.binary.BinarySegmentUtils;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlatRecordReaderTest {
  private static final int RECORDS = 2_000;

  private static final Relation SMALL =
      Rows.table(
          List.of(),
          column("id", "BIGINT", "BIGINT NOT NULL"),
          column("k", "VARCHAR", "STRING"),
          column("v", "INTEGER", "INT"),
          column("d", "DOUBLE", "DOUBLE"));

  /** Every type that the reader takes, in rows without and with parts that it leaves to Flink. */
  private static final Relation WIDE =
      Rows.table(
          List.of("id", "k"),
          column("id", "BIGINT", "BIGINT NOT NULL"),
          column("b", "BOOLEAN", "BOOLEAN"),
          column("k", "VARCHAR", "STRING NOT NULL"),
          column("t", "TINYINT", "TINYINT"),
          column("s", "SMALLINT", "SMALLINT"),
          column("v", "INTEGER", "INT"),
          column("u", "UINTEGER", "BIGINT"),
          column("r", "REAL", "FLOAT"),
          column("d", "DOUBLE", "DOUBLE"),
          column("n", "DECIMAL", "DECIMAL(12, 2)"),
          column("day", "DATE", "DATE"),
          column("tm", "TIME", "TIME(3)"),
          column("ts", "TIMESTAMP", "TIMESTAMP(3)"),
          column("uid", "UUID", "STRING"),
          column("text", "VARCHAR", "STRING"));

  private static final Relation LONG_PARTS =
      Rows.table(
          List.of(),
          column("id", "BIGINT", "BIGINT NOT NULL"),
          column("n", "DECIMAL", "DECIMAL(30, 5)"),
          column("ts", "TIMESTAMP", "TIMESTAMP(6)"),
          column("k", "VARCHAR", "STRING"),
          column("d", "DOUBLE", "DOUBLE"));

  private static final String[] VALUES = {
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "-1",
    "127",
    "128",
    "-129",
    "32767",
    "40000",
    "0.5",
    "-0.0",
    "1.5",
    "12.25",
    "-3.75e2",
    "1E3",
    "1e400",
    "1e-400",
    "3.5e38",
    "00",
    "01",
    "-",
    "1.",
    ".5",
    "+1",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9007199254740993",
    "9007199254740993.5",
    "123456789012345678",
    "1234567890123456789",
    "9223372036854775807",
    "9223372036854775808",
    "0.1",
    "0.30000000000000004",
    "1234567.891",
    "123456789.987654321",
    "17976931348623157e292",
    "5e-324",
    "2.2250738585072014E-308",
    "\"\"",
    "\"a\"",
    "\"seven77\"",
    "\"eight888\"",
    "\"a longer text than one word has\"",
    "\"ä€😀\"",
    "\"\\u00e9\"",
    "\"a\\nb\"",
    "\"\\\"\"",
    "\"tab\there\"",
    "\"1.5\"",
    "\" 7 \"",
    "\"2024-02-29\"",
    "\"2023-02-29\"",
    "\"12:34:56.789\"",
    "\"12:34:56\"",
    "\"25:00:00\"",
    "\"2024-02-29 12:34:56.789123\"",
    "\"2024-02-29T12:34:56Z\"",
    "\"1969-12-31 23:59:59.999\"",
    "\"123e4567-e89b-12d3-a456-426614174000\"",
    "\"123E4567-E89B-12D3-A456-426614174000\"",
    "12345678901234567890.123456789",
    "1234567890.125",
    "-99.995",
    "{}",
    "[1]",
    "nul",
    "tru e",
    "truex",
    "\"\\ud800\"",
    "NaN",
    "1 2"
  };

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void readsAnythingAsTheOtherParserDoesByteForByte(long seed) {
    for (Relation relation : List.of(SMALL, WIDE, LONG_PARTS)) {
      for (boolean raw : new boolean[] {false, true}) {
        for (boolean array : new boolean[] {false, true}) {
          Random random = new Random(seed * 31 + (raw ? 1 : 0) + (array ? 2 : 0));
          byte[] text = body(relation, raw, array, random);
          InputFormat.Json format = format(raw, array);
          Columns columns = new Columns(relation, JsonFlavor.DEFAULT);
          FlatRecordReader flat = FlatRecordReader.of(relation, columns, raw);
          assertThat(flat).isNotNull();
          Seen with = parse(new Random(seed), text, columns, format, flat);
          Seen without = parse(new Random(seed), text, columns, format, null);
          assertSame(with.errors, without.errors);
          assertThat(with.errors.size()).isGreaterThan(RECORDS / 100);
          assertSame(with.told(relation), without.told(relation));
          assertThat(with.changes.size()).isGreaterThan(RECORDS / 10);
          assertThat(with.records).isEqualTo(without.records);
        }
      }
    }
  }

  /** Says where lists first differ, rather than showing all of both. */
  private static void assertSame(List<?> found, List<?> expected) {
    for (int i = 0; i < Math.min(found.size(), expected.size()); i++) {
      if (!found.get(i).equals(expected.get(i))) {
        assertThat(found.get(i)).as("number %d", i).isEqualTo(expected.get(i));
      }
    }
    assertThat(found).hasSameSizeAs(expected);
  }

  private static InputFormat.Json format(boolean raw, boolean array) {
    try {
      return (InputFormat.Json)
          InputFormat.of(
              Map.of(
                  "format",
                  "json",
                  "update_format",
                  raw ? "raw" : "insert_delete",
                  "array",
                  Boolean.toString(array)));
    } catch (FormatException e) {
      throw new AssertionError(e);
    }
  }

  private static final class Seen implements ChangeSink {
    final List<Change> changes = new ArrayList<>();
    final List<ParseError> errors = new ArrayList<>();
    long records;

    @Override
    public void change(Change change) {
      changes.add(change);
    }

    @Override
    public void error(ParseError error) {
      errors.add(error);
    }

    /** What each change says and the bytes of its row. */
    List<String> told(Relation relation) {
      LogicalType[] types =
          relation.columns().stream()
              .map(c -> LogicalTypeParser.parse(c.flinkType(), getClass().getClassLoader()))
              .toArray(LogicalType[]::new);
      for (int i = 0; i < types.length; i++) {
        // The row of a delete by key has nothing in the other columns.
        types[i] = types[i].copy(true);
      }
      RowDataSerializer serializer = new RowDataSerializer(types);
      List<String> told = new ArrayList<>();
      for (Change change : changes) {
        told.add(
            change.kind()
                + " "
                + change.set()
                + " "
                + Arrays.toString(bytes(change.row(), serializer)));
      }
      return told;
    }

    private static byte[] bytes(RowData row, RowDataSerializer serializer) {
      BinaryRowData binary =
          row instanceof BinaryRowData already ? already : serializer.toBinaryRow(row);
      return BinarySegmentUtils.copyToBytes(
          binary.getSegments(), binary.getOffset(), binary.getSizeInBytes());
    }
  }

  private static Seen parse(
      Random random, byte[] text, Columns columns, InputFormat.Json format, FlatRecordReader flat) {
    Seen seen = new Seen();
    JsonRecordParser parser =
        new JsonRecordParser(columns, format, seen, RecordParser.Mark.START, flat);
    for (int from = 0; from < text.length; ) {
      int piece = Math.min(text.length - from, 1 + random.nextInt(5_000));
      parser.feed(text, from, piece);
      from += piece;
    }
    parser.finish();
    seen.records = parser.records();
    return seen;
  }

  // ---- bodies

  private static byte[] body(Relation relation, boolean raw, boolean array, Random random) {
    StringBuilder text = new StringBuilder(array ? "[" : "");
    for (int i = 0; i < RECORDS; i++) {
      boolean wild = random.nextInt(4) == 0;
      String row = row(relation, wild, random);
      String record = row;
      if (!raw) {
        int kind = random.nextInt(wild ? 6 : 2);
        record =
            switch (kind) {
              case 0, 1 -> "{" + blank(wild, random) + "\"insert\":" + row + "}";
              case 2 -> "{\"delete\":" + row + blank(wild, random) + "}";
              case 3 -> "{\"update\":" + row + "}";
              case 4 -> "{\"insert\":" + row + ",\"delete\":" + row + "}";
              default -> "{\"upsert\":" + row + "}";
            };
      }
      text.append(record).append(array ? "," : random.nextInt(20) == 0 ? " " : "\n");
      if (wild && !array && random.nextInt(50) == 0) {
        text.append(record, 0, random.nextInt(record.length())).append('\n');
      }
    }
    return text.append(array ? "]" : "").toString().getBytes(StandardCharsets.UTF_8);
  }

  private static String blank(boolean wild, Random random) {
    return wild ? List.of("", " ", "\t", "\r\n").get(random.nextInt(4)) : "";
  }

  private static String row(Relation relation, boolean wild, Random random) {
    List<String> fields = new ArrayList<>();
    for (var column : relation.columns()) {
      if (wild && random.nextInt(15) == 0) {
        continue;
      }
      String name =
          wild && random.nextInt(10) == 0
              ? column.name().toUpperCase(java.util.Locale.ROOT)
              : column.name();
      String value =
          wild && random.nextInt(4) == 0
              ? VALUES[random.nextInt(VALUES.length)]
              : likely(column.columntype().type(), random);
      fields.add("\"" + name + "\"" + blank(wild, random) + ":" + blank(wild, random) + value);
    }
    if (wild && random.nextInt(3) == 0) {
      fields.add("\"other\":" + VALUES[random.nextInt(VALUES.length)]);
    }
    if (wild && random.nextInt(20) == 0 && !fields.isEmpty()) {
      fields.add(fields.get(random.nextInt(fields.size())));
    }
    if (wild && random.nextBoolean()) {
      Collections.shuffle(fields, random);
    }
    return "{" + String.join("," + blank(wild, random), fields) + blank(wild, random) + "}";
  }

  private static String likely(String type, Random random) {
    return switch (type) {
      case "BOOLEAN" -> Boolean.toString(random.nextBoolean());
      case "TINYINT" -> Integer.toString(random.nextInt(256) - 128);
      case "REAL", "DOUBLE" ->
          random.nextBoolean()
              ? Double.toString(random.nextGaussian() * 1e6)
              : Double.toString(random.nextInt(10_000) / 100.0);
      case "DECIMAL" -> random.nextInt(1_000) + "." + random.nextInt(100);
      case "DATE" ->
          "\"20%02d-0%d-1%d\""
              .formatted(random.nextInt(100), 1 + random.nextInt(9), random.nextInt(10));
      case "TIME" ->
          "\"0%d:1%d:2%d\"".formatted(random.nextInt(10), random.nextInt(10), random.nextInt(10));
      case "TIMESTAMP" ->
          "\"2024-01-0%d 00:0%d:01.%d\""
              .formatted(1 + random.nextInt(9), random.nextInt(10), random.nextInt(1_000));
      case "UUID" -> "\"" + new java.util.UUID(random.nextLong(), random.nextLong()) + "\"";
      case "VARCHAR" -> "\"" + "text-äöü-long".substring(0, random.nextInt(14)) + "\"";
      default -> Integer.toString(random.nextInt(30_000));
    };
  }
}
