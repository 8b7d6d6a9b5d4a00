package io.weirkeeper.engine.flow;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weirkeeper.core.plan.PipelinePlan;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plans accepted programs in the background and puts the jobs into a {@link JobCache}, for
 * pipelines with the default number of workers. In: a {@code PipelinePlan} as JSON, and the cache's
 * directory. Returns when the program waits for its turn; a start of it waits for the job from then
 * on. When too many wait, the program is left to be planned at its start.
 *
 * <p>Made to be called through an isolated class loader: only JDK types cross the border.
 */
public final class PlanAhead implements BiConsumer<String, String> {

  private static final Logger LOG = LoggerFactory.getLogger(PlanAhead.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Workers of a pipeline whose configuration names none (spec: contract, RuntimeConfig). */
  private static final int DEFAULT_WORKERS = 8;

  /** Programs that wait at most. */
  private static final int MAX_WAITING = 16;

  private final ThreadPoolExecutor planner =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(MAX_WAITING),
          task -> {
            Thread thread = new Thread(null, task, "plan-ahead", STACK_BYTES);
            thread.setDaemon(true);
            thread.setContextClassLoader(PlanAhead.class.getClassLoader());
            return thread;
          });

  /** Stack of the planning thread, in bytes: expressions are walked recursively. */
  private static final long STACK_BYTES = 64L << 20;

  /** Starts nothing yet. */
  public PlanAhead() {}

  @Override
  public void accept(String planJson, String directory) {
    PipelinePlan plan;
    try {
      plan = JSON.readValue(planJson, PipelinePlan.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a pipeline plan: " + e.getOriginalMessage(), e);
    }
    if (PlannedJob.outputs(plan).isEmpty()) {
      return;
    }
    JobCache cache = new JobCache(Path.of(directory));
    int parallelism = DataflowSettings.parallelism(DEFAULT_WORKERS);
    if (!cache.announce(plan, parallelism)) {
      return;
    }
    try {
      planner.execute(() -> plan(cache, plan, parallelism));
    } catch (RejectedExecutionException e) {
      cache.withdraw(plan, parallelism);
    }
  }

  private static void plan(JobCache cache, PipelinePlan plan, int parallelism) {
    try {
      cache.keepAnnounced(plan, parallelism);
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      // Its start will say it to whom it concerns.
      LOG.warn("A program that was accepted can't be planned as a whole: {}", e.toString());
    }
  }
}
