package io.weirkeeper.engine.format;

import static io.weirkeeper.engine.format.Rows.column;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weirkeeper.engine.flow.Relation;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RawInputTest {
  private static final Relation TEXT =
      Rows.table(
          List.of(), column("n", "INTEGER", "INT"), column("s", "VARCHAR", "STRING NOT NULL"));
  private static final Relation BYTES = Rows.table(List.of(), column("b", "VARBINARY", "BYTES"));

  private static Rows raw(Relation table, Map<String, String> options, String text, int piece) {
    return Rows.parse(table, options, "raw", text.getBytes(StandardCharsets.ISO_8859_1), piece);
  }

  @Test
  void theWholeInputOrEachLineIsOneRow() {
    for (int piece : new int[] {1, 3, 100}) {
      assertThat(raw(TEXT, Map.of("column_name", "S"), "a\nb\n", piece).row(0).toArray())
          .containsExactly(null, "a\nb\n");
      Rows lines = raw(TEXT, Map.of("column_name", "s", "mode", "lines"), "a\n\nlast", piece);
      assertThat(lines.changes).hasSize(3);
      assertThat(lines.row(1).get(1)).isEqualTo("");
      assertThat(lines.row(2).get(1)).isEqualTo("last");
    }
    assertThat(raw(TEXT, Map.of("column_name", "s", "mode", "lines"), "a\n", 9).changes).hasSize(1);
    assertThat(raw(BYTES, Map.of(), "", 9).changes).isEmpty();
  }

  @Test
  void bytesThatAreNoTextAreAnErrorInATextColumnOnly() {
    assertThat((byte[]) raw(BYTES, Map.of(), "\u00ff\u0001", 9).row(0).get(0))
        .containsExactly(0xff, 1);
    Rows text = raw(TEXT, Map.of("column_name", "s", "mode", "lines"), "\u00ff\ngood\n", 9);
    assertThat(text.errors).hasSize(1);
    assertThat(text.errors.get(0).message()).contains("UTF-8");
    assertThat(text.row(0).get(1)).isEqualTo("good");
  }

  @Test
  void aTableThatDoesNotFitIsRefused() {
    assertThatThrownBy(() -> check(TEXT, Map.of())).hasMessageContaining("column_name");
    assertThatThrownBy(() -> check(TEXT, Map.of("column_name", "x"))).hasMessageContaining("'x'");
    assertThatThrownBy(() -> check(TEXT, Map.of("column_name", "n")))
        .hasMessageContaining("VARCHAR or VARBINARY");
    Relation required =
        Rows.table(
            List.of(), column("n", "INTEGER", "INT NOT NULL"), column("s", "VARCHAR", "STRING"));
    assertThatThrownBy(() -> check(required, Map.of("column_name", "s")))
        .hasMessageContaining("'n' is NOT NULL");
    assertThatThrownBy(() -> check(BYTES, Map.of("mode", "x")))
        .hasMessageContaining("blob or lines");
  }

  private static void check(Relation table, Map<String, String> options) throws FormatException {
    Map<String, String> all = new java.util.HashMap<>(options);
    all.put("format", "raw");
    RowFormat.of(table).check(InputFormat.of(all));
  }
}
