package io.weirkeeper.server;

import io.weirkeeper.conf.Settings;
import io.weirkeeper.conf.SettingsException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;

/**
 * The command line: {@code run}, {@code stop}, {@code status}, {@code version}, {@code help}. Exit
 * codes: 0 done, 1 failed, 2 wrong usage, 3 not running.
 */
public final class Main {
  private static final PrintStream OUT = System.out;
  private static final PrintStream ERR = System.err;

  /** The virtual machine is on its way out already; asking it to exit would wait for itself. */
  private static final int SHUTTING_DOWN = -1;

  /** Longest farewell after a signal. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(25);

  private Main() {}

  /** The program. */
  public static void main(String[] arguments) throws Exception {
    String command = arguments.length == 0 ? "help" : arguments[0];
    List<String> options =
        arguments.length == 0 ? List.of() : Arrays.asList(arguments).subList(1, arguments.length);
    int code;
    try {
      code =
          switch (command) {
            case "run" -> run(options);
            case "stop" -> InstanceControl.stop(dataDirectory(options), OUT);
            case "status" -> InstanceControl.status(dataDirectory(options), OUT);
            case "archive" -> archive();
            case "version" -> {
              OUT.println("weirkeeper " + Server.version() + " (API " + Server.API_VERSION + ")");
              yield 0;
            }
            case "help", "--help", "-h" -> {
              OUT.println("Commands: run, stop, status, version, help");
              OUT.print(Settings.help());
              yield 0;
            }
            default -> {
              ERR.println(
                  "weirkeeper: unknown command '"
                      + command
                      + "'; expected run, stop, status, version or help");
              yield 2;
            }
          };
    } catch (SettingsException e) {
      ERR.println("weirkeeper: " + e.getMessage());
      code = 2;
    } catch (DataDirectory.InUseException | IOException e) {
      ERR.println("weirkeeper: " + e.getMessage());
      code = 1;
    }
    if (code != SHUTTING_DOWN) {
      System.exit(code);
    }
  }

  /** Not for people: the launcher calls it after a build. */
  private static int archive() throws IOException, InterruptedException {
    System.setProperty("weirkeeper.logs", System.getProperty("java.io.tmpdir"));
    EngineArchive.make(new Installation(Installation.home()), Installation.home());
    return 0;
  }

  private static Path dataDirectory(List<String> options) {
    return Settings.read(options, System.getenv(), Installation.home()).data().dataDirectory();
  }

  private static int run(List<String> options)
      throws IOException, InterruptedException, DataDirectory.InUseException {
    if (Settings.wantsHelp(options)) {
      OUT.print(Settings.help());
      return 0;
    }
    long began = System.nanoTime();
    Settings settings = Settings.read(options, System.getenv(), Installation.home());
    Path root = settings.data().dataDirectory();
    try (DataDirectory data = DataDirectory.lock(root)) {
      Files.createDirectories(data.resolve("logs"));
      System.setProperty("weirkeeper.logs", data.resolve("logs").toString());
      CountDownLatch stop = new CountDownLatch(1);
      Server server =
          new Server(settings, data, new Installation(Installation.home()), stop::countDown);
      // The virtual machine ends when its shutdown hooks have: this one asks the main thread to
      // stop and waits.
      Thread main = Thread.currentThread();
      Thread hook =
          new Thread(
              () -> {
                stop.countDown();
                try {
                  main.join(STOP_LIMIT.toMillis());
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              },
              "stop-request");
      Runtime.getRuntime().addShutdownHook(hook);
      try {
        server.start();
        announce(server, root, began);
        stop.await();
        OUT.println("Stopping ...");
      } finally {
        server.stop();
      }
      return withdraw(hook) ? 1 : SHUTTING_DOWN;
    }
  }

  /**
   * False when a signal has begun the shutdown; else the program ends because the node could not go
   * on.
   */
  private static boolean withdraw(Thread hook) {
    try {
      return Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return false;
    }
  }

  private static void announce(Server server, Path root, long began) {
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    OUT.printf(
        Locale.ROOT,
        "Weirkeeper %s is ready after %.1f s%n",
        Server.version(),
        took.toMillis() / 1000.0);
    OUT.println("  API:            " + server.url());
    OUT.println("  Management:     " + server.managementUrl());
    OUT.println("  Data directory: " + root);
    OUT.println("  To stop:        Ctrl-C, or ./weirkeeper stop --data-dir " + root);
    OUT.flush();
  }
}
