package io.weirkeeper.bench;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.weirkeeper.core.auth.ApiKeySecret;
import io.weirkeeper.core.auth.Role;
import io.weirkeeper.core.auth.Tenant;
import io.weirkeeper.server.postgres.EmbeddedDatabase;
import io.weirkeeper.store.Database;
import io.weirkeeper.store.DatabaseSettings;
import io.weirkeeper.store.StoreObserver;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What it costs to know who asks: the same GET without a provider, with an API key and with an
 * RS256 token, in turns in one run; and the first request of many distinct tokens and keys.
 */
public final class AuthBench {
  private static final List<String> GROUPS = List.of("rate", "tokens", "keys");
  private static final int CLIENTS = 64;
  private static final int TOKENS = 10_000;
  private static final int KEYS = 100_000;
  private static final int QUICK = 500;
  private static final int ROUNDS = 3;
  private static final int KEYS_AT_ONCE = 2_000;
  private static final long SECONDS = 120;
  private static final double AIM_PERCENT = 85;
  private static final Duration WARM_UP = Duration.ofSeconds(4);
  private static final Duration MEASURED = Duration.ofSeconds(4);
  private static final String PROGRAM = "CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v BIGINT);";

  private final Options options;
  private final PrintStream progress = System.err;
  private final ResultTable table = new ResultTable(progress);
  private final SecureRandom random = new SecureRandom();

  private AuthBench(Options options) {
    this.options = options;
  }

  /** Runs the bench; {@code bench/auth} starts the server without a provider and calls this. */
  public static void main(String[] arguments) throws Exception {
    Options options;
    try {
      options = Options.read(arguments, GROUPS);
    } catch (IllegalArgumentException e) {
      System.err.println("bench/auth: " + e.getMessage());
      System.exit(2);
      return;
    }
    new AuthBench(options).run();
  }

  private void run() throws Exception {
    String before = Machine.describe();
    progress.println("Measuring on " + before);
    String unused = new ApiClient(options.server()).put("p", PROGRAM, 0);
    try (TokenIssuer issuer = new TokenIssuer();
        ServerProcess asking =
            new ServerProcess(
                options.launcher(),
                options.dataDirectory().resolveSibling("asking"),
                options.server().getPort() + 2)) {
      // What is made without a provider belongs to the tenant that keys and tokens act in.
      asking.start();
      asking.awaitReady();
      String made = new ApiClient(asking.uri()).put("p", PROGRAM, 0);
      asking.stop();
      int count = options.quick() ? QUICK : KEYS;
      progress.println("  making " + count + " API keys ...");
      List<String> keys = keys(asking.data(), count);
      asking.start(
          "--auth-provider=generic-oidc",
          "--auth-issuer=" + issuer.issuer(),
          "--auth-client-id=bench");
      asking.awaitReady();
      if (options.wants("rate")) {
        rates(asking.uri(), keys.get(0), issuer.token("ann"));
      }
      if (options.wants("tokens")) {
        tokens(asking, issuer);
      }
      if (options.wants("keys")) {
        firstRequests(asking, keys, "API keys");
      }
    }
    System.out.println();
    System.out.println("bench/auth" + (options.quick() ? " --quick" : "") + " on " + before);
    System.out.printf(
        Locale.ROOT,
        "load average at the end %.2f; 'load' is that of the minute before the figure%n%n",
        Machine.load());
    table.print(System.out);
  }

  private List<String> keys(Path data, int count) throws Exception {
    EmbeddedDatabase server = EmbeddedDatabase.start(data.resolve("postgres"));
    Vertx vertx = Vertx.vertx();
    try {
      Database database =
          Database.open(
                  vertx,
                  server.uri(),
                  DatabaseSettings.of(UUID.randomUUID()),
                  Optional.empty(),
                  StoreObserver.NONE)
              .await(SECONDS, TimeUnit.SECONDS);
      List<String> keys = new ArrayList<>();
      List<Future<Boolean>> writes = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        String key = ApiKeySecret.create(random);
        keys.add(key);
        writes.add(
            database
                .access()
                .apiKeys()
                .create(
                    UUID.randomUUID(),
                    Tenant.DEFAULT_ID,
                    "key-" + i,
                    ApiKeySecret.hash(key),
                    Role.READ,
                    null));
        if (writes.size() == KEYS_AT_ONCE || i == count - 1) {
          Future.all(writes).await(SECONDS, TimeUnit.SECONDS);
          writes.clear();
        }
      }
      database.close().await(SECONDS, TimeUnit.SECONDS);
      return keys;
    } finally {
      vertx.close().await(SECONDS, TimeUnit.SECONDS);
      server.stop();
    }
  }

  private static HttpLoad.Call call(String credential) {
    HttpLoad.Header header =
        credential == null ? null : new HttpLoad.Header("Authorization", "Bearer " + credential);
    return new HttpLoad.Call(HttpMethod.GET, "/v0/pipelines/p", null, header);
  }

  private void rates(URI asking, String key, String token) throws Exception {
    List<HttpLoad.Outcome> none = new ArrayList<>();
    List<HttpLoad.Outcome> withKey = new ArrayList<>();
    List<HttpLoad.Outcome> withToken = new ArrayList<>();
    for (int round = 0; round <= ROUNDS; round++) {
      // In turns, so that the machine's moods hit all three; the first round warms up.
      Duration time = round == 0 ? WARM_UP : MEASURED;
      none.add(load(options.server(), call(null), time));
      withKey.add(load(asking, call(key), time));
      withToken.add(load(asking, call(token), time));
    }
    double base = median(none);
    table.plain("GET, no provider, 64 clients", ResultTable.number(base) + " /s", told(none));
    compare("GET with an API key", median(withKey), base, told(withKey));
    compare("GET with an RS256 token", median(withToken), base, told(withToken));
  }

  private void compare(String figure, double rate, double base, String notes) {
    double percent = 100 * rate / base;
    table.atLeast(
        figure,
        ResultTable.number(percent) + " %",
        percent,
        AIM_PERCENT,
        "% of none",
        ResultTable.number(rate) + " /s; " + notes);
  }

  private static double median(List<HttpLoad.Outcome> outcomes) {
    return new Sample(outcomes.stream().skip(1).mapToDouble(HttpLoad.Outcome::perSecond).toArray())
        .median();
  }

  private static String told(List<HttpLoad.Outcome> outcomes) {
    return outcomes.stream()
        .skip(1)
        .map(each -> ResultTable.number(each.perSecond()))
        .collect(Collectors.joining(", ", "rounds ", ""));
  }

  private static HttpLoad.Outcome load(URI server, HttpLoad.Call call, Duration time)
      throws Exception {
    try (HttpLoad load = new HttpLoad(server, CLIENTS)) {
      return load.during(time, i -> call);
    }
  }

  private void tokens(ServerProcess server, TokenIssuer issuer) throws Exception {
    int count = options.quick() ? QUICK : TOKENS;
    progress.println("  signing " + count + " tokens ...");
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tokens.add(issuer.token("user-" + i));
    }
    firstRequests(server, tokens, "tokens, each of another user");
    outcome("again, " + String.format(Locale.ROOT, "%,d", count) + " tokens", server, tokens);
  }

  private void firstRequests(ServerProcess server, List<String> credentials, String what)
      throws Exception {
    String figure = String.format(Locale.ROOT, "first request of %,d %s", credentials.size(), what);
    outcome(figure, server, credentials);
  }

  private void outcome(String figure, ServerProcess server, List<String> credentials)
      throws Exception {
    long before = Machine.residentBytes(server.pid());
    try (HttpLoad load = new HttpLoad(server.uri(), CLIENTS)) {
      HttpLoad.Outcome outcome =
          load.once(
              IntStream.range(0, credentials.size())
                  .mapToObj(i -> call(credentials.get(i)))
                  .toList());
      table.plain(
          figure,
          "p99 " + ResultTable.number(outcome.millis().quantile(0.99)) + " ms",
          String.format(
              Locale.ROOT,
              "%s /s; resident memory of the controller %d MiB before, %d MiB after",
              ResultTable.number(outcome.perSecond()),
              before >> 20,
              Machine.residentBytes(server.pid()) >> 20));
    }
  }
}
