package io.weirkeeper.engine.flow;

import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * A hash table from key bytes to row bytes (open addressing, linear probing), built for millions of
 * entries: two references and a hash per slot, no entry objects.
 */
final class KeyIndex {

  /** Stored in place of a row that is known to be absent. */
  static final byte[] ABSENT = new byte[0];

  private static final int INITIAL_SLOTS = 64;

  private byte[][] keys = new byte[INITIAL_SLOTS][];
  private byte[][] rows = new byte[INITIAL_SLOTS][];
  private int[] hashes = new int[INITIAL_SLOTS];
  private int size;

  /** Receives the entries of a table. */
  @FunctionalInterface
  interface Visitor<E extends Exception> {
    /** One entry. */
    void entry(byte[] key, int hash, byte[] row) throws E;
  }

  int size() {
    return size;
  }

  /** The row of a key, or null. */
  byte[] get(byte[] key, int hash) {
    return rows[find(key, hash)];
  }

  /** Sets the row of a key and returns the row before, or null. */
  byte[] put(byte[] key, int hash, byte[] row) {
    int slot = find(key, hash);
    byte[] before = rows[slot];
    if (before == null) {
      fill(slot, key, hash, row);
    } else {
      rows[slot] = row;
    }
    return before;
  }

  /** Sets the row of a key unless it has one; returns the row that it has, or null. */
  byte[] putIfAbsent(byte[] key, int hash, byte[] row) {
    int slot = find(key, hash);
    byte[] before = rows[slot];
    if (before == null) {
      fill(slot, key, hash, row);
    }
    return before;
  }

  /** Changes the row of a key that has one; returns the row before, or null. */
  byte[] replace(byte[] key, int hash, UnaryOperator<byte[]> change) {
    int slot = find(key, hash);
    byte[] before = rows[slot];
    if (before != null) {
      rows[slot] = change.apply(before);
    }
    return before;
  }

  private void fill(int slot, byte[] key, int hash, byte[] row) {
    keys[slot] = key;
    rows[slot] = row;
    hashes[slot] = hash;
    size++;
    if (size * 3L > keys.length * 2L) {
      grow();
    }
  }

  /** Removes a key and returns its row, or null. */
  byte[] remove(byte[] key, int hash) {
    int hole = find(key, hash);
    byte[] before = rows[hole];
    if (before == null) {
      return null;
    }
    int mask = keys.length - 1;
    int slot = hole;
    while (true) {
      slot = (slot + 1) & mask;
      if (rows[slot] == null) {
        break;
      }
      // An entry may move back into the hole only if that does not put it before its home slot.
      int home = hashes[slot] & mask;
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        keys[hole] = keys[slot];
        rows[hole] = rows[slot];
        hashes[hole] = hashes[slot];
        hole = slot;
      }
    }
    keys[hole] = null;
    rows[hole] = null;
    size--;
    return before;
  }

  /** The entries at this moment: cheap, because key and row bytes never change once they are in. */
  KeyIndex copy() {
    KeyIndex copy = new KeyIndex();
    copy.keys = keys.clone();
    copy.rows = rows.clone();
    copy.hashes = hashes.clone();
    copy.size = size;
    return copy;
  }

  <E extends Exception> void forEach(Visitor<E> visitor) throws E {
    for (int i = 0; i < rows.length; i++) {
      if (rows[i] != null) {
        visitor.entry(keys[i], hashes[i], rows[i]);
      }
    }
  }

  /** Empties the table; gives a large one back. */
  void clear() {
    if (keys.length > 1 << 16) {
      keys = new byte[INITIAL_SLOTS][];
      rows = new byte[INITIAL_SLOTS][];
      hashes = new int[INITIAL_SLOTS];
    } else if (size > 0) {
      Arrays.fill(keys, null);
      Arrays.fill(rows, null);
    }
    size = 0;
  }

  private int find(byte[] key, int hash) {
    int mask = keys.length - 1;
    int slot = hash & mask;
    while (rows[slot] != null && !(hashes[slot] == hash && Arrays.equals(keys[slot], key))) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** Makes room at once for this many entries of an empty table. */
  void expect(int entries) {
    if (size == 0 && entries * 3L > keys.length * 2L) {
      resize(Integer.highestOneBit((int) Math.min(1 << 29, entries * 3L / 2)) * 2);
    }
  }

  private void grow() {
    resize(Math.multiplyExact(keys.length, 2));
  }

  private void resize(int slots) {
    byte[][] oldKeys = keys;
    byte[][] oldRows = rows;
    int[] oldHashes = hashes;
    keys = new byte[slots][];
    rows = new byte[slots][];
    hashes = new int[slots];
    int mask = slots - 1;
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldRows[i] != null) {
        int slot = oldHashes[i] & mask;
        while (rows[slot] != null) {
          slot = (slot + 1) & mask;
        }
        keys[slot] = oldKeys[i];
        rows[slot] = oldRows[i];
        hashes[slot] = oldHashes[i];
      }
    }
  }
}
