package io.weirkeeper.engine.journal;

import io.weirkeeper.engine.flow.Replay;
import io.weirkeeper.engine.flow.StepLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An append-only sequence of records in numbered segment files. A thread of its own writes and
 * syncs what has gathered, so that one sync serves many records. After a crash everything that was
 * durable is there; a torn tail is cut off when the journal is opened.
 *
 * <p>A disk that is full does not lose anything: {@link #awaitRoom} refuses before it comes to
 * that, and what can't be written is tried again until it can. A sync that fails is different: the
 * kernel may have dropped the pages, so the journal ends, and the pipeline with it.
 */
public final class Journal implements StepLog, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);

  /** Records written with one call; the kernel takes 1,024 buffers at once. */
  private static final int GROUP_RECORDS = 500;

  private final Path directory;
  private final JournalSettings settings;
  private final long firstSegment;
  private final Thread writer;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition progress = lock.newCondition();

  // Guarded by the lock.
  private final ArrayDeque<Entry> pending = new ArrayDeque<>();
  private final PriorityQueue<Waiter> waiters =
      new PriorityQueue<>(Comparator.comparingLong(Waiter::position));
  private long pendingBytes;
  private long appended;
  private long durable;
  private long segmentNumber;
  private long segmentBytes;
  private String problem;
  private IOException end;
  private boolean closing;
  private long spaceSeenNanos;
  private boolean spaceSeen;
  private String noSpace;

  // The writer's own.
  private FileChannel channel;
  private long channelBytes;
  private long channelDurable;

  /** A record, or, without payload, the beginning of a segment. */
  private record Entry(byte[] payload, long segment, long position) {}

  private record Waiter(long position, CompletableFuture<Void> done) {}

  private Journal(Path directory, JournalSettings settings, long firstSegment) {
    this.firstSegment = firstSegment;
    this.directory = directory;
    this.settings = settings;
    this.segmentNumber = firstSegment - 1;
    this.writer = new Thread(this::run, "weirkeeper-journal");
    this.writer.setDaemon(true);
    rotate();
    this.writer.start();
  }

  /**
   * Opens the journal of a directory, which is made if need be: cuts off a torn tail and begins a
   * new segment.
   *
   * @throws JournalDamagedException if the last segment can't be read to its durable end
   * @throws IOException if the directory can't be read or written
   */
  public static Journal open(Path directory, JournalSettings settings) throws IOException {
    Files.createDirectories(directory);
    sync(directory.toAbsolutePath().getParent());
    List<Segment> segments = Segment.all(directory);
    long next = 1;
    if (!segments.isEmpty()) {
      Segment last = segments.get(segments.size() - 1);
      cutTail(last);
      next = last.number() + 1;
    }
    return new Journal(directory, settings, next);
  }

  /** Makes the names in a directory durable. */
  private static void sync(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void cutTail(Segment last) throws IOException {
    long good;
    try {
      good = last.read(true, record -> {});
    } catch (InterruptedException e) {
      throw new IllegalStateException("nothing waits here", e);
    }
    if (good < Segment.HEADER_BYTES) {
      // A crash came between the creation of the file and its first sync.
      Files.delete(last.file());
      return;
    }
    long size = Files.size(last.file());
    if (good < size) {
      LOG.warn("Cut {} bytes that were being written at a crash off {}", size - good, last.file());
    }
    try (FileChannel channel = FileChannel.open(last.file(), StandardOpenOption.WRITE)) {
      channel.truncate(good);
      // Also if nothing was cut: the writer may have died before its sync, and what is built on
      // these records from now on must not outlast them.
      channel.force(true);
    }
  }

  /**
   * The first record from the beginning of a segment on, if there is one: it tells who wrote it.
   *
   * @throws JournalDamagedException if the segment that should hold it can't be read
   */
  public static Optional<byte[]> first(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return Optional.empty();
    }
    List<Segment> segments = Segment.all(directory);
    byte[][] first = new byte[1][];
    for (int i = 0; i < segments.size() && first[0] == null; i++) {
      boolean last = i == segments.size() - 1;
      try {
        segments.get(i).read(last, record -> first[0] = first[0] == null ? record : first[0]);
      } catch (InterruptedException e) {
        throw new IllegalStateException("nothing waits here", e);
      }
    }
    return Optional.ofNullable(first[0]);
  }

  /**
   * The records that were there when the journal was opened.
   *
   * @param from number of the segment to begin with, as {@link #rotate} gave it, or 1 for all;
   *     reading fails with {@link JournalDamagedException} if one from there on is missing or can't
   *     be read
   */
  public Replay replay(long from) {
    return reader -> {
      long expected = from;
      for (Segment segment : Segment.all(directory)) {
        if (segment.number() < from || segment.number() >= firstSegment) {
          continue;
        }
        if (segment.number() != expected) {
          throw missing(expected);
        }
        expected = segment.number() + 1;
        segment.read(false, reader);
      }
    };
  }

  private JournalDamagedException missing(long number) {
    return new JournalDamagedException(
        "the journal's segment %s is missing, though later ones are there; put it back from a copy,"
                .formatted(Segment.in(directory, number).file())
            + " or clear the pipeline's storage and feed its input again");
  }

  @Override
  public long append(byte[] record) {
    lock.lock();
    try {
      if (segmentBytes >= settings.segmentBytes()) {
        rotate();
      }
      long size = Segment.RECORD_HEADER_BYTES + (long) record.length;
      appended += size;
      pendingBytes += size;
      segmentBytes += size;
      pending.add(new Entry(record, 0, appended));
      work.signal();
      return appended;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long rotate() {
    lock.lock();
    try {
      segmentNumber++;
      segmentBytes = 0;
      pending.add(new Entry(null, segmentNumber, appended));
      work.signal();
      return segmentNumber;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public CompletableFuture<Void> durable(long position) {
    lock.lock();
    try {
      if (durable >= position) {
        return CompletableFuture.completedFuture(null);
      }
      if (end != null) {
        return CompletableFuture.failedFuture(end);
      }
      CompletableFuture<Void> done = new CompletableFuture<>();
      waiters.add(new Waiter(position, done));
      return done;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void awaitDurable(long position) throws InterruptedException {
    lock.lock();
    try {
      while (durable < position) {
        throwIfEnded();
        progress.await();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void awaitRoom() throws InterruptedException {
    lock.lock();
    try {
      while (true) {
        throwIfEnded();
        String why = problem != null ? problem : lookForSpace();
        if (why != null) {
          throw new RefusedException(why);
        }
        if (pendingBytes <= settings.maxPendingBytes()) {
          return;
        }
        progress.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Why there is no room, or null. */
  private String lookForSpace() {
    long now = System.nanoTime();
    if (!spaceSeen || now - spaceSeenNanos >= settings.freeSpaceInterval().toNanos()) {
      spaceSeen = true;
      spaceSeenNanos = now;
      try {
        long free = Files.getFileStore(directory).getUsableSpace();
        noSpace =
            free >= settings.minFreeBytes()
                ? null
                : ("the disk with the pipeline's journal is nearly full: %s has %d MB free, at least"
                        + " %d MB are needed. Input is taken again when there is room")
                    .formatted(directory, free >> 20, settings.minFreeBytes() >> 20);
      } catch (IOException e) {
        noSpace = "the free space of " + directory + " can't be read: " + e;
      }
    }
    return noSpace;
  }

  private void throwIfEnded() {
    if (end != null) {
      throw new UncheckedIOException(end.getMessage(), end);
    }
  }

  /** Bytes of all segments that are there. */
  public long bytes() throws IOException {
    long bytes = 0;
    for (Segment segment : Segment.all(directory)) {
      bytes += Files.size(segment.file());
    }
    return bytes;
  }

  /** Deletes the segments before one: they are older than every checkpoint that is kept. */
  public void deleteBefore(long segment) throws IOException {
    deleteBefore(directory, segment);
  }

  private static void deleteBefore(Path directory, long number) throws IOException {
    for (Segment segment : Segment.all(directory)) {
      if (segment.number() < number) {
        Files.delete(segment.file());
      }
    }
  }

  // ---- the writer

  private void run() {
    try {
      while (true) {
        List<Entry> group = awaitGroup();
        if (group.isEmpty()) {
          return;
        }
        write(group);
        reached(group);
      }
    } catch (IOException e) {
      LOG.error("The journal ends", e);
      fail(e);
    } catch (InterruptedException e) {
      fail(new IOException("the journal was interrupted"));
    } finally {
      closeChannel();
    }
  }

  /** Takes what has gathered up to a segment's end; empty at the end. */
  private List<Entry> awaitGroup() throws InterruptedException {
    lock.lock();
    try {
      while (pending.isEmpty()) {
        if (closing) {
          return List.of();
        }
        work.await();
      }
      List<Entry> group = new ArrayList<>();
      while (!pending.isEmpty() && group.size() < GROUP_RECORDS) {
        if (pending.peek().payload() == null && !group.isEmpty()) {
          break;
        }
        Entry entry = pending.remove();
        group.add(entry);
        if (entry.payload() == null) {
          break;
        }
      }
      return group;
    } finally {
      lock.unlock();
    }
  }

  private void write(List<Entry> group) throws IOException, InterruptedException {
    while (true) {
      try {
        if (group.get(0).payload() == null) {
          begin(group.get(0).segment());
        } else {
          writeRecords(group);
        }
        clearProblem();
        break;
      } catch (SyncFailed e) {
        throw e;
      } catch (IOException e) {
        report(e);
        TimeUnit.NANOSECONDS.sleep(settings.retryInterval().toNanos());
        lock.lock();
        try {
          if (closing) {
            throw e;
          }
        } finally {
          lock.unlock();
        }
      }
    }
  }

  private static final class SyncFailed extends IOException {
    private static final long serialVersionUID = 1L;

    SyncFailed(Path file, IOException cause) {
      super("the journal can't be synced to disk: " + file + ": " + cause.getMessage(), cause);
    }
  }

  private void begin(long number) throws IOException {
    closeChannel();
    Segment segment = Segment.in(directory, number);
    FileChannel opened =
        FileChannel.open(
            segment.file(),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    try {
      ByteBuffer header = Segment.header(number);
      while (header.hasRemaining()) {
        opened.write(header);
      }
      opened.force(true);
      sync(directory);
    } catch (IOException e) {
      opened.close();
      throw e;
    }
    channel = opened;
    channelBytes = Segment.HEADER_BYTES;
    channelDurable = channelBytes;
  }

  private void writeRecords(List<Entry> group) throws IOException {
    ByteBuffer headers = ByteBuffer.allocate(group.size() * Segment.RECORD_HEADER_BYTES);
    ByteBuffer[] buffers = new ByteBuffer[2 * group.size()];
    long bytes = 0;
    for (int i = 0; i < group.size(); i++) {
      byte[] payload = group.get(i).payload();
      int from = headers.position();
      Segment.putRecordHeader(headers, payload, channelDurable);
      buffers[2 * i] = headers.slice(from, Segment.RECORD_HEADER_BYTES);
      buffers[2 * i + 1] = ByteBuffer.wrap(payload);
      bytes += Segment.RECORD_HEADER_BYTES + payload.length;
    }
    try {
      channel.position(channelBytes);
      for (long left = bytes; left > 0; ) {
        left -= channel.write(buffers);
      }
    } catch (IOException e) {
      // What was written in part must not be taken for records later.
      channel.truncate(channelBytes);
      throw e;
    }
    try {
      channel.force(false);
    } catch (IOException e) {
      throw new SyncFailed(directory, e);
    }
    channelBytes += bytes;
    channelDurable = channelBytes;
  }

  private void report(IOException e) {
    String text =
        "the pipeline's journal can't be written: %s: %s. Nothing is lost; input is taken again when"
                .formatted(directory, e.getMessage())
            + " it can";
    lock.lock();
    try {
      if (problem == null) {
        LOG.error("{}", text);
      }
      problem = text;
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void clearProblem() {
    lock.lock();
    try {
      if (problem != null) {
        LOG.warn("The journal in {} can be written again", directory);
        problem = null;
      }
    } finally {
      lock.unlock();
    }
  }

  private void reached(List<Entry> group) {
    List<CompletableFuture<Void>> done = new ArrayList<>();
    lock.lock();
    try {
      for (Entry entry : group) {
        if (entry.payload() != null) {
          pendingBytes -= Segment.RECORD_HEADER_BYTES + entry.payload().length;
        }
      }
      durable = group.get(group.size() - 1).position();
      while (!waiters.isEmpty() && waiters.peek().position() <= durable) {
        done.add(waiters.remove().done());
      }
      progress.signalAll();
    } finally {
      lock.unlock();
    }
    done.forEach(future -> future.complete(null));
  }

  private void fail(IOException reason) {
    List<CompletableFuture<Void>> open;
    lock.lock();
    try {
      end = reason;
      open = waiters.stream().map(Waiter::done).toList();
      waiters.clear();
      progress.signalAll();
    } finally {
      lock.unlock();
    }
    open.forEach(future -> future.completeExceptionally(reason));
  }

  private void closeChannel() {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        LOG.warn("A segment of the journal in {} does not close: {}", directory, e.toString());
      }
      channel = null;
    }
  }

  /** Writes what is pending, unless the disk refuses, and ends the thread. */
  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      work.signal();
    } finally {
      lock.unlock();
    }
    try {
      writer.join(TimeUnit.SECONDS.toMillis(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    fail(new IOException("the journal is closed"));
  }
}
