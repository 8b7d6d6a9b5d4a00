package io.weirkeeper.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Predicate;

/** The calls of the API that benches need; an unexpected answer ends the bench. */
final class ApiClient {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String base;

  ApiClient(URI server) {
    base = server.toString().replaceAll("/$", "");
  }

  /**
   * Creates or replaces a pipeline and waits until its program is compiled.
   *
   * @param memoryMegabytes limit of its process; 0 for the server's default
   * @return the pipeline's id
   */
  String put(String name, String sql, int memoryMegabytes)
      throws IOException, InterruptedException {
    return put(name, sql, memoryMegabytes, false);
  }

  /**
   * As {@link #put(String, String, int)}.
   *
   * @param faultTolerant whether nothing acknowledged may be lost in a crash
   */
  String put(String name, String sql, int memoryMegabytes, boolean faultTolerant)
      throws IOException, InterruptedException {
    ObjectNode config = JSON.createObjectNode();
    if (memoryMegabytes > 0) {
      config.putObject("resources").put("memory_mb_max", memoryMegabytes);
    }
    if (faultTolerant) {
      config.putObject("fault_tolerance").put("model", "exactly_once");
    }
    return putWith(name, sql, config);
  }

  /** As {@link #put(String, String, int)}, with a runtime configuration. */
  String putWith(String name, String sql, ObjectNode runtimeConfig)
      throws IOException, InterruptedException {
    ObjectNode body = JSON.createObjectNode();
    body.put("name", name);
    body.put("program_code", sql);
    body.set("runtime_config", runtimeConfig);
    return put(name, body);
  }

  private String put(String name, ObjectNode body) throws IOException, InterruptedException {
    JsonNode made =
        send("PUT", path(name), BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)));
    awaitCompiled(name, made.path("program_version").asLong());
    return made.path("id").asText();
  }

  /** Replaces the program; returns its version as soon as the change is acknowledged. */
  long patchProgram(String name, String sql) throws IOException, InterruptedException {
    ObjectNode body = JSON.createObjectNode().put("program_code", sql);
    return send("PATCH", path(name), BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
        .path("program_version")
        .asLong();
  }

  /** Waits until a version of the program is compiled; another outcome ends the bench. */
  void awaitCompiled(String name, long version) throws IOException, InterruptedException {
    await(
        name,
        s -> {
          String status = s.path("program_status").asText();
          if (status.endsWith("Error")) {
            throw new IllegalStateException("the program of " + name + " gives " + status);
          }
          return status.equals("Success") && s.path("program_version").asLong() >= version;
        });
  }

  /** Starts a pipeline and waits until it is {@code Running}; returns the seconds that it took. */
  double start(String name) throws IOException, InterruptedException {
    long began = System.nanoTime();
    send("POST", path(name) + "/start", BodyPublishers.noBody());
    await(name, s -> s.path("deployment_status").asText().equals("Running"));
    return (System.nanoTime() - began) / 1e9;
  }

  /**
   * Kills the process of a pipeline and waits until another one is {@code Running}; returns the
   * seconds that it took.
   */
  double kill(String name, long pid) throws IOException, InterruptedException {
    String deployment = get(path(name)).path("deployment_id").asText();
    ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
    long began = System.nanoTime();
    process.destroyForcibly();
    await(
        name,
        s ->
            s.path("deployment_status").asText().equals("Running")
                && !s.path("deployment_id").asText().equals(deployment));
    return (System.nanoTime() - began) / 1e9;
  }

  /** Makes a checkpoint; returns the seconds until it is complete. */
  double checkpoint(String name) throws IOException, InterruptedException {
    long began = System.nanoTime();
    long number =
        send("POST", path(name) + "/checkpoint", BodyPublishers.noBody())
            .path("checkpoint_sequence_number")
            .asLong();
    while (true) {
      JsonNode status = get(path(name) + "/checkpoint_status");
      if (status.path("success").asLong(-1) >= number) {
        return (System.nanoTime() - began) / 1e9;
      }
      if (status.path("failure").path("sequence_number").asLong(-1) >= number
          || System.nanoTime() - began > PATIENCE.toNanos()) {
        throw new IllegalStateException("checkpoint " + number + " of " + name + ": " + status);
      }
      Thread.sleep(2);
    }
  }

  /** Stops a pipeline with its state saved; returns the seconds until it is {@code Stopped}. */
  double suspend(String name) throws IOException, InterruptedException {
    long began = System.nanoTime();
    send("POST", path(name) + "/stop?force=false", BodyPublishers.noBody());
    await(name, s -> s.path("deployment_status").asText().equals("Stopped"));
    return (System.nanoTime() - began) / 1e9;
  }

  /** Stops a pipeline and waits until it is {@code Stopped}. */
  void stop(String name) throws IOException, InterruptedException {
    send("POST", path(name) + "/stop?force=true", BodyPublishers.noBody());
    await(name, s -> s.path("deployment_status").asText().equals("Stopped"));
  }

  /** Stops a pipeline and deletes it with its storage. */
  void delete(String name) throws IOException, InterruptedException {
    stop(name);
    send("POST", path(name) + "/clear", BodyPublishers.noBody());
    await(name, s -> s.path("storage_status").asText().equals("Cleared"));
    send("DELETE", path(name), BodyPublishers.noBody());
  }

  private void await(String name, Predicate<JsonNode> condition)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      JsonNode status = get(path(name) + "?selector=status");
      if (!status.path("deployment_error").isNull()
          && !status.path("deployment_error").isMissingNode()) {
        throw new IllegalStateException(
            "pipeline " + name + " has failed: " + status.path("deployment_error"));
      }
      if (condition.test(status)) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "pipeline " + name + " did not get there in " + PATIENCE + ": " + status);
      }
      Thread.sleep(5);
    }
  }

  /** Statistics of a running pipeline. */
  JsonNode stats(String name) throws IOException, InterruptedException {
    return get(path(name) + "/stats").path("global_metrics");
  }

  /** One row of an ad-hoc query. */
  JsonNode queryOne(String name, String sql) throws IOException, InterruptedException {
    return get(
        path(name) + "/query?format=json&sql=" + URLEncoder.encode(sql, StandardCharsets.UTF_8));
  }

  /** Pushes newline-delimited {@code insert_delete} JSON; returns the completion token. */
  String ingress(String name, String table, byte[] body) throws IOException, InterruptedException {
    return send(
            "POST",
            path(name) + "/ingress/" + table + "?format=json&update_format=insert_delete",
            BodyPublishers.ofByteArray(body))
        .path("token")
        .asText();
  }

  /** Whether everything up to the token is in the views. */
  boolean isComplete(String name, String token) throws IOException, InterruptedException {
    return get(path(name) + "/completion_status?token=" + token)
        .path("status")
        .asText()
        .equals("complete");
  }

  /** Asks until the token is complete. */
  void awaitComplete(String name, String token, long pauseMillis)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!isComplete(name, token)) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("a token of " + name + " was not complete in " + PATIENCE);
      }
      if (pauseMillis > 0) {
        Thread.sleep(pauseMillis);
      }
    }
  }

  /** Opens the change stream of a view. */
  InputStream egress(String name, String view) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(
                    base + path(name) + "/egress/" + view + "?format=json&backpressure=true"))
            .POST(BodyPublishers.noBody())
            .build();
    HttpResponse<InputStream> answer = http.send(request, BodyHandlers.ofInputStream());
    if (answer.statusCode() != 200) {
      throw new IllegalStateException("egress of " + view + " answers " + answer.statusCode());
    }
    return answer.body();
  }

  JsonNode get(String path) throws IOException, InterruptedException {
    return send("GET", path, BodyPublishers.noBody());
  }

  JsonNode send(String method, String path, BodyPublisher body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + path))
            .header("Content-Type", "application/json")
            .method(method, body)
            .timeout(PATIENCE)
            .build();
    HttpResponse<byte[]> answer = http.send(request, BodyHandlers.ofByteArray());
    if (answer.statusCode() >= 300) {
      throw new IllegalStateException(
          method
              + " "
              + path
              + " answers "
              + answer.statusCode()
              + " "
              + new String(answer.body(), StandardCharsets.UTF_8));
    }
    return JSON.readTree(answer.body());
  }

  static String path(String name) {
    return "/v0/pipelines/" + name;
  }
}
