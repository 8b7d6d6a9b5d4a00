package io.weirkeeper.verticles.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.weirkeeper.core.deploy.DeploymentSpec;
import io.weirkeeper.core.deploy.ProcessReport;
import io.weirkeeper.core.deploy.ProcessSecret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A real process that speaks the control part of the process protocol and runs nothing. */
public final class TestingProcess {
  private static volatile String desired;
  private static volatile boolean granted;
  private static volatile boolean mute;

  private TestingProcess() {}

  /** The program. */
  public static void main(String[] args) throws IOException, InterruptedException {
    boolean spare = System.getProperty("weirkeeper.spare") != null;
    if (spare) {
      Files.createFile(Path.of("ready"));
    }
    byte[] deployment = System.in.readAllBytes();
    if (spare && Boolean.getBoolean("testing.spare.dies")) {
      System.err.println("a spare process that dies");
      System.exit(3);
    }
    DeploymentSpec spec = new ObjectMapper().readValue(deployment, DeploymentSpec.class);
    if (spec.runtimeConfig().path("env").has("TEST_EXIT")) {
      System.err.println("told to exit");
      System.exit(7);
    }
    if (spec.runtimeConfig().path("env").has("TEST_SILENT")) {
      // Until it is killed: nobody will ever hear of it.
      new CountDownLatch(1).await();
    }
    if (spec.runtimeConfig().path("env").has("TEST_GARBLED")) {
      Files.writeString(Path.of(spec.reportFile()), "garbled");
      new CountDownLatch(1).await();
    }
    mute = spec.runtimeConfig().path("env").has("TEST_MUTE");
    desired = spec.initial().equals("paused") ? "Paused" : "Running";
    UUID instance = UUID.randomUUID();
    ProcessSecret secret = ProcessSecret.ofHex(spec.secret());
    String token = secret.bearerToken(spec.pipelineId(), spec.deploymentNumber(), instance);
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getByName(spec.bindAddress()), 0), 0);
    http.setExecutor(Executors.newFixedThreadPool(4));
    http.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          if (path.equals("/weirkeeper/challenge")) {
            String nonce = exchange.getRequestURI().getQuery().substring("nonce=".length());
            String answer =
                secret.challengeAnswer(nonce, spec.pipelineId(), spec.deploymentNumber(), instance);
            reply(exchange, 200, "{\"answer\":\"" + answer + "\"}");
          } else if (!("Bearer " + token)
              .equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            reply(exchange, 401, "{\"error_code\":\"Unauthorized\"}");
          } else {
            answer(exchange, path);
          }
        });
    http.start();
    String stat = Files.readString(Path.of("/proc/self/stat"));
    long ticks = Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19]);
    ProcessReport report =
        new ProcessReport(
            instance,
            Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip(),
            ProcessHandle.current().pid(),
            ticks,
            spec.bindAddress(),
            http.getAddress().getPort());
    Path file = Path.of(spec.reportFile());
    Path next = file.resolveSibling("process.json.new");
    Files.write(next, new ObjectMapper().writeValueAsBytes(report));
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    System.out.println("testing process is up");
  }

  private static void answer(HttpExchange exchange, String path) throws IOException {
    switch (path) {
      case "/weirkeeper/grant" -> {
        granted = true;
        reply(exchange, 200, "{}");
      }
      case "/start" -> {
        desired = "Running";
        reply(exchange, 202, "\"Pipeline transitioning to Running\"");
      }
      case "/pause" -> {
        desired = "Paused";
        reply(exchange, 202, "\"Pipeline transitioning to Paused\"");
      }
      case "/panic" -> {
        desired = "panic";
        reply(exchange, 200, "{}");
      }
      case "/status" -> {
        if (mute && granted) {
          LockSupport.parkNanos(TimeUnit.MINUTES.toNanos(10));
        }
        if (desired.equals("panic")) {
          reply(
              exchange,
              500,
              "{\"error_code\":\"RuntimeError.WorkerPanic\",\"message\":\"by zero\",\"details\":{}}");
        } else {
          reply(
              exchange,
              200,
              "{\"runtime_status\":\""
                  + (granted ? desired : "Initializing")
                  + "\",\"runtime_status_details\":{},\"runtime_desired_status\":\""
                  + desired
                  + "\",\"storage_status_details\":{\"checkpoints\":[]}}");
        }
      }
      default -> reply(exchange, 404, "{}");
    }
  }

  private static void reply(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getRequestBody().readAllBytes();
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
