package io.weirkeeper.engine.flow;

/** In what form Flink's part of a saved state is, which decides what can go on from it. */
public enum StateFormat {
  /** Read by any backend; written whole. */
  PORTABLE,
  /** RocksDB's own files; only RocksDB goes on from them. */
  ROCKSDB
}
