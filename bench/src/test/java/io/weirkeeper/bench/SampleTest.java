package io.weirkeeper.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SampleTest {
  @Test
  void quantilesAreValuesThatWereMeasured() {
    Sample sample = new Sample(IntStream.rangeClosed(1, 200).mapToDouble(i -> 201 - i).toArray());

    assertThat(sample.median()).isEqualTo(100);
    assertThat(sample.quantile(0.99)).isEqualTo(198);
    assertThat(sample.max()).isEqualTo(200);
    assertThat(sample.count()).isEqualTo(200);
  }

  @Test
  void aSingleValueIsEveryQuantile() {
    Sample sample = new Sample(new double[] {7});

    assertThat(sample.median()).isEqualTo(7);
    assertThat(sample.quantile(0.99)).isEqualTo(7);
  }

  @Test
  void nothingMeasuredIsAnError() {
    assertThatThrownBy(() -> new Sample(new double[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
