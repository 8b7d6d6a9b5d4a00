package io.weirkeeper.engine.flow;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.table.data.RowData;

/**
 * Reads the queues of a {@link StepExchange.Feed}. After the rows of step <i>s</i> each split emits
 * the watermark <i>s</i>: Flink forwards the smallest watermark of all inputs through every
 * operator, so a sink that sees <i>s</i> has seen all that the inputs up to step <i>s</i> lead to.
 */
final class StepSource implements Source<RowData, StepSource.StepSplit, Integer> {

  private static final long serialVersionUID = 1L;

  /** Rows emitted before the task looks at its mailbox again. */
  private static final int ROWS_PER_POLL = 512;

  /** Step of a split that was never saved. */
  static final long FRESH = -1;

  private final String exchangeId;
  private final String table;
  private final int instance;

  StepSource(String exchangeId, String table, int instance) {
    this.exchangeId = exchangeId;
    this.table = table;
    this.instance = instance;
  }

  String table() {
    return table;
  }

  int instance() {
    return instance;
  }

  /**
   * Split {@code part}, read by the subtask of the same number.
   *
   * @param step last step that was emitted when the state of the job was saved; {@link #FRESH} in a
   *     job that begins with nothing
   */
  record StepSplit(int part, long step) implements SourceSplit, Serializable {
    @Override
    public String splitId() {
      return Integer.toString(part);
    }
  }

  @Override
  public Boundedness getBoundedness() {
    return Boundedness.CONTINUOUS_UNBOUNDED;
  }

  @Override
  public SourceReader<RowData, StepSplit> createReader(SourceReaderContext context) {
    return new Reader();
  }

  @Override
  public SplitEnumerator<StepSplit, Integer> createEnumerator(
      SplitEnumeratorContext<StepSplit> context) {
    return new Enumerator(context, false);
  }

  @Override
  public SplitEnumerator<StepSplit, Integer> restoreEnumerator(
      SplitEnumeratorContext<StepSplit> context, Integer checkpoint) {
    // The readers have their splits from their own saved state.
    return new Enumerator(context, true);
  }

  @Override
  public SimpleVersionedSerializer<StepSplit> getSplitSerializer() {
    return new SplitSerializer();
  }

  @Override
  public SimpleVersionedSerializer<Integer> getEnumeratorCheckpointSerializer() {
    return new NumberSerializer();
  }

  private static final class SplitSerializer implements SimpleVersionedSerializer<StepSplit> {
    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(StepSplit split) {
      return ByteBuffer.allocate(Integer.BYTES + Long.BYTES)
          .putInt(split.part())
          .putLong(split.step())
          .array();
    }

    @Override
    public StepSplit deserialize(int version, byte[] bytes) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      return new StepSplit(buffer.getInt(), buffer.getLong());
    }
  }

  private static final class NumberSerializer implements SimpleVersionedSerializer<Integer> {
    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(Integer value) {
      return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
    }

    @Override
    public Integer deserialize(int version, byte[] bytes) {
      return ByteBuffer.wrap(bytes).getInt();
    }
  }

  private static final class Enumerator implements SplitEnumerator<StepSplit, Integer> {
    private final SplitEnumeratorContext<StepSplit> context;
    private final boolean restored;
    private final BitSet assigned = new BitSet();

    Enumerator(SplitEnumeratorContext<StepSplit> context, boolean restored) {
      this.context = context;
      this.restored = restored;
    }

    @Override
    public void start() {}

    @Override
    public void handleSplitRequest(int subtask, String host) {}

    @Override
    public void addSplitsBack(List<StepSplit> splits, int subtask) {
      splits.forEach(split -> context.assignSplit(split, split.part()));
    }

    @Override
    public void addReader(int subtask) {
      if (!restored && !assigned.get(subtask)) {
        assigned.set(subtask);
        context.assignSplit(new StepSplit(subtask, FRESH), subtask);
      }
    }

    @Override
    public Integer snapshotState(long checkpointId) {
      return 0;
    }

    @Override
    public void close() {}
  }

  private final class Reader implements SourceReader<RowData, StepSplit> {
    private final CompletableFuture<Void> splitArrived = new CompletableFuture<>();
    private StepSplit split;
    private long step;
    private StepExchange.Split queue;

    @Override
    public void start() {}

    @Override
    public InputStatus pollNext(ReaderOutput<RowData> output) {
      if (queue == null || !queue.advance()) {
        return InputStatus.NOTHING_AVAILABLE;
      }
      for (int i = 0; i < ROWS_PER_POLL; i++) {
        RowData row = queue.nextRow();
        if (row == null) {
          step = queue.endBatch();
          output.emitWatermark(new Watermark(step));
          break;
        }
        output.collect(row);
      }
      return InputStatus.MORE_AVAILABLE;
    }

    @Override
    public List<StepSplit> snapshotState(long checkpointId) {
      StepExchange exchange = StepExchange.find(exchangeId);
      if (split == null) {
        return List.of();
      }
      exchange.readerSaved(instance, split.part());
      return List.of(new StepSplit(split.part(), step));
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
      return queue == null ? splitArrived : queue.available();
    }

    @Override
    public void addSplits(List<StepSplit> splits) {
      split = splits.get(0);
      step = split.step();
      queue = StepExchange.find(exchangeId).attachReader(instance, split.part(), step);
      splitArrived.complete(null);
    }

    @Override
    public void notifyNoMoreSplits() {}

    @Override
    public void close() {}
  }
}
