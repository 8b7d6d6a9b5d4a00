package io.weirkeeper.engine.flow;

import java.util.Map;
import org.apache.flink.runtime.execution.Environment;
import org.apache.flink.runtime.io.network.api.writer.ResultPartitionWriter;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.JobVertex;
import org.apache.flink.runtime.jobgraph.tasks.TaskInvokable;
import org.apache.flink.streaming.runtime.tasks.MultipleInputStreamTask;
import org.apache.flink.streaming.runtime.tasks.OneInputStreamTask;
import org.apache.flink.streaming.runtime.tasks.SourceOperatorStreamTask;
import org.apache.flink.streaming.runtime.tasks.TwoInputStreamTask;
import org.apache.flink.streaming.runtime.tasks.mailbox.MailboxDefaultAction.Controller;
import org.apache.flink.streaming.runtime.tasks.mailbox.MailboxDefaultAction.Suspension;
import org.apache.flink.streaming.runtime.tasks.mailbox.PeriodTimer;

/**
 * Stream tasks that send their partly filled buffers on when they run out of input, and only then.
 * Flink's own choice is between a timer per task (a wake-up every millisecond, also when idle, and
 * up to a millisecond of delay at each exchange) and a flush after every record. A task that is
 * about to wait for input has nothing better to do than flush, and one that isn't fills its
 * buffers. Used with the buffer timeout switched off.
 */
final class FlushingTasks {

  private static final Map<String, Class<? extends TaskInvokable>> REPLACEMENTS =
      Map.of(
          SourceOperatorStreamTask.class.getName(), Source.class,
          OneInputStreamTask.class.getName(), OneInput.class,
          TwoInputStreamTask.class.getName(), TwoInput.class,
          MultipleInputStreamTask.class.getName(), MultipleInput.class);

  private FlushingTasks() {}

  /** Puts these tasks in place of Flink's; a task of another kind (a constant) ends and flushes. */
  static void install(JobGraph graph) {
    for (JobVertex vertex : graph.getVertices()) {
      Class<? extends TaskInvokable> replacement = REPLACEMENTS.get(vertex.getInvokableClassName());
      if (replacement != null) {
        vertex.setInvokableClass(replacement);
      }
    }
  }

  /** Whether a vertex reads one of our tables. */
  static boolean readsTable(JobVertex vertex) {
    return Source.class.getName().equals(vertex.getInvokableClassName());
  }

  /** Flushes when the task gives up its turn for lack of input. */
  private record FlushFirst(Controller controller, Environment environment) implements Controller {
    private void flush() {
      for (ResultPartitionWriter writer : environment.getAllWriters()) {
        writer.flushAll();
      }
    }

    @Override
    public void allActionsCompleted() {
      controller.allActionsCompleted();
    }

    @Override
    public Suspension suspendDefaultAction(PeriodTimer timer) {
      flush();
      return controller.suspendDefaultAction(timer);
    }

    @Override
    public Suspension suspendDefaultAction() {
      flush();
      return controller.suspendDefaultAction();
    }
  }

  /** A source. */
  public static final class Source<T> extends SourceOperatorStreamTask<T> {
    /** As Flink creates tasks. */
    public Source(Environment environment) throws Exception {
      super(environment);
    }

    @Override
    protected void processInput(Controller controller) throws Exception {
      super.processInput(new FlushFirst(controller, getEnvironment()));
    }
  }

  /** An operator with one input. */
  public static final class OneInput<I, O> extends OneInputStreamTask<I, O> {
    /** As Flink creates tasks. */
    public OneInput(Environment environment) throws Exception {
      super(environment);
    }

    @Override
    protected void processInput(Controller controller) throws Exception {
      super.processInput(new FlushFirst(controller, getEnvironment()));
    }
  }

  /** An operator with two inputs. */
  public static final class TwoInput<I, J, O> extends TwoInputStreamTask<I, J, O> {
    /** As Flink creates tasks. */
    public TwoInput(Environment environment) throws Exception {
      super(environment);
    }

    @Override
    protected void processInput(Controller controller) throws Exception {
      super.processInput(new FlushFirst(controller, getEnvironment()));
    }
  }

  /** An operator with many inputs. */
  public static final class MultipleInput<O> extends MultipleInputStreamTask<O> {
    /** As Flink creates tasks. */
    public MultipleInput(Environment environment) throws Exception {
      super(environment);
    }

    @Override
    protected void processInput(Controller controller) throws Exception {
      super.processInput(new FlushFirst(controller, getEnvironment()));
    }
  }
}
