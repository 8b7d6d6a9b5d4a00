package io.weirkeeper.engine.flow;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;

/** Nets the rows of a view within a step and reports them when the step's watermark comes. */
final class StepSink implements Sink<RowData> {

  private static final long serialVersionUID = 1L;

  private final String exchangeId;
  private final int view;
  private final RowType type;

  StepSink(String exchangeId, int view, RowType type) {
    this.exchangeId = exchangeId;
    this.view = view;
    this.type = type;
  }

  @Override
  public SinkWriter<RowData> createWriter(WriterInitContext context) {
    int subtask = context.getTaskInfo().getIndexOfThisSubtask();
    StepExchange exchange = StepExchange.find(exchangeId);
    exchange.registerSink(view, subtask, context.getTaskInfo().getNumberOfParallelSubtasks());
    return new Writer(exchange, subtask);
  }

  private final class Writer implements SinkWriter<RowData> {
    private final StepExchange exchange;
    private final StepExchange.ViewPort port;
    private final int subtask;
    private final RowDataSerializer serializer = new RowDataSerializer(type);
    private RowWeights rows = new RowWeights();

    Writer(StepExchange exchange, int subtask) {
      this.exchange = exchange;
      this.port = exchange.view(view);
      this.subtask = subtask;
    }

    @Override
    public void write(RowData row, Context context) {
      if (port.wanted) {
        RowKind kind = row.getRowKind();
        boolean came = kind == RowKind.INSERT || kind == RowKind.UPDATE_AFTER;
        BinaryRowData binary = serializer.toBinaryRow(row);
        rows.add(binary, came ? 1 : -1);
      }
    }

    @Override
    public void writeWatermark(Watermark watermark) {
      RowWeights full = rows;
      rows = new RowWeights();
      exchange.sinkReached(view, subtask, watermark.getTimestamp(), full);
    }

    @Override
    public void flush(boolean endOfInput) {}

    @Override
    public void close() {}
  }
}
