package io.weirkeeper.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class BodiesTest {
  private static List<String> lines(List<byte[]> bodies) {
    return bodies.stream()
        .flatMap(b -> new String(b, StandardCharsets.UTF_8).lines())
        .collect(Collectors.toList());
  }

  @Test
  void everyKeyComesOnceBeforeAnyComesAgain() throws Exception {
    Map<String, Long> counts =
        lines(Bodies.of(-500, 3_000, 1_000)).stream()
            .map(BodiesTest::key)
            .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));

    assertThat(counts).hasSize(1_000).allSatisfy((key, count) -> assertThat(count).isEqualTo(3));
  }

  @Test
  void aRowIsAnInsertWithEveryColumn() throws Exception {
    String line = lines(Bodies.of(42, 1, 1_000_000)).get(0);

    assertThat(ApiClient.JSON.readTree(line).path("insert").path("id").asLong()).isEqualTo(42);
    assertThat(ApiClient.JSON.readTree(line).path("insert").path("v").asLong()).isEqualTo(42);
    assertThat(ApiClient.JSON.readTree(line).path("insert").fieldNames())
        .toIterable()
        .containsExactly("id", "k", "v", "p");
  }

  @Test
  void bodiesAreOfBoundedSizeAndTogetherHaveAllRows() {
    List<byte[]> bodies = Bodies.of(0, 2 * Bodies.ROWS + 1, 10);

    assertThat(bodies).hasSize(3);
    assertThat(lines(bodies)).hasSize(2 * Bodies.ROWS + 1);
  }

  private static String key(String line) {
    try {
      return ApiClient.JSON.readTree(line).path("insert").path("k").asText();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
