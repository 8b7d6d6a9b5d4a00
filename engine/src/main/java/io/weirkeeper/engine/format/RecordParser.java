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

  /**
   * The last place up to which every record has gone to the sink and from which a parser made with
   * {@link RowFormat#parser(InputFormat, ChangeSink, Mark)} goes on as this one does. Asked between
   * two pieces; what the sink got since the same mark was first returned lies behind it.
   */
  Mark mark();

  /**
   * A place between records.
   *
   * @param bytes from the beginning of the input
   * @param state what the parser has to know there besides
   */
  record Mark(long bytes, int state) {
    /** The beginning of the input. */
    public static final Mark START = new Mark(0, 0);
  }

  /** Records seen so far, good and bad. */
  long records();
}
