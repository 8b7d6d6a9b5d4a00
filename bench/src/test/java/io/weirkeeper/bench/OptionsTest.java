package io.weirkeeper.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class OptionsTest {
  private static Options read(String... more) {
    String[] all = new String[6 + more.length];
    List.of("--server", "http://127.0.0.1:1", "--data-dir", "d", "--launcher", "l").toArray(all);
    System.arraycopy(more, 0, all, 6, more.length);
    return Options.read(all, List.of("start", "join"));
  }

  @Test
  void everythingIsMeasuredUnlessGroupsAreNamed() {
    assertThat(read().wants("start")).isTrue();
    assertThat(read("--only", "join").wants("start")).isFalse();
    assertThat(read("--only", "start,join").wants("join")).isTrue();
  }

  @Test
  void quickTakesFewerRowsUnlessTheirNumberIsGiven() {
    assertThat(read("--quick").rows()).isLessThan(read().rows());
    assertThat(read("--quick", "--rows", "1_000_000").rows()).isEqualTo(1_000_000);
  }

  @Test
  void anUnknownGroupOptionOrNumberIsRefusedByName() {
    assertThatThrownBy(() -> read("--only", "nothing"))
        .hasMessageContaining("'nothing'")
        .hasMessageContaining("start, join");
    assertThatThrownBy(() -> read("--fast")).hasMessageContaining("'--fast'");
    assertThatThrownBy(() -> read("--rows", "many")).hasMessageContaining("'many'");
  }
}
