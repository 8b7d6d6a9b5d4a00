package io.weirkeeper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeIdentityTest {
  @TempDir Path directory;

  @Test
  void aDirectoryKeepsItsIdAndEachStartIsAnotherIncarnation() throws IOException {
    NodeIdentity first = NodeIdentity.inDirectory(directory);
    NodeIdentity second = NodeIdentity.inDirectory(directory);
    assertThat(second.hostId()).isEqualTo(first.hostId());
    assertThat(second.bootId()).isEqualTo(first.bootId()).isNotBlank();
    assertThat(second.incarnation()).isNotEqualTo(first.incarnation());
  }

  @Test
  void aDamagedIdIsNotReplaced() throws IOException {
    Files.writeString(directory.resolve("host-id"), "garbage");
    assertThatThrownBy(() -> NodeIdentity.inDirectory(directory))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("found 'garbage'");
  }
}
