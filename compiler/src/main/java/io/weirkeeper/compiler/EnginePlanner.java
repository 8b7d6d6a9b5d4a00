package io.weirkeeper.compiler;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The engine's planner, beside us in a class loader of its own because it carries another Calcite.
 * Views that it took are remembered, so that after an edit only what changed, and what reads it, is
 * planned again.
 */
final class EnginePlanner implements ProgramCompiler.Planner {

  /** Implements {@code Function<String, String>}: plan in, {@code {"errors": [...]}} out. */
  private static final String CHECK = "io.weirkeeper.engine.flow.PlanCheck";

  /** Implements {@code BiConsumer<String, String>}: plan in, directory for the job. */
  private static final String AHEAD = "io.weirkeeper.engine.flow.PlanAhead";

  /** Views whose acceptance is remembered at most. */
  private static final int MAX_REMEMBERED = 4_096;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ClassLoader loader;
  private final Function<String, String> check;
  private final BiConsumer<String, String> ahead;
  private final Map<String, Boolean> accepted =
      new LinkedHashMap<>(MAX_REMEMBERED, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > MAX_REMEMBERED;
        }
      };

  /**
   * Loads the planner.
   *
   * @param classPath folders with jars, folders with classes, or jars, separated by colons
   * @throws IllegalArgumentException if the planner is not there
   */
  EnginePlanner(String classPath) {
    loader =
        new URLClassLoader("engine-planner", urls(classPath), ClassLoader.getPlatformClassLoader());
    try {
      @SuppressWarnings("unchecked")
      Function<String, String> instance =
          (Function<String, String>)
              loader.loadClass(CHECK).asSubclass(Function.class).getConstructor().newInstance();
      check = instance;
      @SuppressWarnings("unchecked")
      BiConsumer<String, String> second =
          (BiConsumer<String, String>)
              loader.loadClass(AHEAD).asSubclass(BiConsumer.class).getConstructor().newInstance();
      ahead = second;
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new IllegalArgumentException(
          CHECK + " or " + AHEAD + " can't be loaded from --planner-classpath " + classPath, e);
    }
  }

  @Override
  public Map<String, String> refusals(PipelinePlan plan) {
    try {
      Map<String, String> digests = digests(plan);
      List<ViewPlan> views = new ArrayList<>();
      for (ViewPlan view : plan.views()) {
        views.add(accepted.containsKey(digests.get(view.name())) ? asLocal(view) : view);
      }
      if (views.stream().allMatch(view -> accepted.containsKey(digests.get(view.name())))) {
        return Map.of();
      }
      Map<String, String> refusals =
          read(
              ask(
                  JSON.writeValueAsString(
                      new PipelinePlan(plan.formatVersion(), plan.tables(), views))));
      if (refusals.isEmpty()) {
        digests.values().forEach(digest -> accepted.put(digest, true));
      }
      return refusals;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("The planner's answer is no valid JSON", e);
    }
  }

  /**
   * Has an accepted program planned as a whole in the background, so that its start need not do it.
   *
   * @param jobsDirectory where pipeline processes look for planned programs
   */
  void planAhead(PipelinePlan plan, Path jobsDirectory) {
    try {
      ahead.accept(JSON.writeValueAsString(plan), jobsDirectory.toString());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A plan can't be written as JSON", e);
    }
  }

  /** A view that was accepted before is only there for others to read: it is not planned again. */
  private static ViewPlan asLocal(ViewPlan view) {
    return new ViewPlan(
        view.name(),
        view.caseSensitive(),
        ViewPlan.Kind.LOCAL,
        view.columns(),
        view.flinkSql(),
        view.position());
  }

  /** For each view a digest of it and of everything that it reads, directly or not. */
  private static Map<String, String> digests(PipelinePlan plan) throws JsonProcessingException {
    Map<String, String> known = new LinkedHashMap<>();
    for (TablePlan table : plan.tables()) {
      known.put(table.name(), digest(JSON.writeValueAsString(table)));
    }
    Map<String, String> digests = new LinkedHashMap<>();
    for (ViewPlan view : plan.views()) {
      StringBuilder text = new StringBuilder();
      text.append(view.kind()).append(JSON.writeValueAsString(view.columns()));
      text.append(view.flinkSql());
      // A name that is only a column's costs a needless check, no more.
      known.forEach(
          (name, digest) -> {
            if (view.flinkSql().contains("`" + name.replace("`", "``") + "`")) {
              text.append(name).append(digest);
            }
          });
      String digest = digest(text.toString());
      digests.put(view.name(), digest);
      known.put(view.name(), digest);
    }
    return digests;
  }

  private String ask(String json) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      return check.apply(json);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static Map<String, String> read(String answer) throws JsonProcessingException {
    Map<String, String> refusals = new LinkedHashMap<>();
    for (JsonNode error : JSON.readTree(answer).path("errors")) {
      refusals.put(error.path("view").textValue(), error.path("message").asText());
    }
    return refusals;
  }

  private static String digest(String text) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of()
          .formatHex(sha.digest(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  private static URL[] urls(String classPath) {
    List<URL> urls = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator)) {
      if (entry.isBlank()) {
        continue;
      }
      Path path = Path.of(entry);
      if (!Files.exists(path)) {
        throw new IllegalArgumentException("--planner-classpath: " + path + " does not exist");
      }
      try {
        urls.add(path.toUri().toURL());
        if (Files.isDirectory(path)) {
          try (Stream<Path> files = Files.list(path)) {
            for (Path jar : files.filter(f -> f.toString().endsWith(".jar")).sorted().toList()) {
              urls.add(jar.toUri().toURL());
            }
          }
        }
      } catch (MalformedURLException e) {
        throw new IllegalArgumentException("--planner-classpath: " + path + " has no URL", e);
      } catch (IOException e) {
        throw new UncheckedIOException("--planner-classpath: " + path + " can't be listed", e);
      }
    }
    return urls.toArray(URL[]::new);
  }
}
