package io.weirkeeper.engine.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weirkeeper.engine.flow.StepLog;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {

  private static final JournalSettings SETTINGS = JournalSettings.defaults();

  @TempDir Path directory;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void write(JournalSettings settings, String... records) throws Exception {
    try (Journal journal = Journal.open(directory, settings)) {
      for (String record : records) {
        // Each durable by itself, as if acknowledged.
        journal.awaitDurable(journal.append(bytes(record)));
      }
    }
  }

  private List<String> read(long from) throws Exception {
    List<String> records = new ArrayList<>();
    try (Journal journal = Journal.open(directory, SETTINGS)) {
      journal
          .replay(from)
          .records(record -> records.add(new String(record, StandardCharsets.UTF_8)));
    }
    return records;
  }

  private List<Path> segments() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }

  private void damage(Path file, long at) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(at);
      int before = bytes.read();
      bytes.seek(at);
      bytes.write(before ^ 1);
    }
  }

  @Test
  void whatWasDurableIsReadAgainInItsOrder() throws Exception {
    write(SETTINGS, "a", "b", "");
    write(SETTINGS, "c");
    assertThat(read(1)).containsExactly("a", "b", "", "c");
    assertThat(read(2)).containsExactly("c");
    assertThat(Journal.first(directory)).hasValue(bytes("a"));
  }

  @Test
  void aTornTailIsCutOff() throws Exception {
    write(SETTINGS, "a", "b");
    Path last = segments().get(0);
    for (int cut = 1; cut <= 17; cut++) {
      byte[] whole = Files.readAllBytes(last);
      Files.write(last, java.util.Arrays.copyOf(whole, whole.length - cut));
      assertThat(read(1)).as("%d bytes missing", cut).containsExactly("a");
      segments().stream()
          .filter(file -> !file.equals(last))
          .forEach(file -> file.toFile().delete());
      Files.write(last, whole);
    }
  }

  @Test
  void damageInFrontOfDurableRecordsIsNotTakenForATornTail() throws Exception {
    write(SETTINGS, "a", "b", "c");
    damage(segments().get(0), Segment.HEADER_BYTES + Segment.RECORD_HEADER_BYTES);
    assertThatThrownBy(() -> Journal.open(directory, SETTINGS))
        .isInstanceOf(JournalDamagedException.class)
        .hasMessageContaining("damaged at byte 16");
  }

  @Test
  void aMissingSegmentIsNoticed() throws Exception {
    write(SETTINGS.withSegmentBytes(10), "one", "two", "three");
    assertThat(segments()).hasSize(3);
    Files.delete(segments().get(1));
    assertThatThrownBy(() -> read(1))
        .isInstanceOf(JournalDamagedException.class)
        .hasMessageContaining("is missing");
    assertThat(read(3)).containsExactly("three");
  }

  @Test
  void segmentsBeforeACheckpointAreDeleted() throws Exception {
    try (Journal journal = Journal.open(directory, SETTINGS)) {
      journal.awaitDurable(journal.append(bytes("old")));
      long segment = journal.rotate();
      journal.awaitDurable(journal.append(bytes("new")));
      journal.deleteBefore(segment);
      assertThat(segments()).hasSize(1);
      assertThat(journal.bytes()).isEqualTo(Segment.HEADER_BYTES + Segment.RECORD_HEADER_BYTES + 3);
    }
    assertThat(read(2)).containsExactly("new");
  }

  @Test
  void aDiskThatIsNearlyFullRefusesInputWithAMessage() throws Exception {
    try (Journal journal = Journal.open(directory, SETTINGS.withMinFreeBytes(Long.MAX_VALUE))) {
      assertThatThrownBy(journal::awaitRoom)
          .isInstanceOf(StepLog.RefusedException.class)
          .hasMessageContaining("is nearly full");
      // What was accepted before still gets in.
      journal.awaitDurable(journal.append(bytes("accepted")));
    }
    assertThat(read(1)).containsExactly("accepted");
  }
}
