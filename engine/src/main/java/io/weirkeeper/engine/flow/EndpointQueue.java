package io.weirkeeper.engine.flow;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;

/** An endpoint's changes on their way to the step thread. Guarded by the step loop's lock. */
final class EndpointQueue implements InputEndpoint {

  /** Changes are queued, and cut into steps, in slices of at most this many. */
  static final int SLICE_RECORDS = 1024;

  private final StepLoop loop;
  private final int id;
  private final TableInput input;
  private final String name;
  private volatile InputLimits limits;
  private final Condition room;
  private final ArrayDeque<Slice> slices = new ArrayDeque<>();
  private final PriorityQueue<Waiter> waiters =
      new PriorityQueue<>(Comparator.comparingLong(Waiter::count));

  // Not thread-safe; locked by itself, so that encoding does not hold up the step thread.
  private final TableInput.Encoder encoder;

  private long totalRecords;
  private long totalBytes;
  private long cutRecords;

  /** Records that were let in and are being encoded. */
  private long reservedRecords;

  private long cutBytes;
  private long completedRecords;
  private int forcedSlices;
  private boolean closed;

  /** Position in the log after what was queued last. */
  private long logged;

  /** Records cut for the step that is being put together. */
  private int recordsOfStep;

  /** Slices that were cut for a step that is not through. */
  private int slicesUnderWay;

  /** Where the input stands once everything queued is consumed. */
  private JsonNode queuedPosition;

  private JsonNode position;
  private InputEndpoint.Frontier frontier;

  /**
   * Some changes of one put.
   *
   * @param position where the input stands after them; null when the endpoint has no positions, or
   *     when the put goes on in the next slice
   * @param queuedAtMillis wall clock when they were queued
   */
  record Slice(
      EndpointQueue endpoint,
      List<TableInput.Encoded> changes,
      long bytes,
      boolean whilePaused,
      JsonNode position,
      long queuedAtMillis) {}

  private record Waiter(long count, CompletableFuture<Void> done) {}

  /**
   * What steps have taken of an endpoint and not all outputs have delivered.
   *
   * @param position after the records, or null
   * @param queuedAtMillis when the last of them was queued
   */
  record Consumed(EndpointQueue endpoint, int records, JsonNode position, long queuedAtMillis) {

    /** This and what was taken after it. */
    Consumed and(Consumed later) {
      return new Consumed(
          endpoint,
          Math.addExact(records, later.records),
          later.position == null ? position : later.position,
          later.queuedAtMillis);
    }
  }

  EndpointQueue(
      StepLoop loop, int id, TableInput input, String name, InputLimits limits, JsonNode position) {
    this.loop = loop;
    this.id = id;
    this.input = input;
    this.name = name;
    this.limits = limits;
    this.position = position;
    this.queuedPosition = position;
    this.room = loop.lock.newCondition();
    this.encoder = input.encoder();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Relation table() {
    return input.relation;
  }

  TableInput input() {
    return input;
  }

  @Override
  public int id() {
    return id;
  }

  @Override
  public void put(List<Change> changes, long bytes, boolean whilePaused)
      throws InterruptedException {
    loop.awaitLogRoom();
    int sliceLimit = (int) Math.min(SLICE_RECORDS, limits.maxQueuedRecords());
    for (Part part : parts(encode(changes), sliceLimit, bytes, whilePaused)) {
      loop.lock.lockInterruptibly();
      try {
        while (!hasRoom(part.changes().size())) {
          throwIfEnded();
          room.await();
        }
        enqueue(part);
      } finally {
        loop.lock.unlock();
      }
    }
  }

  /** Changes that become a slice, and their record for the log if there is one. */
  private record Part(
      List<TableInput.Encoded> changes,
      long bytes,
      boolean whilePaused,
      JsonNode position,
      byte[] record) {}

  /** Made outside of the lock, because it takes time. */
  private Part part(
      List<TableInput.Encoded> changes, long bytes, boolean whilePaused, JsonNode after) {
    byte[] record =
        loop.log == null ? null : StepRecords.batch(id, changes, bytes, whilePaused, after);
    return new Part(changes, bytes, whilePaused, after, record);
  }

  private List<Part> parts(
      List<TableInput.Encoded> encoded, int sliceLimit, long bytes, boolean whilePaused) {
    List<Part> parts = new ArrayList<>();
    long bytesLeft = bytes;
    for (int from = 0; from < encoded.size(); from += sliceLimit) {
      int to = Math.min(encoded.size(), from + sliceLimit);
      long share = to == encoded.size() ? bytesLeft : bytes / encoded.size() * (to - from);
      bytesLeft -= share;
      parts.add(part(encoded.subList(from, to), share, whilePaused, null));
    }
    return parts;
  }

  @Override
  public void putBatch(List<Change> changes, long bytes, JsonNode after)
      throws InterruptedException {
    putBatch(encode(changes), bytes, after, Long.MAX_VALUE);
  }

  @Override
  public boolean offerBatch(List<Change> changes, long bytes, JsonNode after, Duration patience)
      throws InterruptedException {
    return putBatch(encode(changes), bytes, after, patience.toNanos());
  }

  private boolean putBatch(
      List<TableInput.Encoded> encoded, long bytes, JsonNode after, long patienceNanos)
      throws InterruptedException {
    Objects.requireNonNull(after, "position after the batch");
    long nanos = patienceNanos;
    loop.awaitLogRoom();
    Part part = part(encoded, bytes, false, after);
    loop.lock.lockInterruptibly();
    try {
      while (isFull()) {
        throwIfEnded();
        if (nanos <= 0) {
          return false;
        }
        nanos = room.awaitNanos(nanos);
      }
      queuedPosition = after;
      if (!encoded.isEmpty()) {
        enqueue(part);
      } else if (slices.isEmpty() && slicesUnderWay == 0) {
        // Nothing to wait for: the input has only moved past what holds no rows.
        position = after;
      }
      return true;
    } finally {
      loop.lock.unlock();
    }
  }

  /** Whether a batch has to wait; bounds may be passed by the batch that reaches them. */
  private boolean isFull() {
    return loop.held
        || totalRecords - cutRecords >= limits.maxQueuedRecords()
        || totalBytes - cutBytes >= limits.maxQueuedBytes();
  }

  @Override
  public boolean offer(List<Change> changes, long bytes, boolean whilePaused, Duration patience)
      throws InterruptedException {
    if (changes.size() > limits.maxQueuedRecords()) {
      throw new IllegalArgumentException(
          "endpoint %s holds at most %d records, offered were %d at once"
              .formatted(name, limits.maxQueuedRecords(), changes.size()));
    }
    long nanos = patience.toNanos();
    loop.awaitLogRoom();
    loop.lock.lockInterruptibly();
    try {
      while (!hasRoom(changes.size())) {
        throwIfEnded();
        if (nanos <= 0) {
          return false;
        }
        nanos = room.awaitNanos(nanos);
      }
      // Encoding takes time: others go on meanwhile, and the room is kept.
      reservedRecords += changes.size();
    } finally {
      loop.lock.unlock();
    }
    List<Part> parts = null;
    try {
      parts = parts(encode(changes), SLICE_RECORDS, bytes, whilePaused);
    } finally {
      if (parts == null) {
        giveBack(changes.size());
      }
    }
    loop.lock.lock();
    try {
      giveBack(changes.size());
      if (loop.held) {
        return false;
      }
      parts.forEach(this::enqueue);
      return true;
    } finally {
      loop.lock.unlock();
    }
  }

  private List<TableInput.Encoded> encode(List<Change> changes) {
    List<TableInput.Encoded> encoded = new ArrayList<>(changes.size());
    synchronized (encoder) {
      for (Change change : changes) {
        encoded.add(encoder.encode(change));
      }
    }
    return encoded;
  }

  private void throwIfEnded() {
    DataflowException end = loop.endReason();
    if (end != null) {
      throw new DataflowException(end.getMessage(), end.relation().orElse(null), end);
    }
  }

  private boolean hasRoom(int records) {
    return !loop.held
        && totalRecords - cutRecords + reservedRecords + records <= limits.maxQueuedRecords();
  }

  private void giveBack(int records) {
    loop.lock.lock();
    try {
      reservedRecords -= records;
      room.signalAll();
    } finally {
      loop.lock.unlock();
    }
  }

  private void enqueue(Part part) {
    throwIfEnded();
    if (closed) {
      throw new DataflowException("endpoint %s is closed".formatted(name), null);
    }
    if (part.changes().isEmpty()) {
      return;
    }
    if (part.record() != null) {
      logged = loop.log.append(part.record());
    }
    add(part.changes(), part.bytes(), part.whilePaused(), part.position());
  }

  private void add(
      List<TableInput.Encoded> changes, long bytes, boolean whilePaused, JsonNode after) {
    slices.add(new Slice(this, changes, bytes, whilePaused, after, System.currentTimeMillis()));
    forcedSlices += whilePaused ? 1 : 0;
    totalRecords += changes.size();
    totalBytes += bytes;
    loop.arrived(changes.size(), bytes);
  }

  /** Queues again what an earlier process had queued; call with the lock held. */
  void replay(StepRecords.Batch batch) {
    if (batch.position() != null) {
      queuedPosition = batch.position();
    }
    add(batch.changes(), batch.bytes(), batch.whilePaused(), batch.position());
  }

  /** What a checkpoint keeps of it; between two steps, with the lock held. */
  SavedInputs.Endpoint save() {
    return new SavedInputs.Endpoint(
        id,
        name,
        input.relation.name(),
        cutRecords,
        cutBytes,
        position,
        queuedPosition,
        slices.stream()
            .map(
                s ->
                    new StepRecords.Batch(
                        id, s.changes(), s.bytes(), s.whilePaused(), s.position()))
            .toList());
  }

  /** Goes on as an endpoint that was saved; call with the lock held, before it is used. */
  void restore(SavedInputs.Endpoint saved) {
    totalRecords = saved.completedRecords();
    cutRecords = totalRecords;
    completedRecords = totalRecords;
    totalBytes = saved.totalBytes();
    cutBytes = totalBytes;
    position = saved.position();
    saved.batches().forEach(this::replay);
    queuedPosition = saved.queuedPosition();
  }

  /** Is opened again in a dataflow that was restored; call with the lock held. */
  void reopen(InputLimits newLimits) {
    limits = newLimits;
  }

  /** Lets putters look again; call with the lock held. */
  void wake() {
    room.signalAll();
  }

  @Override
  public Optional<JsonNode> queuedPosition() {
    loop.lock.lock();
    try {
      return Optional.ofNullable(queuedPosition);
    } finally {
      loop.lock.unlock();
    }
  }

  @Override
  public CompletableFuture<Void> durable() {
    long upTo;
    loop.lock.lock();
    try {
      upTo = logged;
    } finally {
      loop.lock.unlock();
    }
    return loop.log == null ? CompletableFuture.completedFuture(null) : loop.log.durable(upTo);
  }

  /** Whether a step could take something; call with the lock held. */
  boolean ready(boolean paused) {
    return paused ? forcedSlices > 0 : !slices.isEmpty();
  }

  /** Begins the cut of a step; call with the lock held. */
  void beginCut() {
    recordsOfStep = 0;
  }

  /** Whether the step that is being cut may take the next slice; call with the lock held. */
  boolean mayCut(boolean paused) {
    return ready(paused)
        && (recordsOfStep == 0
            || recordsOfStep + (long) slices.element().changes().size()
                <= limits.maxBatchRecords());
  }

  /** Takes the next slice, which must be there; call with the lock held. */
  Slice cut() {
    Slice slice = slices.remove();
    forcedSlices -= slice.whilePaused() ? 1 : 0;
    slicesUnderWay++;
    recordsOfStep += slice.changes().size();
    cutRecords += slice.changes().size();
    cutBytes += slice.bytes();
    room.signalAll();
    return slice;
  }

  /** The slice's step is through; call with the lock held. */
  Consumed consumed(Slice slice) {
    slicesUnderWay--;
    if (slice.position() != null) {
      position = slicesUnderWay == 0 && slices.isEmpty() ? queuedPosition : slice.position();
    }
    return new Consumed(this, slice.changes().size(), slice.position(), slice.queuedAtMillis());
  }

  /** All outputs have delivered it; returns the futures to complete. Call with the lock held. */
  List<CompletableFuture<Void>> complete(Consumed part, long processedAtMillis) {
    completedRecords += part.records();
    if (part.position() != null) {
      frontier =
          new InputEndpoint.Frontier(
              part.position(),
              part.queuedAtMillis(),
              processedAtMillis,
              System.currentTimeMillis());
    }
    List<CompletableFuture<Void>> done = new ArrayList<>();
    while (!waiters.isEmpty() && waiters.peek().count() <= completedRecords) {
      done.add(waiters.remove().done());
    }
    return done;
  }

  /** Wakes putters and gives back all open futures; call with the lock held. */
  List<CompletableFuture<Void>> end() {
    room.signalAll();
    List<CompletableFuture<Void>> open = waiters.stream().map(Waiter::done).toList();
    waiters.clear();
    return open;
  }

  /** Whether it is closed and drained; call with the lock held. */
  boolean finished() {
    return closed && completedRecords == totalRecords && waiters.isEmpty();
  }

  @Override
  public Optional<JsonNode> position() {
    loop.lock.lock();
    try {
      return Optional.ofNullable(position);
    } finally {
      loop.lock.unlock();
    }
  }

  @Override
  public Optional<InputEndpoint.Frontier> frontier() {
    loop.lock.lock();
    try {
      return Optional.ofNullable(frontier);
    } finally {
      loop.lock.unlock();
    }
  }

  @Override
  public long totalRecords() {
    loop.lock.lock();
    try {
      return totalRecords;
    } finally {
      loop.lock.unlock();
    }
  }

  @Override
  public long totalBytes() {
    loop.lock.lock();
    try {
      return totalBytes;
    } finally {
      loop.lock.unlock();
    }
  }

  @Override
  public long bufferedRecords() {
    loop.lock.lock();
    try {
      return totalRecords - cutRecords;
    } finally {
      loop.lock.unlock();
    }
  }

  @Override
  public long bufferedBytes() {
    loop.lock.lock();
    try {
      return totalBytes - cutBytes;
    } finally {
      loop.lock.unlock();
    }
  }

  @Override
  public long completedRecords() {
    loop.lock.lock();
    try {
      return completedRecords;
    } finally {
      loop.lock.unlock();
    }
  }

  @Override
  public boolean isComplete(long recordCount) {
    return completedRecords() >= recordCount;
  }

  @Override
  public CompletableFuture<Void> whenComplete(long recordCount) {
    loop.lock.lock();
    try {
      if (completedRecords >= recordCount) {
        return CompletableFuture.completedFuture(null);
      }
      DataflowException end = loop.endReason();
      if (end != null) {
        return CompletableFuture.failedFuture(end);
      }
      CompletableFuture<Void> done = new CompletableFuture<>();
      waiters.add(new Waiter(recordCount, done));
      return done;
    } finally {
      loop.lock.unlock();
    }
  }

  @Override
  public void close() {
    loop.lock.lock();
    try {
      closed = true;
      loop.forgetIfFinished(this);
    } finally {
      loop.lock.unlock();
    }
  }
}
