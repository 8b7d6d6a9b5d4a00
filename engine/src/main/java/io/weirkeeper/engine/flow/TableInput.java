package io.weirkeeper.engine.flow;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.types.RowKind;

/**
 * Turns the changes of one table into the plain stream of inserts and deletes that Flink receives.
 * {@link Encoder}s run on the threads that put changes; the rest on the step thread: {@code apply}
 * each change of a step in order, then {@code finish}.
 */
abstract class TableInput {

  final Relation relation;
  final int parallelism;
  final int arity;
  private long ignored;

  private TableInput(Relation relation, int parallelism) {
    this.relation = relation;
    this.parallelism = parallelism;
    this.arity = relation.types().size();
  }

  static TableInput of(Relation relation, boolean appendOnly, int parallelism) {
    return relation.primaryKey().isEmpty()
        ? new Multiset(relation, appendOnly, parallelism)
        : new Keyed(relation, appendOnly, parallelism);
  }

  /**
   * A change in bytes.
   *
   * @param kind what to do
   * @param key key bytes; null without a primary key
   * @param hash of the key, or of the row without a primary key
   * @param row row bytes of an insert or update, or of a delete without a primary key; else null
   * @param set which fields to take from the row, for an update; else null
   */
  record Encoded(Change.Kind kind, byte[] key, long hash, byte[] row, BitSet set) {}

  /**
   * What one step does to the table.
   *
   * @param splits the rows for each split, with their row kind set
   * @param net the net changes, if asked for, else null
   */
  record Prepared(List<List<RowData>> splits, RowWeights net) {}

  /** Checks and encodes changes; one per endpoint, not thread-safe. */
  abstract Encoder encoder();

  /** Applies one change. */
  abstract void apply(Encoded change);

  /** Ends the step. */
  abstract Prepared finish(boolean net);

  /** Changes since the last saved state, below which they are always kept apart. */
  static final int MIN_TRACKED = 1 << 16;

  /** What the table remembers, or what of it has changed, to be written while the steps go on. */
  interface Contents {
    /** Whether it is everything. */
    boolean whole();

    /** Entries. */
    int size();

    /** Writes it in the form that {@link #restore} reads. */
    void write(DataOutputStream out) throws IOException;
  }

  /**
   * All rows that the table holds, as inserts for each split.
   *
   * @param contents has the rows of a table without a primary key
   * @throws DataflowException if those are not the rows that the table has taken
   */
  abstract List<List<RowData>> rows(Bootstrap.Contents contents);

  /**
   * What the table remembers between two steps; quick. The next call can give the changes since.
   *
   * @param whole whether changes won't do
   */
  abstract Contents contents(boolean whole);

  /** Takes over what was remembered, then what had changed; before the first step only. */
  abstract void restore(DataInputStream in) throws IOException;

  /** Begins to keep changes apart for {@link #contents}. */
  abstract void track();

  /** Deletes and updates so far whose row or key was not there. */
  long ignored() {
    return ignored;
  }

  void countIgnored() {
    ignored++;
  }

  List<List<RowData>> newSplits() {
    List<List<RowData>> splits = new ArrayList<>(parallelism);
    for (int i = 0; i < parallelism; i++) {
      splits.add(new ArrayList<>());
    }
    return splits;
  }

  /** Adds a row for Flink, which may write its row kind into the bytes: so they must be its own. */
  void emit(List<List<RowData>> splits, long hash, byte[] own, RowKind kind) {
    BinaryRowData row = RowBytes.wrap(own, arity);
    row.setRowKind(kind);
    // Not the low bits: the hash tables use those.
    splits.get((int) ((hash >>> 33) % parallelism)).add(row);
  }

  /** Checks changes against the table and brings them to bytes. */
  abstract static class Encoder {
    private final Relation relation;
    private final RowDataSerializer serializer;
    private final boolean[] notNull;

    Encoder(Relation relation) {
      this.relation = relation;
      this.serializer = new RowDataSerializer(logicalTypes(relation.types()));
      this.notNull = new boolean[relation.types().size()];
      for (int i = 0; i < notNull.length; i++) {
        notNull[i] = !relation.types().get(i).nullable();
      }
    }

    abstract Encoded encode(Change change);

    /**
     * The bytes of a whole row.
     *
     * @throws IllegalArgumentException if it does not fit the table
     */
    byte[] bytes(RowData row) {
      checkArity(row);
      for (int i = 0; i < notNull.length; i++) {
        if (notNull[i]) {
          checkNotNull(row, i);
        }
      }
      row.setRowKind(RowKind.INSERT);
      return bytes(serializer, row);
    }

    /** The bytes of a row whose NOT NULL columns need not all be there. */
    byte[] partialBytes(RowData row) {
      row.setRowKind(RowKind.INSERT);
      return bytes(serializer, row);
    }

    byte[] bytes(RowDataSerializer with, RowData row) {
      if (row instanceof BinaryRowData binary) {
        byte[] own = RowBytes.arrayBehind(binary);
        return own != null && own.length == binary.getSizeInBytes() ? own : RowBytes.copyOf(binary);
      }
      try {
        return RowBytes.copyOf(with.toBinaryRow(row));
      } catch (ClassCastException e) {
        throw new IllegalArgumentException(
            "table \"%s\": a value of a row is of the wrong class: %s"
                .formatted(relation.name(), e.getMessage()),
            e);
      }
    }

    void checkArity(RowData row) {
      if (row.getArity() != notNull.length) {
        throw new IllegalArgumentException(
            "table \"%s\" has %d columns, the row has %d"
                .formatted(relation.name(), notNull.length, row.getArity()));
      }
    }

    void checkNotNull(RowData row, int column) {
      if (row.isNullAt(column)) {
        throw new IllegalArgumentException(
            "column \"%s\" of table \"%s\" is NOT NULL, the row has NULL"
                .formatted(relation.columns().get(column).name(), relation.name()));
      }
    }

    void checkSet(RowData row, BitSet set) {
      for (int i = set.nextSetBit(0); i >= 0; i = set.nextSetBit(i + 1)) {
        if (i < notNull.length && notNull[i]) {
          checkNotNull(row, i);
        }
      }
    }
  }

  static LogicalType[] logicalTypes(List<CellType> types) {
    return types.stream().map(CellType::logicalType).toArray(LogicalType[]::new);
  }

  private static IllegalArgumentException appendOnlyViolation(Relation relation, Change change) {
    return new IllegalArgumentException(
        "table \"%s\" is append_only, it takes no %s".formatted(relation.name(), change.kind()));
  }

  /**
   * A table with a primary key: an index of the present rows turns upserts into the delete of the
   * old row and the insert of the new one, and the changes of a step into at most one of each per
   * key.
   */
  private static final class Keyed extends TableInput {
    private final int[] keyColumns;
    private final boolean appendOnly;
    private final KeyIndex index = new KeyIndex();
    private final KeyIndex before = new KeyIndex();

    /** Rows since the last saved state; null while they are not kept apart. */
    private KeyIndex changes;

    private final RowDataSerializer serializer;
    private final RowData.FieldGetter[] getters;

    Keyed(Relation relation, boolean appendOnly, int parallelism) {
      super(relation, parallelism);
      this.appendOnly = appendOnly;
      List<String> names = relation.columns().stream().map(c -> c.name()).toList();
      this.keyColumns = relation.primaryKey().stream().mapToInt(names::indexOf).toArray();
      LogicalType[] types = logicalTypes(relation.types());
      this.serializer = new RowDataSerializer(types);
      this.getters = new RowData.FieldGetter[types.length];
      for (int i = 0; i < types.length; i++) {
        getters[i] = RowData.createFieldGetter(types[i], i);
      }
    }

    @Override
    Encoder encoder() {
      LogicalType[] keyTypes =
          Arrays.stream(keyColumns)
              .mapToObj(i -> relation.types().get(i).logicalType())
              .toArray(LogicalType[]::new);
      RowDataSerializer keySerializer = new RowDataSerializer(keyTypes);
      GenericRowData keyRow = new GenericRowData(keyColumns.length);
      return new Encoder(relation) {
        @Override
        Encoded encode(Change change) {
          RowData row = change.row();
          checkArity(row);
          for (int i = 0; i < keyColumns.length; i++) {
            checkNotNull(row, keyColumns[i]);
            keyRow.setField(i, getters[keyColumns[i]].getFieldOrNull(row));
          }
          byte[] key = bytes(keySerializer, keyRow);
          long hash = RowBytes.hash(key, key.length);
          return switch (change.kind()) {
            case INSERT -> new Encoded(Change.Kind.INSERT, key, hash, bytes(row), null);
            case DELETE -> {
              if (appendOnly) {
                throw appendOnlyViolation(relation, change);
              }
              yield new Encoded(Change.Kind.DELETE, key, hash, null, null);
            }
            case UPDATE -> {
              if (appendOnly) {
                throw appendOnlyViolation(relation, change);
              }
              checkSet(row, change.set());
              yield new Encoded(Change.Kind.UPDATE, key, hash, partialBytes(row), change.set());
            }
          };
        }
      };
    }

    @Override
    void apply(Encoded change) {
      byte[] key = change.key();
      int hash = (int) change.hash();
      byte[] old;
      switch (change.kind()) {
        case INSERT -> {
          old =
              appendOnly
                  ? index.putIfAbsent(key, hash, change.row())
                  : index.put(key, hash, change.row());
          if (old != null && appendOnly) {
            // The program promised that this never happens; Flink was planned for inserts only.
            countIgnored();
            return;
          }
        }
        case DELETE -> old = index.remove(key, hash);
        default -> old = index.replace(key, hash, row -> merge(row, change));
      }
      if (old == null && change.kind() != Change.Kind.INSERT) {
        countIgnored();
        return;
      }
      before.putIfAbsent(key, hash, old == null ? KeyIndex.ABSENT : old);
    }

    private byte[] merge(byte[] old, Encoded change) {
      RowData present = RowBytes.wrap(old, arity);
      RowData update = RowBytes.wrap(change.row(), arity);
      GenericRowData merged = new GenericRowData(arity);
      for (int i = 0; i < arity; i++) {
        // isNullAt first: the getters of NOT NULL columns don't ask.
        RowData from = change.set().get(i) ? update : present;
        merged.setField(i, from.isNullAt(i) ? null : getters[i].getFieldOrNull(from));
      }
      return RowBytes.copyOf(serializer.toBinaryRow(merged));
    }

    @Override
    List<List<RowData>> rows(Bootstrap.Contents contents) {
      List<List<RowData>> splits = newSplits();
      index.<RuntimeException>forEach(
          (key, hash, row) ->
              emit(splits, RowBytes.hash(key, key.length), row.clone(), RowKind.INSERT));
      return splits;
    }

    @Override
    Contents contents(boolean whole) {
      boolean everything = whole || changes == null;
      KeyIndex now = everything ? index.copy() : changes;
      changes = new KeyIndex();
      return new Contents() {
        @Override
        public boolean whole() {
          return everything;
        }

        @Override
        public int size() {
          return now.size();
        }

        @Override
        public void write(DataOutputStream out) throws IOException {
          out.writeInt(now.size());
          now.<IOException>forEach(
              (key, hash, row) -> {
                RowBytes.write(out, key);
                RowBytes.write(out, row == KeyIndex.ABSENT ? null : row);
              });
        }
      };
    }

    @Override
    void restore(DataInputStream in) throws IOException {
      int entries = in.readInt();
      index.expect(entries);
      for (int i = 0; i < entries; i++) {
        byte[] key = RowBytes.read(in);
        int hash = (int) RowBytes.hash(key, key.length);
        byte[] row = RowBytes.read(in);
        if (row == null) {
          index.remove(key, hash);
        } else {
          index.put(key, hash, row);
        }
      }
    }

    @Override
    void track() {
      changes = new KeyIndex();
    }

    private void track(byte[] key, int hash, byte[] now) {
      if (changes == null) {
        return;
      }
      changes.put(key, hash, now == null ? KeyIndex.ABSENT : now);
      if (changes.size() > Math.max(MIN_TRACKED, index.size() / 2)) {
        changes = null; // Nearly everything: kept apart it would only cost memory.
      }
    }

    @Override
    Prepared finish(boolean wantNet) {
      List<List<RowData>> splits = newSplits();
      RowWeights net = wantNet ? new RowWeights() : null;
      before.forEach(
          (key, hash, old) -> {
            byte[] now = index.get(key, hash);
            if (now != null && Arrays.equals(old, now)) {
              return;
            }
            track(key, hash, now);
            // Same split for both, so that a key's delete never overtakes its insert.
            long spread = RowBytes.hash(key, key.length);
            if (old != KeyIndex.ABSENT) {
              emit(splits, spread, old.clone(), RowKind.DELETE);
              if (net != null) {
                net.add(old, (int) RowBytes.hash(old, old.length), -1);
              }
            }
            if (now != null) {
              emit(splits, spread, now.clone(), RowKind.INSERT);
              if (net != null) {
                net.add(now, (int) RowBytes.hash(now, now.length), 1);
              }
            }
          });
      before.clear();
      return new Prepared(splits, net);
    }
  }

  /** A table without a primary key. */
  private static final class Multiset extends TableInput {
    private final boolean appendOnly;
    private final RowCounts counts = new RowCounts();

    /** Counts since the last saved state, plus one; null while they are not kept apart. */
    private RowCounts changes;

    private List<Encoded> accepted = new ArrayList<>();

    Multiset(Relation relation, boolean appendOnly, int parallelism) {
      super(relation, parallelism);
      this.appendOnly = appendOnly;
    }

    @Override
    Encoder encoder() {
      return new Encoder(relation) {
        @Override
        Encoded encode(Change change) {
          if (change.kind() == Change.Kind.UPDATE) {
            throw new IllegalArgumentException(
                "table \"%s\" has no primary key, so it takes no updates of parts of a row"
                    .formatted(relation.name()));
          }
          if (change.kind() == Change.Kind.DELETE && appendOnly) {
            throw appendOnlyViolation(relation, change);
          }
          byte[] row = bytes(change.row());
          return new Encoded(change.kind(), null, RowBytes.hash(row, row.length), row, null);
        }
      };
    }

    @Override
    void apply(Encoded change) {
      if (!appendOnly) {
        if (change.kind() == Change.Kind.INSERT) {
          counts.add(change.hash());
        } else if (!counts.remove(change.hash())) {
          countIgnored();
          return;
        }
        track(change.hash());
      }
      accepted.add(change);
    }

    @Override
    List<List<RowData>> rows(Bootstrap.Contents contents) {
      List<List<RowData>> splits = newSplits();
      Encoder encoder = encoder();
      RowCounts expected = counts.copy();
      if (relation.materialized()) {
        contents.rows(
            relation.name(),
            row -> {
              Encoded encoded = encoder.encode(Change.insert(row));
              if (!appendOnly && !expected.remove(encoded.hash())) {
                throw notTheRows();
              }
              emit(splits, encoded.hash(), encoded.row(), RowKind.INSERT);
            });
      }
      if (expected.size() > 0) {
        throw notTheRows();
      }
      return splits;
    }

    private DataflowException notTheRows() {
      return new DataflowException(
          "the rows that are kept of table \"%s\" are not those that went into it"
              .formatted(relation.name()),
          relation.name(),
          null);
    }

    @Override
    Contents contents(boolean whole) {
      boolean everything = whole || changes == null;
      RowCounts now = everything ? counts.copy() : changes;
      int offset = everything ? 0 : 1;
      changes = new RowCounts();
      return new Contents() {
        @Override
        public boolean whole() {
          return everything;
        }

        @Override
        public int size() {
          return now.size();
        }

        @Override
        public void write(DataOutputStream out) throws IOException {
          out.writeInt(now.size());
          now.<IOException>forEach(
              (hash, copies) -> {
                out.writeLong(hash);
                out.writeInt(copies - offset);
              });
        }
      };
    }

    @Override
    void restore(DataInputStream in) throws IOException {
      int entries = in.readInt();
      for (int i = 0; i < entries; i++) {
        counts.set(in.readLong(), in.readInt());
      }
    }

    @Override
    void track() {
      changes = new RowCounts();
    }

    private void track(long hash) {
      if (changes == null) {
        return;
      }
      // One more than there are, because a count of 0 is no entry.
      changes.set(hash, counts.get(hash) + 1);
      if (changes.size() > Math.max(MIN_TRACKED, counts.size() / 2)) {
        changes = null;
      }
    }

    @Override
    Prepared finish(boolean wantNet) {
      List<List<RowData>> splits = newSplits();
      RowWeights net = wantNet ? new RowWeights() : null;
      for (Encoded change : accepted) {
        boolean insert = change.kind() == Change.Kind.INSERT;
        byte[] own = change.row();
        if (net != null) {
          net.add(change.row(), (int) change.hash(), insert ? 1 : -1);
          own = change.row().clone();
        }
        emit(splits, change.hash(), own, insert ? RowKind.INSERT : RowKind.DELETE);
      }
      accepted = new ArrayList<>();
      return new Prepared(splits, net);
    }
  }
}
