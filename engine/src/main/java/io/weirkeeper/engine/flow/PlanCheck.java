package io.weirkeeper.engine.flow;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.flink.table.api.Table;

/**
 * Asks Flink's planner, at compile time, whether it would take a program: plans everything and
 * starts nothing. In: a {@code PipelinePlan} as JSON. Out: {@code {"errors":[{"view": name,
 * "message": text}]}}, empty when Flink takes it all. Reported are views that Flink refuses, each
 * with its first cause in one line, and views whose Flink result type differs from the plan's in a
 * way that breaks encoding; an error at a table has the table's name in {@code "view"}, one at
 * nothing in particular has null there.
 *
 * <p>Made to be called through an isolated class loader: only JDK types cross the border.
 * Thread-safe; the first call is slow (Flink's planner loads), and views that were accepted before
 * cost nothing.
 */
public final class PlanCheck implements Function<String, String> {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PARALLELISM = 2;
  private static final int MAX_ACCEPTED = 10_000;

  /** Digests of views that Flink took, the oldest going first. */
  private static final Set<String> ACCEPTED =
      Collections.synchronizedSet(
          Collections.newSetFromMap(
              new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                  return size() > MAX_ACCEPTED;
                }
              }));

  /** Loads nothing yet. */
  public PlanCheck() {}

  @Override
  public String apply(String planJson) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    // Flink finds its planner and our tables through the context class loader.
    thread.setContextClassLoader(PlanCheck.class.getClassLoader());
    try {
      return toJson(check(JSON.readValue(planJson, PipelinePlan.class)));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a pipeline plan: " + e.getOriginalMessage(), e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static String toJson(Map<String, String> errors) {
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode list = answer.putArray("errors");
    errors.forEach((view, message) -> list.addObject().put("view", view).put("message", message));
    return answer.toString();
  }

  // Each view is planned alone: that finds out which one is refused, and Flink plans several sinks
  // together by planning each of them twice. A view that was accepted before, over the same tables
  // and views, is not planned again: an edit mostly changes one view.
  private static Map<String, String> check(PipelinePlan plan) {
    Map<String, String> digests = digests(plan);
    Set<String> pending = new HashSet<>();
    for (ViewPlan view : plan.views()) {
      if (!ACCEPTED.contains(digests.get(view.name()))) {
        pending.add(view.name());
      }
    }
    Set<String> needed = needed(plan, pending);
    Map<String, String> errors = new LinkedHashMap<>();
    Set<String> seen = new HashSet<>();
    Set<String> doubtful = new HashSet<>();
    FlinkPlan flink = newPlan();
    for (TablePlan table : plan.tables()) {
      if (!tryOut(table.name(), errors, seen, () -> flink.addTable(table))) {
        doubtful.add(table.name());
      }
    }
    for (ViewPlan view : plan.views()) {
      if (!needed.contains(view.name())) {
        continue;
      }
      boolean taken =
          tryOut(
              view.name(),
              errors,
              seen,
              () -> {
                Table table = flink.validate(view);
                if (pending.contains(view.name())) {
                  List<CellType> types = FlinkPlan.checkedTypes(view, table);
                  flink.translate(List.of(flink.addOutput(view, table, types)));
                }
                flink.addKnown(view, table);
              });
      if (!taken) {
        doubtful.add(view.name());
        // Later views are then judged by themselves and not by this one.
        tryOut(view.name(), errors, seen, () -> flink.addPlaceholder(view));
      } else if (doubtful.stream().anyMatch(name -> mentions(view, name))) {
        doubtful.add(view.name());
      } else {
        ACCEPTED.add(digests.get(view.name()));
      }
    }
    return errors;
  }

  /** The pending views and all views below them. */
  private static Set<String> needed(PipelinePlan plan, Set<String> pending) {
    Set<String> needed = new HashSet<>(pending);
    for (int i = plan.views().size() - 1; i >= 0; i--) {
      ViewPlan view = plan.views().get(i);
      for (int above = i + 1; above < plan.views().size(); above++) {
        ViewPlan user = plan.views().get(above);
        if (needed.contains(user.name()) && mentions(user, view.name())) {
          needed.add(view.name());
        }
      }
    }
    return needed;
  }

  // A name that stands in the text for something else only makes a digest depend on more.
  private static boolean mentions(ViewPlan view, String name) {
    return view.flinkSql().contains(name);
  }

  /** For each view, a digest of its definition and of all definitions that it rests on. */
  private static Map<String, String> digests(PipelinePlan plan) {
    Map<String, String> digests = new LinkedHashMap<>();
    plan.tables().forEach(table -> digests.put(table.name(), digest(table.toString())));
    for (ViewPlan view : plan.views()) {
      StringBuilder text = new StringBuilder(view.flinkSql()).append(view.columns());
      digests.forEach(
          (name, digest) -> {
            if (mentions(view, name)) {
              text.append(name).append(digest);
            }
          });
      digests.put(view.name(), digest(text.toString()));
    }
    return digests;
  }

  private static String digest(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static boolean tryOut(
      String name, Map<String, String> errors, Set<String> seen, Runnable action) {
    try {
      action.run();
      return true;
    } catch (RuntimeException | LinkageError | StackOverflowError | AssertionError e) {
      String message = FlinkPlan.reason(e);
      if (seen.add(message)) {
        errors.putIfAbsent(name, message);
      }
      return false;
    }
  }

  private static FlinkPlan newPlan() {
    return new FlinkPlan(StepExchange.NOWHERE, FlinkPlan.planningConfiguration(PARALLELISM));
  }
}
