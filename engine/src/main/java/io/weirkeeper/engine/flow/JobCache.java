package io.weirkeeper.engine.flow;

import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Programs that were planned before, as files. The compiler, whose planner is warm, plans a program
 * once it has accepted it ({@link PlanAhead}), so that the pipeline process needs no planner: most
 * of a start's processor time and a third of the memory of an idle pipeline went there. What isn't
 * found is planned where it is needed, and kept.
 *
 * <p>A file's name is a digest of all that the job depends on: the program, the parallelism and
 * this build's classes. So a file never goes stale, and the least recently used go first when there
 * are more than {@link #MAX_FILES}. The directory must be as private as the class path: its files
 * are deserialised.
 */
public final class JobCache {

  private static final Logger LOG = LoggerFactory.getLogger(JobCache.class);

  /** Jobs that are kept at most. A job of ten views has some 300 KB. */
  static final int MAX_FILES = 1_000;

  /** How long a start waits for a program that is being planned elsewhere. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** An announcement older than this was left by a process that died. */
  private static final Duration LONGEST_PLANNING = Duration.ofSeconds(60);

  private static final Duration POLL = Duration.ofMillis(10);
  private static final String JOB = ".job";
  private static final String ANNOUNCED = ".planning";

  private final Path directory;

  /**
   * A cache.
   *
   * @param directory made when the first job is kept; null for a cache that keeps nothing
   */
  public JobCache(Path directory) {
    this.directory = directory;
  }

  /** Keeps nothing. */
  public static JobCache none() {
    return new JobCache(null);
  }

  /**
   * The job of a plan: read, or planned and kept.
   *
   * @throws DataflowException if Flink refuses the plan
   */
  PlannedJob get(PipelinePlan plan, int parallelism) {
    if (directory == null) {
      return PlannedJob.of(plan, parallelism);
    }
    String name = name(plan, parallelism);
    Optional<PlannedJob> kept = read(name);
    return kept.isPresent() ? kept.get() : make(name, plan, parallelism);
  }

  /** Whether a program needs no planning, at the parallelism that so many workers get. */
  public boolean holds(PipelinePlan plan, int workers) {
    return directory != null
        && Files.exists(file(name(plan, DataflowSettings.parallelism(workers))));
  }

  /** Tells whoever wants this job soon to wait for it; false when it is there already. */
  boolean announce(PipelinePlan plan, int parallelism) {
    String name = name(plan, parallelism);
    if (Files.exists(file(name))) {
      return false;
    }
    try {
      makeDirectory();
      Files.write(announcement(name), new byte[0]);
    } catch (IOException e) {
      LOG.warn("{} can't be written: {}", announcement(name), e.toString());
    }
    return true;
  }

  /** Plans an announced job and keeps it, whether Flink takes it or not. */
  void keepAnnounced(PipelinePlan plan, int parallelism) {
    String name = name(plan, parallelism);
    try {
      if (!Files.exists(file(name))) {
        make(name, plan, parallelism);
      }
    } finally {
      withdraw(name);
    }
  }

  /** Withdraws an announcement. */
  void withdraw(PipelinePlan plan, int parallelism) {
    withdraw(name(plan, parallelism));
  }

  private void withdraw(String name) {
    try {
      Files.deleteIfExists(announcement(name));
    } catch (IOException e) {
      LOG.warn("{} stays behind: {}", announcement(name), e.toString());
    }
  }

  private Optional<PlannedJob> read(String name) {
    Path file = file(name);
    awaitAnnounced(name);
    try (ObjectInputStream in =
        new ObjectInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      PlannedJob job = (PlannedJob) in.readObject();
      Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis()));
      return Optional.of(job);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | ClassNotFoundException | RuntimeException | LinkageError e) {
      LOG.warn("{} can't be used, the program is planned again: {}", file, e.toString());
      return Optional.empty();
    }
  }

  private void awaitAnnounced(String name) {
    Path announcement = announcement(name);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!Files.exists(file(name)) && isFresh(announcement) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  private static boolean isFresh(Path announcement) {
    try {
      long written = Files.getLastModifiedTime(announcement).toMillis();
      return System.currentTimeMillis() - written < LONGEST_PLANNING.toMillis();
    } catch (IOException e) {
      return false;
    }
  }

  private PlannedJob make(String name, PipelinePlan plan, int parallelism) {
    PlannedJob job = PlannedJob.of(plan, parallelism);
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
        out.writeObject(job);
      }
      makeDirectory();
      Path fresh = Files.createTempFile(directory, name, ".new");
      Files.write(fresh, bytes.toByteArray());
      Files.move(
          fresh, file(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      removeOldest();
    } catch (IOException e) {
      LOG.warn("The planned job can't be kept in {}: {}", directory, e.toString());
    }
    return job;
  }

  private void makeDirectory() throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private void removeOldest() throws IOException {
    List<Path> jobs;
    try (Stream<Path> files = Files.list(directory)) {
      jobs = files.filter(file -> file.toString().endsWith(JOB)).toList();
    }
    if (jobs.size() <= MAX_FILES) {
      return;
    }
    List<Path> oldestFirst =
        jobs.stream().sorted(Comparator.comparingLong(JobCache::lastUse)).toList();
    for (Path file : oldestFirst.subList(0, jobs.size() - MAX_FILES)) {
      Files.deleteIfExists(file);
    }
  }

  private static long lastUse(Path file) {
    try {
      return Files.getLastModifiedTime(file).toMillis();
    } catch (IOException e) {
      return 0; // Another process has removed it.
    }
  }

  private Path file(String name) {
    return directory.resolve(name + JOB);
  }

  private Path announcement(String name) {
    return directory.resolve(name + ANNOUNCED);
  }

  private static String name(PipelinePlan plan, int parallelism) {
    return Digest.of(BUILD + parallelism + programText(plan));
  }

  /** All of a program that decides what runs, whatever the build. */
  static String programText(PipelinePlan plan) {
    StringBuilder text = new StringBuilder();
    for (TablePlan table : plan.tables()) {
      part(text, "table", table.name(), table.appendOnly(), table.primaryKey());
      columns(text, table.columns());
    }
    for (ViewPlan view : plan.views()) {
      part(text, "view", view.name(), view.kind(), view.flinkSql());
      columns(text, view.columns());
    }
    return text.toString();
  }

  private static void columns(StringBuilder text, List<ColumnPlan> columns) {
    for (ColumnPlan column : columns) {
      part(text, "column", column.name(), column.flinkType());
    }
  }

  // With lengths, so that two different programs can't make the same text.
  private static void part(StringBuilder text, Object... values) {
    for (Object value : values) {
      String shown = String.valueOf(value);
      text.append(shown.length()).append(':').append(shown);
    }
  }

  /** What these classes were built as: name, size and time of the jar, or of all class files. */
  private static final String BUILD = build();

  private static String build() {
    StringBuilder text = new StringBuilder();
    try {
      Path place =
          Path.of(JobCache.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      try (Stream<Path> files = Files.walk(place)) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          part(text, file, Files.size(file), Files.getLastModifiedTime(file).toMillis());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException("the engine's classes are not in files", e);
    }
    return Digest.of(text.toString());
  }
}
