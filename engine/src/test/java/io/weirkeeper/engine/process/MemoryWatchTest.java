package io.weirkeeper.engine.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.weirkeeper.engine.process.MemoryWatch.Sample;
import org.junit.jupiter.api.Test;

class MemoryWatchTest {

  private final MemoryWatch watch = new MemoryWatch();

  /** Samples, one a second, with this much collecting in each; whether the last one is judged. */
  private boolean after(int seconds, long collectingMillis, int fullPercent) {
    boolean exhausted = false;
    for (int i = 0; i <= seconds; i++) {
      exhausted =
          watch.isExhausted(new Sample(i * 1_000_000_000L, i * collectingMillis, fullPercent));
    }
    return exhausted;
  }

  @Test
  void aFullHeapThatIsCollectedAllTheTimeIsExhausted() {
    assertThat(after(10, 950, 98)).isTrue();
  }

  @Test
  void aShortTimeIsNotEnough() {
    assertThat(after(9, 1_000, 99)).isFalse();
  }

  @Test
  void aHeapWithRoomAfterCollectionsIsNotExhausted() {
    assertThat(after(20, 950, 80)).isFalse();
  }

  @Test
  void aFullHeapThatIsSeldomCollectedIsNotExhausted() {
    assertThat(after(20, 500, 99)).isFalse();
  }

  @Test
  void whatIsLongAgoDoesNotCount() {
    assertThat(after(8, 1_000, 99)).isFalse();
    assertThat(watch.isExhausted(new Sample(30_000_000_000L, 8_100, 99))).isFalse();
    assertThat(watch.isExhausted(new Sample(41_000_000_000L, 18_900, 99))).isTrue();
  }
}
