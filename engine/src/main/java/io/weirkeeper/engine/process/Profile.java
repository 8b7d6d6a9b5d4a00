package io.weirkeeper.engine.process;

import io.vertx.core.buffer.Buffer;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import io.weirkeeper.engine.flow.StepCounters;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Where the work of this process goes (spec: pipeline-protocol §3.4): its relations, what the step
 * loop has done, and the processor time of each thread. Flink names the threads of an operator
 * after it, so that the threads are the profile of the operators.
 */
final class Profile {
  private static final int FORMAT_VERSION = 1;

  private final Pipeline pipeline;
  private final Statistics statistics;

  Profile(Pipeline pipeline, Statistics statistics) {
    this.pipeline = pipeline;
    this.statistics = statistics;
  }

  /** The profile, to be written as JSON. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("format_version", FORMAT_VERSION);
    json.put("pipeline", pipeline.spec().pipelineName());
    json.put("incarnation_uuid", pipeline.instance().toString());
    json.put("uptime_msecs", pipeline.uptimeMillis());
    json.put("steps", steps());
    json.put("relations", relations(pipeline.spec().plan()));
    json.put("threads", threads());
    json.put("stats", statistics.all());
    return json;
  }

  /** The profile as an archive with that JSON. */
  Buffer zip() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("circuit_profile.json"));
      zip.write(Replies.JSON.writeValueAsBytes(json()));
      zip.closeEntry();
      zip.putNextEntry(new ZipEntry("threads.txt"));
      zip.write(stacks().getBytes(StandardCharsets.UTF_8));
      zip.closeEntry();
    } catch (IOException e) {
      throw new UncheckedIOException("Memory can always be written", e);
    }
    return Buffer.buffer(bytes.toByteArray());
  }

  private Map<String, Object> steps() {
    StepCounters c = statistics.counters();
    Map<String, Object> steps = new LinkedHashMap<>();
    steps.put("initiated", c.initiatedSteps());
    steps.put("completed", c.completedSteps());
    steps.put("input_records", c.inputRecords());
    steps.put("processed_records", c.processedRecords());
    steps.put("completed_records", c.completedRecords());
    steps.put("buffered_records", c.bufferedRecords());
    return steps;
  }

  private static List<Object> relations(PipelinePlan plan) {
    List<Object> relations = new ArrayList<>();
    for (TablePlan table : plan.tables()) {
      Map<String, Object> item = new LinkedHashMap<>();
      item.put("name", table.name());
      item.put("kind", "table");
      item.put("materialized", table.materialized());
      item.put("primary_key", table.primaryKey());
      relations.add(item);
    }
    for (ViewPlan view : plan.views()) {
      Map<String, Object> item = new LinkedHashMap<>();
      item.put("name", view.name());
      item.put("kind", view.kind().json() + " view");
      item.put("query", view.flinkSql());
      relations.add(item);
    }
    return relations;
  }

  private static List<Object> threads() {
    ThreadMXBean bean = ManagementFactory.getThreadMXBean();
    List<Object> threads = new ArrayList<>();
    for (ThreadInfo thread : bean.getThreadInfo(bean.getAllThreadIds())) {
      if (thread == null) {
        continue;
      }
      Map<String, Object> item = new LinkedHashMap<>();
      item.put("name", thread.getThreadName());
      item.put("state", thread.getThreadState().name());
      item.put(
          "cpu_msecs",
          bean.isThreadCpuTimeSupported()
              ? Math.max(0, bean.getThreadCpuTime(thread.getThreadId())) / 1_000_000
              : null);
      threads.add(item);
    }
    return threads;
  }

  private static String stacks() {
    StringBuilder text = new StringBuilder();
    for (ThreadInfo thread : ManagementFactory.getThreadMXBean().dumpAllThreads(false, false)) {
      text.append(thread);
    }
    return text.toString();
  }
}
