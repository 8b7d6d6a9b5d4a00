package io.weirkeeper.engine.flow;

/**
 * How many copies of each row a table without a key holds, by 64-bit hash of the row: 12 bytes a
 * slot instead of the rows themselves. Two rows with one hash (probability about n²/2⁶⁵ for n rows)
 * would share a count, which only matters for a delete of a row that isn't there.
 */
final class RowCounts {

  private static final int INITIAL_SLOTS = 64;

  private long[] hashes = new long[INITIAL_SLOTS];
  private int[] counts = new int[INITIAL_SLOTS];
  private int size;

  /** Adds a copy. */
  void add(long hash) {
    int slot = find(hash);
    if (counts[slot] == 0) {
      hashes[slot] = hash;
      size++;
    }
    counts[slot] = Math.incrementExact(counts[slot]);
    if (size * 3L > hashes.length * 2L) {
      grow();
    }
  }

  /** Takes a copy away; returns false, and does nothing, if there is none. */
  boolean remove(long hash) {
    int hole = find(hash);
    if (counts[hole] == 0) {
      return false;
    }
    if (--counts[hole] > 0) {
      return true;
    }
    size--;
    int mask = hashes.length - 1;
    int slot = hole;
    while (true) {
      slot = (slot + 1) & mask;
      if (counts[slot] == 0) {
        break;
      }
      int home = home(hashes[slot], mask);
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        hashes[hole] = hashes[slot];
        counts[hole] = counts[slot];
        hole = slot;
      }
    }
    counts[hole] = 0;
    return true;
  }

  /** Receives the counts. */
  @FunctionalInterface
  interface Visitor<E extends Exception> {
    /** Copies of the rows with a hash. */
    void count(long hash, int copies) throws E;
  }

  /** The counts at this moment. */
  RowCounts copy() {
    RowCounts copy = new RowCounts();
    copy.hashes = hashes.clone();
    copy.counts = counts.clone();
    copy.size = size;
    return copy;
  }

  <E extends Exception> void forEach(Visitor<E> visitor) throws E {
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] != 0) {
        visitor.count(hashes[i], counts[i]);
      }
    }
  }

  /** Copies of the rows with a hash. */
  int get(long hash) {
    return counts[find(hash)];
  }

  /** Sets the copies of rows with a hash. */
  void set(long hash, int copies) {
    if (copies == 0) {
      if (get(hash) > 0) {
        counts[find(hash)] = 1;
        remove(hash);
      }
      return;
    }
    int slot = find(hash);
    if (counts[slot] == 0) {
      size++;
    }
    hashes[slot] = hash;
    counts[slot] = copies;
    if (size * 3L > hashes.length * 2L) {
      grow();
    }
  }

  /** Number of distinct rows. */
  int size() {
    return size;
  }

  private static int home(long hash, int mask) {
    return (int) (hash ^ (hash >>> 32)) & mask;
  }

  private int find(long hash) {
    int mask = hashes.length - 1;
    int slot = home(hash, mask);
    while (counts[slot] != 0 && hashes[slot] != hash) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldHashes = hashes;
    int[] oldCounts = counts;
    int slots = Math.multiplyExact(oldHashes.length, 2);
    hashes = new long[slots];
    counts = new int[slots];
    for (int i = 0; i < oldHashes.length; i++) {
      if (oldCounts[i] != 0) {
        int slot = find(oldHashes[i]);
        hashes[slot] = oldHashes[i];
        counts[slot] = oldCounts[i];
      }
    }
  }
}
