package io.weirkeeper.engine.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.engine.flow.Change;
import io.weirkeeper.engine.format.ChangeSink;
import io.weirkeeper.engine.format.InputFormat;
import io.weirkeeper.engine.format.ParseError;
import io.weirkeeper.engine.format.RecordParser;
import io.weirkeeper.engine.format.RowFormat;
import java.util.ArrayList;
import java.util.List;

/**
 * Bytes of one source on their way through a parser into batches with positions. A position is
 * {@code {"offset": o, "state": s, "skip": n}}: parsing from byte o on, in a state of the parser,
 * and leaving out the first n changes that come out, gives what follows. The skip lets a batch end
 * anywhere, though a parser can begin only between records of some kinds.
 */
final class ParsedInput {
  /** Rows queued at once at most. */
  private static final int MAX_BATCH = 10_000;

  private final RowFormat rows;
  private final InputFormat format;

  private RecordParser parser;
  private RecordParser.Mark mark = RecordParser.Mark.START;
  private List<Change> changes = new ArrayList<>();
  private InputPort port;

  /** Changes behind the mark that were queued already, in this life or an earlier one. */
  private long behindMark;

  /** Changes to leave out. */
  private long skip;

  private long fed;
  private long bytesNotQueued;

  /** Queues a batch; may wait. */
  interface Queue {
    /** As {@link InputPort#put}. */
    void put(List<Change> changes, long bytes, JsonNode after) throws InterruptedException;
  }

  ParsedInput(RowFormat rows, InputFormat format) {
    this.rows = rows;
    this.format = format;
  }

  /** Begins at a position that an earlier instance made, or at the start. */
  void open(JsonNode position) {
    if (position != null) {
      mark =
          new RecordParser.Mark(position.path("offset").asLong(), position.path("state").asInt());
      skip = position.path("skip").asLong();
      behindMark = skip;
    }
    fed = mark.bytes();
    parser =
        rows.parser(
            format,
            new ChangeSink() {
              @Override
              public void change(Change change) {
                if (skip > 0) {
                  skip--;
                } else {
                  changes.add(change);
                }
              }

              @Override
              public void error(ParseError error) {
                // What lies before the position was reported when it was read first.
                if (skip == 0) {
                  port.parseError(error.message());
                }
              }
            },
            mark);
  }

  /** Where in the source the next byte to feed is. */
  long offset() {
    return fed;
  }

  /** Parses bytes and queues what comes out. */
  void feed(byte[] bytes, int length, InputPort to, Queue queue) throws InterruptedException {
    port = to;
    parser.feed(bytes, 0, length);
    fed += length;
    bytesNotQueued += length;
    queueAll(parser.mark(), queue);
  }

  /** The source has ended: what is left is the last record, or an incomplete one. */
  void finish(InputPort to, Queue queue) throws InterruptedException {
    port = to;
    parser.finish();
    queueAll(new RecordParser.Mark(fed, parser.mark().state()), queue);
  }

  private void queueAll(RecordParser.Mark reached, Queue queue) throws InterruptedException {
    boolean moved = reached.bytes() != mark.bytes();
    if (changes.isEmpty() && !moved) {
      return;
    }
    List<Change> all = changes;
    changes = new ArrayList<>();
    int batch = Math.min(MAX_BATCH, port.maxBatchRecords());
    int from = 0;
    while (all.size() - from > batch) {
      behindMark += batch;
      put(all.subList(from, from + batch), position(mark, behindMark), queue);
      from += batch;
    }
    behindMark += all.size() - from;
    if (moved) {
      mark = reached;
      behindMark = 0;
    }
    put(all.subList(from, all.size()), position(mark, behindMark), queue);
  }

  private void put(List<Change> part, JsonNode after, Queue queue) throws InterruptedException {
    if (part.isEmpty()) {
      queue.put(part, 0, after);
      return;
    }
    queue.put(part, bytesNotQueued, after);
    bytesNotQueued = 0;
  }

  private static JsonNode position(RecordParser.Mark at, long skipped) {
    ObjectNode position = JsonNodeFactory.instance.objectNode();
    return position.put("offset", at.bytes()).put("state", at.state()).put("skip", skipped);
  }
}
