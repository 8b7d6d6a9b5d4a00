package io.weirkeeper.cluster;

import io.vertx.core.Vertx;
import io.weirkeeper.store.Database;
import io.weirkeeper.store.DatabaseSettings;
import io.weirkeeper.store.PostgresUri;
import io.weirkeeper.store.StoreObserver;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** One real PostgreSQL for all tests of the module; each test takes a database of its own. */
final class TestDatabase {
  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static EmbeddedPostgres server;

  private TestDatabase() {}

  static synchronized PostgresUri create() throws IOException {
    if (server == null) {
      server = EmbeddedPostgres.builder().setServerConfig("max_connections", "200").start();
    }
    String name = "test" + DATABASES.incrementAndGet();
    execute(uri("postgres"), "CREATE DATABASE " + name);
    return uri(name);
  }

  private static PostgresUri uri(String database) {
    return new PostgresUri(
        "localhost", server.getPort(), database, "postgres", "postgres", "disable");
  }

  static void execute(PostgresUri uri, String sql) {
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:postgresql://localhost:"
                    + uri.port()
                    + "/"
                    + uri.database()
                    + "?currentSchema=weirkeeper",
                uri.user(),
                uri.password());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  static Database open(Vertx vertx, PostgresUri uri) throws TimeoutException {
    return Database.open(
            vertx,
            uri,
            DatabaseSettings.of(UUID.randomUUID()),
            Optional.empty(),
            StoreObserver.NONE)
        .await(30, TimeUnit.SECONDS);
  }

  static void until(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("Not within twenty seconds: " + what);
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }
}
