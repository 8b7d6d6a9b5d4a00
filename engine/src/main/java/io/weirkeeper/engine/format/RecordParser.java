package io.weirkeeper.engine.format;

/**
 * Reads one request body piece by piece. Not safe for several threads at once; memory is bounded by
 * the largest piece plus {@link #MAX_RECORD_BYTES}.
 */
public interface RecordParser {
  /** The longest record that is read, in bytes; a longer one is a parse error and is skipped. */
  int MAX_RECORD_BYTES = 16 << 20;

  /**
   * Takes the next piece; all records that it completes go to the sink. The array may be reused by
   * the caller afterwards.
   */
  void feed(byte[] piece, int offset, int length);

  /** The body has ended: what is left is the last record, or an incomplete one. */
  void finish();

  /** Records seen so far, good and bad. */
  long records();
}
