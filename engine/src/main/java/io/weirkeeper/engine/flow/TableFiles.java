package io.weirkeeper.engine.flow;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the tables remember, in the files of saved states: for each table one with everything, and
 * one for each later state with what had changed by then. A saved state has links to the files of
 * the one before, so that it is whole by itself.
 */
final class TableFiles {

  private static final int BUFFER_BYTES = 1 << 16;

  /** Changes of fewer bytes than this are never worth writing everything anew. */
  private static final long MIN_BASE_BYTES = 1 << 20;

  /** Directory of the last saved state; null if it can't be built upon. */
  private Path last;

  private Map<String, List<String>> chains = new HashMap<>();

  /** The tables of which the next saved state needs everything. */
  Set<String> whole(Set<String> tables) {
    Set<String> whole = new HashSet<>();
    for (String table : tables) {
      if (last == null || !Files.isDirectory(last) || outgrown(chains.get(table))) {
        whole.add(table);
      }
    }
    return whole;
  }

  private boolean outgrown(List<String> chain) {
    if (chain == null || chain.isEmpty()) {
      return true;
    }
    long changes = 0;
    for (String file : chain.subList(1, chain.size())) {
      changes += last.resolve(file).toFile().length();
    }
    return changes > Math.max(MIN_BASE_BYTES, last.resolve(chain.get(0)).toFile().length());
  }

  /**
   * Writes the files of a saved state and leaves it to the caller to sync them.
   *
   * @return the files of each table, the one with everything first
   */
  Map<String, List<String>> write(Path directory, Map<String, TableInput.Contents> tables)
      throws IOException {
    Path before = last;
    // What was handed over for this state is in no other one.
    last = null;
    Map<String, List<String>> written = new LinkedHashMap<>();
    int number = 0;
    for (Map.Entry<String, TableInput.Contents> table : tables.entrySet()) {
      TableInput.Contents contents = table.getValue();
      List<String> chain = new ArrayList<>();
      if (!contents.whole()) {
        for (String file : chains.get(table.getKey())) {
          Files.createLink(directory.resolve(file), before.resolve(file));
          chain.add(file);
        }
      }
      if (contents.whole() || contents.size() > 0) {
        String file = "table-%d-%d".formatted(number, chain.size());
        try (DataOutputStream out =
            new DataOutputStream(
                new BufferedOutputStream(
                    Files.newOutputStream(directory.resolve(file)), BUFFER_BYTES))) {
          contents.write(out);
        }
        chain.add(file);
      }
      written.put(table.getKey(), chain);
      number++;
    }
    chains = written;
    last = directory;
    return written;
  }

  /**
   * Lets the tables take over what a saved state has of them.
   *
   * @param own whether it is the same program's, so that the next can be built upon it
   */
  void restore(
      Path directory, Map<String, List<String>> files, Map<String, TableInput> tables, boolean own)
      throws IOException {
    for (Map.Entry<String, List<String>> table : files.entrySet()) {
      TableInput input = tables.get(table.getKey());
      if (input == null) {
        throw new IOException(
            "%s has rows of an unknown table \"%s\"".formatted(directory, table.getKey()));
      }
      for (String file : table.getValue()) {
        try (DataInputStream in =
            new DataInputStream(
                new BufferedInputStream(
                    Files.newInputStream(directory.resolve(file)), BUFFER_BYTES))) {
          input.restore(in);
        }
      }
      input.track();
    }
    chains = new LinkedHashMap<>(files);
    last = own ? directory : null;
  }
}
