package io.weirkeeper.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemosTest {
  @TempDir Path folder;

  @Test
  void aDemoIsAFileThatBeginsWithItsTitleNameAndDescription() throws IOException {
    String code = "-- A title (a-name)\n-- It does\n-- this.\n\nCREATE TABLE t (x INT); -- more\n";
    Files.writeString(folder.resolve("b.sql"), "-- Second (second)\nSELECT 1;");
    Files.writeString(folder.resolve("a.sql"), code);
    Files.writeString(folder.resolve("a.udf.rs"), "// rust");
    var demos = Demos.read(folder);
    assertThat(demos.get(0).path("name").asText()).isEqualTo("a-name");
    assertThat(demos.get(0).path("title").asText()).isEqualTo("A title");
    assertThat(demos.get(0).path("description").asText()).isEqualTo("It does this.");
    assertThat(demos.get(0).path("program_code").asText()).isEqualTo(code);
    assertThat(demos.get(0).path("udf_rust").asText()).isEqualTo("// rust");
    assertThat(demos.get(0).path("udf_toml").asText()).isEmpty();
    assertThat(demos.get(1).path("name").asText()).isEqualTo("second");
  }

  @Test
  void aFileThatIsNoDemoIsNamed() throws IOException {
    Files.writeString(folder.resolve("x.sql"), "SELECT 1;");
    assertThatThrownBy(() -> Demos.read(folder)).hasMessageContaining("x.sql");
    assertThat(Demos.read(folder.resolve("nowhere"))).isEmpty();
  }
}
