package io.weirkeeper.engine.format;

import static io.weirkeeper.engine.format.Rows.column;
import static org.assertj.core.api.Assertions.assertThat;

import io.weirkeeper.core.plan.ColumnType;
import io.weirkeeper.engine.flow.Relation;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CsvInputTest {
  private static final Relation TABLE =
      Rows.table(
          List.of(),
          column("id", "BIGINT", "BIGINT NOT NULL"),
          column("s", "VARCHAR", "STRING"),
          column("d", "DOUBLE", "DOUBLE"));

  @Test
  void everyLineEndIsTaken() {
    Rows rows = Rows.csv(TABLE, Map.of(), "1,a,1.5\n2,b,2\r\n\n3,c,");
    assertThat(rows.errors).isEmpty();
    assertThat(rows.told())
        .containsExactly(
            "INSERT {\"id\":1,\"s\":\"a\",\"d\":1.5}",
            "INSERT {\"id\":2,\"s\":\"b\",\"d\":2.0}",
            "INSERT {\"id\":3,\"s\":\"c\",\"d\":null}");
  }

  @Test
  void quotesHoldDelimitersQuotesAndLineBreaks() {
    byte[] text = "1,\"a,\"\"b\"\"\r\nc\",1\n2,\"\",\n3,x\"y,\r\n".getBytes(StandardCharsets.UTF_8);
    for (int piece = 1; piece < 10; piece++) {
      Rows rows = Rows.parse(TABLE, Map.of(), "csv", text, piece);
      assertThat(rows.errors).isEmpty();
      assertThat(rows.row(0).get(1)).isEqualTo("a,\"b\"\r\nc");
      assertThat(rows.row(1).get(1)).isEqualTo("");
      assertThat(rows.row(2).get(1)).isEqualTo("x\"y");
    }
  }

  @Test
  void emptyAndNullWithoutQuotesAreNull() {
    Rows rows = Rows.csv(TABLE, Map.of(), "1,,\n2,NULL,null\n3,\"NULL\",1\n");
    assertThat(rows.row(0).get(1)).isNull();
    assertThat(rows.row(1).get(1)).isNull();
    assertThat(rows.row(1).get(2)).isNull();
    assertThat(rows.row(2).get(1)).isEqualTo("NULL");
  }

  @Test
  void emptyStringWithoutNullIsEmptyAndEmptyNumberIsAnError() {
    Relation table =
        Rows.table(
            List.of(),
            column("s", "VARCHAR", "STRING NOT NULL"),
            column("n", "INTEGER", "INT NOT NULL"));
    Rows rows = Rows.csv(table, Map.of(), ",1\nx,\n");
    assertThat(rows.told()).containsExactly("INSERT {\"s\":\"\",\"n\":1}");
    assertThat(rows.errors)
        .singleElement()
        .satisfies(
            e -> {
              assertThat(e.record()).isEqualTo(2);
              assertThat(e.column()).isEqualTo("n");
            });
  }

  @Test
  void missingFieldsAreNullAndExtraOnesAreDropped() {
    Rows rows = Rows.csv(TABLE, Map.of(), "1\n2,b,2,extra,\"more\"\n");
    assertThat(rows.told())
        .containsExactly(
            "INSERT {\"id\":1,\"s\":null,\"d\":null}", "INSERT {\"id\":2,\"s\":\"b\",\"d\":2.0}");
  }

  @Test
  void optionsOfTheFormatApply() {
    Rows rows =
        Rows.csv(
            TABLE,
            Map.of("delimiter", ";", "headers", "true", "comment", "#", "trim", "all"),
            "id;s;d\n# no row\n 1 ; a ; 2 \n");
    assertThat(rows.told()).containsExactly("INSERT {\"id\":1,\"s\":\"a\",\"d\":2.0}");
  }

  @Test
  void differingNumbersOfFieldsAreErrorsWhenNotFlexible() {
    Rows rows = Rows.csv(TABLE, Map.of("flexible", "false"), "1,a,1\n2,b\n3,c,3,4\n4,d,4\n");
    assertThat(rows.changes).hasSize(2);
    assertThat(rows.errors).extracting(ParseError::record).containsExactly(2L, 3L);
  }

  @Test
  void badFieldsNameRecordAndColumnAndTheRestIsRead() {
    Rows rows = Rows.csv(TABLE, Map.of(), "1,a,x\ntwo,b,1\n3,c,inf\n");
    assertThat(rows.changes).hasSize(1);
    assertThat(rows.errors).extracting(ParseError::record).containsExactly(1L, 2L);
    assertThat(rows.errors).extracting(ParseError::column).containsExactly("d", "id");
  }

  @Test
  void aQuoteThatIsNeverClosedIsAnError() {
    Rows rows = Rows.csv(TABLE, Map.of(), "1,a,1\n2,\"b,2\n3,c,3\n");
    assertThat(rows.changes).hasSize(1);
    assertThat(rows.errors).hasSize(1);
  }

  @Test
  void invalidUtf8IsAnErrorAndNulIsNot() {
    byte[] text = "1,a?,1\n2,b\u0000c,2\n".getBytes(StandardCharsets.UTF_8);
    text[3] = (byte) 0xC3;
    Rows rows = Rows.parse(TABLE, Map.of(), "csv", text, 64);
    assertThat(rows.errors).singleElement().satisfies(e -> assertThat(e.column()).isEqualTo("s"));
    assertThat(rows.row(0).get(1)).isEqualTo("b\u0000c");
  }

  @Test
  void nestedValuesAndVariantsAreJsonText() {
    Relation table =
        Rows.table(
            List.of(),
            column(
                "a",
                new ColumnType(
                    "ARRAY", true, null, null, ColumnType.of("INTEGER", true), null, null, null),
                "ARRAY<INT>",
                null),
            column("v", "VARIANT", "VARIANT"));
    Rows rows = Rows.csv(table, Map.of(), "\"[1,2]\",\"{\"\"x\"\":1}\"\n[1,x\n,5\n");
    assertThat(rows.told())
        .containsExactly(
            "INSERT {\"a\":[1,2],\"v\":\"{\\\"x\\\":1}\"}", "INSERT {\"a\":null,\"v\":\"5\"}");
    assertThat(rows.errors).hasSize(1);
  }

  @Test
  void aRecordBeyondTheLimitIsAnError() {
    Rows rows = Rows.csv(TABLE, Map.of(), "");
    RecordParser parser;
    try {
      parser = RowFormat.of(TABLE).parser(InputFormat.of(Map.of()), rows);
    } catch (FormatException e) {
      throw new AssertionError(e);
    }
    byte[] filler = "x".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
    parser.feed("1,".getBytes(StandardCharsets.UTF_8), 0, 2);
    for (int i = 0; i <= RecordParser.MAX_RECORD_BYTES; i += filler.length) {
      parser.feed(filler, 0, filler.length);
    }
    byte[] end = "\n2,b,3\n".getBytes(StandardCharsets.UTF_8);
    parser.feed(end, 0, end.length);
    parser.finish();
    assertThat(rows.changes).hasSize(1);
    assertThat(rows.errors).hasSize(1);
  }

  @Test
  void outputQuotesWhatNeedsItAndEndsWithTheWeight() {
    StringBuilder out = new StringBuilder();
    RowFormat format = RowFormat.of(TABLE);
    format.writeCsv(io.weirkeeper.engine.flow.ViewRow.of(1L, "a,\"b\"", 1.5), 2, out);
    format.writeCsv(io.weirkeeper.engine.flow.ViewRow.of(2L, "", null), -1, out);
    format.writeCsv(io.weirkeeper.engine.flow.ViewRow.of(3L, null, null), 1, out);
    assertThat(out.toString()).isEqualTo("1,\"a,\"\"b\"\"\",1.5,2\n2,\"\",,-1\n3,,,1\n");
  }
}
