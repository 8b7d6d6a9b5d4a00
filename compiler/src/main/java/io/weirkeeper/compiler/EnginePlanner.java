package io.weirkeeper.compiler;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weirkeeper.core.plan.PipelinePlan;
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
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The engine's planner, beside us in a class loader of its own because it carries another Calcite.
 * A plan that it took is remembered, so that compiling the same program again costs nothing.
 */
final class EnginePlanner implements ProgramCompiler.Planner {

  /** Implements {@code Function<String, String>}: plan in, {@code {"errors": [...]}} out. */
  private static final String CHECK = "io.weirkeeper.engine.flow.PlanCheck";

  /** Plans whose acceptance is remembered at most. */
  private static final int MAX_REMEMBERED = 512;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ClassLoader loader;
  private final Function<String, String> check;
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
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new IllegalArgumentException(
          CHECK + " can't be loaded from --planner-classpath " + classPath, e);
    }
  }

  @Override
  public Map<String, String> refusals(PipelinePlan plan) {
    try {
      String json = JSON.writeValueAsString(plan);
      String digest = digest(json);
      if (accepted.containsKey(digest)) {
        return Map.of();
      }
      Map<String, String> refusals = read(ask(json));
      if (refusals.isEmpty()) {
        accepted.put(digest, true);
      }
      return refusals;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("The planner's answer is no valid JSON", e);
    }
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
