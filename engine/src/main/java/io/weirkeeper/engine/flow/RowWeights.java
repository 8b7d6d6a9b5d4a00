package io.weirkeeper.engine.flow;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;

/** A multiset of rows with signed counts, for netting changes; not thread-safe. */
final class RowWeights {

  private static final int INITIAL_SLOTS = 16;

  private byte[][] rows = new byte[INITIAL_SLOTS][];
  private int[] hashes = new int[INITIAL_SLOTS];
  private int[] weights = new int[INITIAL_SLOTS];
  private int used;

  /** Adds {@code weight} copies of a row; keeps a copy of the row. */
  void add(BinaryRowData row, int weight) {
    byte[] array = RowBytes.arrayBehind(row);
    if (array == null) {
      byte[] copy = RowBytes.copyOf(row);
      add(copy, copy.length, (int) RowBytes.hash(copy, copy.length), weight, true);
    } else {
      int length = row.getSizeInBytes();
      add(array, length, (int) RowBytes.hash(array, length), weight, false);
    }
  }

  /** Adds {@code weight} copies of a row; keeps the array. */
  void add(byte[] row, int hash, int weight) {
    add(row, row.length, hash, weight, true);
  }

  private void add(byte[] row, int length, int hash, int weight, boolean keep) {
    int mask = rows.length - 1;
    int slot = hash & mask;
    while (rows[slot] != null) {
      if (hashes[slot] == hash && RowBytes.same(rows[slot], row, length)) {
        // A count of 0 stays as a slot: the row often comes back, and nothing has to be moved.
        weights[slot] = Math.addExact(weights[slot], weight);
        return;
      }
      slot = (slot + 1) & mask;
    }
    byte[] stored = row;
    if (!keep) {
      stored = new byte[length];
      System.arraycopy(row, 1, stored, 1, length - 1);
    }
    rows[slot] = stored;
    hashes[slot] = hash;
    weights[slot] = weight;
    if (++used * 3L > rows.length * 2L) {
      grow();
    }
  }

  /** Whether nothing was added. */
  boolean untouched() {
    return used == 0;
  }

  /** Adds all of the other's counts to these. */
  RowWeights merge(RowWeights other) {
    if (other.used > used) {
      return other.merge(this);
    }
    for (int i = 0; i < other.rows.length; i++) {
      if (other.rows[i] != null && other.weights[i] != 0) {
        add(other.rows[i], other.hashes[i], other.weights[i]);
      }
    }
    return this;
  }

  /** The rows whose count is not 0. */
  RelationChanges changes(Relation relation) {
    int count = 0;
    for (int weight : weights) {
      count += weight == 0 ? 0 : 1;
    }
    List<RowData> changed = new ArrayList<>(count);
    int[] changedWeights = new int[count];
    int arity = relation.types().size();
    for (int i = 0; i < rows.length; i++) {
      if (rows[i] != null && weights[i] != 0) {
        changedWeights[changed.size()] = weights[i];
        changed.add(RowBytes.wrap(rows[i], arity));
      }
    }
    return new RelationChanges(relation, changed, changedWeights);
  }

  private void grow() {
    byte[][] oldRows = rows;
    int[] oldHashes = hashes;
    int[] oldWeights = weights;
    int slots = Math.multiplyExact(oldRows.length, 2);
    rows = new byte[slots][];
    hashes = new int[slots];
    weights = new int[slots];
    used = 0;
    int mask = slots - 1;
    for (int i = 0; i < oldRows.length; i++) {
      if (oldRows[i] != null && oldWeights[i] != 0) {
        int slot = oldHashes[i] & mask;
        while (rows[slot] != null) {
          slot = (slot + 1) & mask;
        }
        rows[slot] = oldRows[i];
        hashes[slot] = oldHashes[i];
        weights[slot] = oldWeights[i];
        used++;
      }
    }
  }
}
