package io.weirkeeper.engine.format;

import static io.weirkeeper.engine.format.Rows.column;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.core.plan.ColumnType;
import io.weirkeeper.engine.flow.Change;
import io.weirkeeper.engine.flow.Relation;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonInputTest {
  private static final Map<String, String> RAW = Map.of("update_format", "raw");
  private static final Map<String, String> ARRAY = Map.of("array", "true");
  private static final Map<String, String> RAW_ARRAY =
      Map.of("update_format", "raw", "array", "true");
  private static final Relation PLAIN =
      Rows.table(
          List.of(), column("id", "BIGINT", "BIGINT NOT NULL"), column("s", "VARCHAR", "STRING"));
  private static final Relation KEYED =
      Rows.table(
          List.of("id"),
          column("id", "BIGINT", "BIGINT NOT NULL"),
          column("s", "VARCHAR", "STRING"),
          column("n", "INTEGER", "INT"));

  @Test
  void rawObjectsAreInsertsWhateverStandsBetweenThem() {
    Rows rows =
        Rows.json(PLAIN, RAW, "{\"id\":1,\"s\":\"a\"}{\"id\":2}\n\n \t{\"s\":null,\"id\":3}");
    assertThat(rows.told())
        .containsExactly(
            "INSERT {\"id\":1,\"s\":\"a\"}",
            "INSERT {\"id\":2,\"s\":null}",
            "INSERT {\"id\":3,\"s\":null}");
    assertThat(rows.errors).isEmpty();
  }

  @Test
  void rawRowsMayBeArraysInColumnOrder() {
    Rows rows = Rows.json(PLAIN, RAW, "[1,\"a\"]\n[2,null]\n[3]\n[4,\"b\",5]");
    assertThat(rows.told())
        .containsExactly("INSERT {\"id\":1,\"s\":\"a\"}", "INSERT {\"id\":2,\"s\":null}");
    assertThat(rows.errors).extracting(ParseError::record).containsExactly(3L, 4L);
  }

  @Test
  void deleteAppliesBeforeInsertInOneObject() {
    Rows rows =
        Rows.json(PLAIN, Map.of(), "{\"insert\":{\"id\":2},\"delete\":{\"id\":1,\"s\":\"x\"}}");
    assertThat(rows.told())
        .containsExactly("DELETE {\"id\":1,\"s\":\"x\"}", "INSERT {\"id\":2,\"s\":null}");
  }

  @Test
  void deleteFromKeyedTableNeedsOnlyTheKey() {
    Rows rows =
        Rows.json(KEYED, Map.of(), "{\"delete\":{\"id\":1}}{\"delete\":{\"id\":2,\"n\":\"bad\"}}");
    assertThat(rows.errors).isEmpty();
    assertThat(rows.told())
        .containsExactly(
            "DELETE {\"id\":1,\"s\":null,\"n\":null}", "DELETE {\"id\":2,\"s\":null,\"n\":null}");
  }

  @Test
  void updateNamesTheColumnsItSets() {
    Rows rows = Rows.json(KEYED, Map.of(), "{\"update\":{\"id\":1,\"n\":null}}");
    BitSet set = new BitSet();
    set.set(0);
    set.set(2);
    assertThat(rows.changes).hasSize(1);
    assertThat(rows.changes.get(0).kind()).isEqualTo(Change.Kind.UPDATE);
    assertThat(rows.changes.get(0).set()).isEqualTo(set);
  }

  @Test
  void updateNeedsAPrimaryKeyAndItsValue() {
    assertThat(Rows.json(PLAIN, Map.of(), "{\"update\":{\"id\":1}}").errors).hasSize(1);
    assertThat(Rows.json(KEYED, Map.of(), "{\"update\":{\"n\":1}}").errors)
        .singleElement()
        .satisfies(e -> assertThat(e.column()).isEqualTo("id"));
  }

  @Test
  void otherKeysOfAnUpdateAreErrors() {
    for (String text :
        List.of("{\"upsert\":{\"id\":1}}", "{}", "{\"id\":1}", "[1]", "{\"insert\":1}")) {
      Rows rows = Rows.json(PLAIN, Map.of(), text);
      assertThat(rows.changes).as(text).isEmpty();
      assertThat(rows.errors).as(text).hasSize(1);
    }
  }

  @Test
  void arraysOfUpdatesMayFollowEachOther() {
    Rows rows =
        Rows.json(
            PLAIN,
            ARRAY,
            "[{\"insert\":{\"id\":1}}, {\"insert\":{\"id\":2}}]\n[][{\"insert\":{\"id\":3}}]");
    assertThat(rows.changes).hasSize(3);
    assertThat(rows.errors).isEmpty();
  }

  @Test
  void rawArrayTakesObjectsAndArrays() {
    Rows rows = Rows.json(PLAIN, RAW_ARRAY, "[{\"id\":1},[2,\"x\"],{\"id\":3}]");
    assertThat(rows.changes).hasSize(3);
    assertThat(rows.errors).isEmpty();
  }

  @Test
  void anUnclosedArrayKeepsItsGoodElementsAndIsAnError() {
    Rows rows = Rows.json(PLAIN, RAW_ARRAY, "[{\"id\":1},{\"id\":2}");
    assertThat(rows.changes).hasSize(2);
    assertThat(rows.errors).hasSize(1);
  }

  @Test
  void arrayWhereNoneIsExpectedIsAnError() {
    Rows rows = Rows.json(PLAIN, ARRAY, "{\"insert\":{\"id\":1}}\n[{\"insert\":{\"id\":2}}]");
    assertThat(rows.errors).hasSize(1);
    assertThat(rows.changes).hasSize(1);
  }

  @Test
  void everyCutOfTheBodyGivesTheSameRecords() {
    byte[] text =
        ("{\"id\":1,\"s\":\"a\\\"}{\\\\\"}\n{\"id\":2,\"s\":\"ä€😀\"} {\"id\":\"x\"}\n"
                + "garbage {]\n{\"id\":3,\"s\":\"\\u00e9\"}\n{\"id\":4,\"s\":\"open\n{\"id\":5}\n")
            .getBytes(StandardCharsets.UTF_8);
    Rows whole = Rows.parse(PLAIN, RAW, "json", text, text.length);
    assertThat(whole.told()).hasSize(4);
    assertThat(whole.errors).hasSize(3);
    for (int piece = 1; piece < 20; piece++) {
      Rows cut = Rows.parse(PLAIN, RAW, "json", text, piece);
      assertThat(cut.told()).as("pieces of %d", piece).isEqualTo(whole.told());
      assertThat(cut.errors)
          .as("pieces of %d", piece)
          .extracting(ParseError::record)
          .isEqualTo(whole.errors.stream().map(ParseError::record).toList());
    }
  }

  @Test
  void goodRecordsAfterAMalformedOneAreRead() {
    for (String bad :
        List.of(
            "{\"id\":}",
            "{\"id\":1",
            "{\"id\":1,\"s\":\"abc}",
            "{\"id\":[1}",
            "}",
            "{\"id\" 1}",
            "nonsense",
            "{\"id\":01}",
            "{id:1}",
            "{\"id\":1,}",
            "123",
            "\"text\"")) {
      Rows rows = Rows.json(PLAIN, RAW, "{\"id\":10}\n" + bad + "\n{\"id\":11}\n{\"id\":12}\n");
      assertThat(rows.told())
          .as(bad)
          .containsExactly(
              "INSERT {\"id\":10,\"s\":null}",
              "INSERT {\"id\":11,\"s\":null}",
              "INSERT {\"id\":12,\"s\":null}");
      assertThat(rows.errors).as(bad).hasSize(1);
      assertThat(rows.errors.get(0).record()).as(bad).isEqualTo(2);
    }
  }

  @Test
  void anErrorNamesRecordColumnExpectedAndFound() {
    Rows rows = Rows.json(PLAIN, RAW, "{\"id\":1}\n{\"id\":\"seven\",\"s\":\"x\"}\n");
    assertThat(rows.errors)
        .containsExactly(
            new ParseError(
                2,
                "id",
                "a whole number from -9223372036854775808 to 9223372036854775807 (BIGINT)",
                "the string 'seven'",
                "record 2, column 'id': expected a whole number from -9223372036854775808 to"
                    + " 9223372036854775807 (BIGINT), found the string 'seven'"));
  }

  @Test
  void whatWasFoundIsCut() {
    Rows rows = Rows.json(PLAIN, RAW, "{\"id\":\"" + "x".repeat(100_000) + "\"}");
    assertThat(rows.errors.get(0).message()).hasSizeLessThan(400);
  }

  @Test
  void missingColumnOfANotNullColumnIsAnError() {
    assertThat(Rows.json(PLAIN, RAW, "{\"s\":\"x\"}").errors)
        .singleElement()
        .satisfies(e -> assertThat(e.column()).isEqualTo("id"));
    assertThat(Rows.json(PLAIN, RAW, "{\"id\":null}").errors).hasSize(1);
  }

  @Test
  void unknownFieldsAreIgnoredAndNamesMatchByQuoting() {
    Relation table =
        Rows.table(
            List.of(),
            column("id", "BIGINT", "BIGINT"),
            new ColumnPlan("ID", true, ColumnType.of("BIGINT", true), "BIGINT", null));
    Rows rows = Rows.json(table, RAW, "{\"Id\":1,\"ID\":2,\"zz\":{\"deep\":[1,{}]}}\n{\"iD\":3}\n");
    assertThat(rows.told())
        .containsExactly("INSERT {\"id\":1,\"ID\":2}", "INSERT {\"id\":3,\"ID\":null}");
  }

  @Test
  void defaultStandsInForAMissingFieldButNotForNull() {
    Relation table =
        Rows.table(
            List.of(),
            column("id", "BIGINT", "BIGINT NOT NULL"),
            column("n", ColumnType.of("INTEGER", true), "INT", IntNode.valueOf(7)),
            column("m", ColumnType.of("INTEGER", true), "INT", NullNode.instance));
    assertThat(Rows.json(table, RAW, "{\"id\":1}{\"id\":2,\"n\":null}").told())
        .containsExactly(
            "INSERT {\"id\":1,\"n\":7,\"m\":null}", "INSERT {\"id\":2,\"n\":null,\"m\":null}");
  }

  @Test
  void nulCharactersAndAllOfUnicodeArriveUnchanged() {
    String s = "a\u0000b\u0001é€😀";
    Rows rows = Rows.json(PLAIN, RAW, "{\"id\":1,\"s\":\"a\\u0000b\\u0001é€😀\"}");
    assertThat(rows.errors).isEmpty();
    assertThat(rows.row(0).get(1)).isEqualTo(s);
  }

  @Test
  void halfASurrogatePairIsAnError() {
    Rows rows = Rows.json(PLAIN, RAW, "{\"id\":1,\"s\":\"\\ud83d\"}\n{\"id\":2,\"s\":\"ok\"}");
    assertThat(rows.errors).singleElement().satisfies(e -> assertThat(e.column()).isEqualTo("s"));
    assertThat(rows.changes).hasSize(1);
  }

  @Test
  void invalidUtf8IsAnErrorOfItsRecordOnly() {
    byte[] text =
        "{\"id\":1,\"s\":\"x?y\"}\n{\"id\":2,\"s\":\"ok\"}\n".getBytes(StandardCharsets.UTF_8);
    text[14] = (byte) 0xFF;
    Rows rows = Rows.parse(PLAIN, RAW, "json", text, 7);
    assertThat(rows.errors).hasSize(1);
    assertThat(rows.told()).containsExactly("INSERT {\"id\":2,\"s\":\"ok\"}");
  }

  @Test
  void aRecordBeyondTheLimitIsAnErrorAndTheNextOneIsRead() {
    byte[] filler = "x".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
    Rows rows = Rows.json(PLAIN, RAW, "");
    RecordParser parser = RowFormat.of(PLAIN).parser(new InputFormat.Json(true, false), rows);
    byte[] begin = "{\"id\":1,\"s\":\"".getBytes(StandardCharsets.UTF_8);
    parser.feed(begin, 0, begin.length);
    for (int i = 0; i <= RecordParser.MAX_RECORD_BYTES; i += filler.length) {
      parser.feed(filler, 0, filler.length);
    }
    byte[] end = "\"}\n{\"id\":2}\n".getBytes(StandardCharsets.UTF_8);
    parser.feed(end, 0, end.length);
    parser.finish();
    assertThat(rows.told()).containsExactly("INSERT {\"id\":2,\"s\":null}");
    assertThat(rows.errors)
        .singleElement()
        .satisfies(e -> assertThat(e.expected()).contains("bytes"));
  }

  @Test
  void deepNestingIsAnErrorNotAStackOverflow() {
    Rows rows = Rows.json(PLAIN, RAW, "[".repeat(100_000) + "\n{\"id\":1}\n");
    assertThat(rows.changes).hasSize(1);
    assertThat(rows.errors).isNotEmpty();
  }

  @Test
  void aTruncatedRecordIsAnError() {
    Rows rows = Rows.json(PLAIN, RAW, "{\"id\":1}\n{\"id\":2,\"s\":\"x");
    assertThat(rows.changes).hasSize(1);
    assertThat(rows.errors).hasSize(1);
  }

  @Test
  void randomBytesNeverBreakTheParser() {
    Random random = new Random(7);
    String alphabet = "{}[]\",:\\ \n1a\u00e9";
    for (int round = 0; round < 3_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(60); i > 0; i--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      text.append("\n\n{\"id\":1}\n");
      for (Map<String, String> options : List.of(RAW, RAW_ARRAY, Map.<String, String>of(), ARRAY)) {
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        Rows whole = Rows.parse(PLAIN, options, "json", bytes, bytes.length);
        Rows cut = Rows.parse(PLAIN, options, "json", bytes, 1 + random.nextInt(9));
        assertThat(cut.told()).as("%s", text).isEqualTo(whole.told());
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "BOOLEAN | BOOLEAN | true | true",
        "TINYINT | TINYINT | -128 | -128",
        "SMALLINT | SMALLINT | 32767 | 32767",
        "INTEGER | INT | -2147483648 | -2147483648",
        "BIGINT | BIGINT | 9223372036854775807 | 9223372036854775807",
        "UTINYINT | SMALLINT | 255 | 255",
        "USMALLINT | INT | 65535 | 65535",
        "UINTEGER | BIGINT | 4294967295 | 4294967295",
        "UBIGINT | DECIMAL(20,0) | 18446744073709551615 | 18446744073709551615",
        "REAL | FLOAT | 1.5 | 1.5",
        "REAL | FLOAT | \"2.5\" | 2.5",
        "DOUBLE | DOUBLE | 1e20 | 1.0E20",
        "DOUBLE | DOUBLE | 3 | 3.0",
        "DECIMAL | DECIMAL(10,2) | 1.5 | \"1.50\"",
        "DECIMAL | DECIMAL(10,2) | \"-12345678.905\" | \"-12345678.91\"",
        "DECIMAL | DECIMAL(10,2) | 1e3 | \"1000.00\"",
        "DECIMAL | DECIMAL(10,2) | 1e-900000000 | \"0.00\"",
        "DECIMAL | DECIMAL(38,0) | 99999999999999999999999999999999999999 | \"99999999999999999999999999999999999999\"",
        "VARCHAR | STRING | \"\" | \"\"",
        "CHAR | CHAR(3) | \"ab\" | \"ab\"",
        "UUID | STRING | \"0F0E0D0C-0000-1000-8000-00000000000a\" | \"0f0e0d0c-0000-1000-8000-00000000000a\"",
        "BINARY | BINARY(3) | [0,128,255] | [0,128,255]",
        "VARBINARY | BYTES | [] | []",
        "DATE | DATE | \"2024-02-29\" | \"2024-02-29\"",
        "DATE | DATE | \"0001-1-1\" | \"0001-01-01\"",
        "TIME | TIME(0) | \"23:59:59.25\" | \"23:59:59.250\"",
        "TIME | TIME(0) | \" 1:2:3 \" | \"01:02:03\"",
        "TIMESTAMP | TIMESTAMP(6) | \"2024-02-29 12:00:00\" | \"2024-02-29 12:00:00\"",
        "TIMESTAMP | TIMESTAMP(6) | \" 2024-02-29T12:00:00.1234567 \" | \"2024-02-29 12:00:00.123456\"",
        "TIMESTAMP | TIMESTAMP(6) | \"2024-02-29T12:00:00+02:00\" | \"2024-02-29 10:00:00\"",
        "TIMESTAMP | TIMESTAMP(6) | \"1969-12-31 23:59:59.5\" | \"1969-12-31 23:59:59.500\"",
        "TIMESTAMP_TZ | TIMESTAMP_LTZ(6) | \"2024-02-29T12:00:00Z\" | \"2024-02-29T12:00:00Z\"",
        "VARIANT | VARIANT | {\"a\":[1,\"x\",null]} | \"{\\\"a\\\":[1,\\\"x\\\",null]}\"",
        "VARIANT | STRING | [1,2] | \"[1,2]\"",
      })
  void valuesOfEveryTypeComeOutAsTheyWentIn(String type, String flinkType, String in, String out) {
    Relation table = Rows.table(List.of(), column("c", type, flinkType));
    Rows rows = Rows.json(table, RAW, "{\"c\":" + in + "}");
    assertThat(rows.errors).isEmpty();
    assertThat(rows.told()).containsExactly("INSERT {\"c\":" + out + "}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "BOOLEAN | BOOLEAN | 1",
        "BOOLEAN | BOOLEAN | \"true\"",
        "TINYINT | TINYINT | 128",
        "TINYINT | TINYINT | 1.0",
        "SMALLINT | SMALLINT | -32769",
        "INTEGER | INT | 2147483648",
        "BIGINT | BIGINT | 9223372036854775808",
        "BIGINT | BIGINT | \"1\"",
        "BIGINT | BIGINT | true",
        "BIGINT | BIGINT | [1]",
        "BIGINT | BIGINT | {}",
        "UTINYINT | SMALLINT | -1",
        "UTINYINT | SMALLINT | 256",
        "UBIGINT | DECIMAL(20,0) | 18446744073709551616",
        "REAL | FLOAT | 1e39",
        "DOUBLE | DOUBLE | 1e999",
        "DOUBLE | DOUBLE | \"NaN\"",
        "DOUBLE | DOUBLE | true",
        "DECIMAL | DECIMAL(10,2) | 123456789",
        "DECIMAL | DECIMAL(10,2) | 99999999.999",
        "DECIMAL | DECIMAL(10,2) | 1e1000000000",
        "DECIMAL | DECIMAL(10,2) | \"12x\"",
        "VARCHAR | STRING | 1",
        "UUID | STRING | \"1-1-1-1-1\"",
        "BINARY | BINARY(3) | [256]",
        "BINARY | BINARY(3) | \"abc\"",
        "DATE | DATE | \"2023-02-29\"",
        "DATE | DATE | \"2023-13-01\"",
        "DATE | DATE | \"12023-01-01\"",
        "DATE | DATE | 5",
        "TIME | TIME(0) | \"24:00:00\"",
        "TIME | TIME(0) | \"12:00\"",
        "TIMESTAMP | TIMESTAMP(6) | \"2024-02-30 00:00:00\"",
        "TIMESTAMP | TIMESTAMP(6) | \"2024-02-29 12:00:00 tomorrow\"",
      })
  void valuesThatDoNotFitTheirTypeAreErrors(String type, String flinkType, String in) {
    Relation table = Rows.table(List.of(), column("c", type, flinkType));
    Rows rows = Rows.json(table, RAW, "{\"c\":" + in + "}\n{\"c\":null}");
    assertThat(rows.errors)
        .singleElement()
        .satisfies(
            e -> {
              assertThat(e.record()).isEqualTo(1);
              assertThat(e.column()).startsWith("c");
              assertThat(e.expected()).isNotBlank();
              assertThat(e.found()).isNotBlank();
            });
    assertThat(rows.changes).hasSize(1);
  }

  @Test
  void nestedValuesComeOutAsTheyWentIn() {
    ColumnType integer = ColumnType.of("INTEGER", true);
    ColumnType struct =
        new ColumnType(
            "STRUCT",
            true,
            null,
            null,
            null,
            List.of(
                new ColumnType.Field("a", false, integer),
                new ColumnType.Field("b", false, ColumnType.of("VARCHAR", false))),
            null,
            null);
    Relation table =
        Rows.table(
            List.of(),
            column(
                "arr",
                new ColumnType("ARRAY", true, null, null, integer, null, null, null),
                "ARRAY<INT>",
                null),
            column(
                "m",
                new ColumnType(
                    "MAP", true, null, null, null, null, ColumnType.of("VARCHAR", false), integer),
                "MAP<STRING NOT NULL, INT>",
                null),
            column("r", struct, "ROW<a INT, b STRING NOT NULL>", null));
    Rows rows =
        Rows.json(
            table,
            RAW,
            "{\"arr\":[1,null,3],\"m\":{\"x\":1,\"y\":null},\"r\":{\"B\":\"z\",\"a\":1}}\n"
                + "{\"arr\":[1,\"x\"]}\n{\"r\":{\"a\":1}}\n");
    assertThat(rows.told())
        .containsExactly(
            "INSERT {\"arr\":[1,null,3],\"m\":{\"x\":1,\"y\":null},\"r\":{\"a\":1,\"b\":\"z\"}}");
    assertThat(rows.errors).extracting(ParseError::column).containsExactly("arr[1]", "r.b");
  }

  @Test
  void pandasWritesTimesAsMillisecondsAndWholeNumbersWithAFraction() {
    Relation table =
        Rows.table(
            List.of(),
            column("i", "INTEGER", "INT"),
            column("ts", "TIMESTAMP", "TIMESTAMP(6)"),
            column("d", "DATE", "DATE"));
    Rows rows =
        Rows.json(
            table,
            Map.of("update_format", "raw", "array", "true", "json_flavor", "pandas"),
            "[{\"i\":1.0,\"ts\":1709208000123,\"d\":1709164800000},"
                + "{\"i\":2,\"ts\":-500,\"d\":-86400000},"
                + "{\"i\":null,\"ts\":\"2024-02-29 12:00:00\",\"d\":\"2024-02-29\"},"
                + "{\"i\":1.5}]");
    assertThat(rows.told())
        .containsExactly(
            "INSERT {\"i\":1,\"ts\":\"2024-02-29 12:00:00.123\",\"d\":\"2024-02-29\"}",
            "INSERT {\"i\":2,\"ts\":\"1969-12-31 23:59:59.500\",\"d\":\"1969-12-31\"}",
            "INSERT {\"i\":null,\"ts\":\"2024-02-29 12:00:00\",\"d\":\"2024-02-29\"}");
    assertThat(rows.errors).extracting(ParseError::column).containsExactly("i");
  }

  @Test
  void formatsThatAreNotBuiltAreRefusedByName() {
    assertThatThrownBy(() -> InputFormat.of(Map.of("format", "avro")))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("avro");
    assertThatThrownBy(() -> InputFormat.of(Map.of("format", "json", "json_flavor", "snowflake")))
        .satisfies(e -> assertThat(((FormatException) e).errorCode()).isEqualTo("NotSupported"));
    assertThatThrownBy(() -> InputFormat.of(Map.of("format", "xml")))
        .satisfies(
            e ->
                assertThat(((FormatException) e).errorCode())
                    .isEqualTo("ConfigError.UnknownInputFormat"));
    assertThatThrownBy(() -> InputFormat.of(Map.of("format", "json", "array", "yes")))
        .satisfies(e -> assertThat(((FormatException) e).errorCode()).isEqualTo("InvalidParam"));
  }
}
