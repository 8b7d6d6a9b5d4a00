package io.weirkeeper.store;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
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

/** One real PostgreSQL for all tests of the module; each test class takes a database of its own. */
final class TestPostgres {
  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static EmbeddedPostgres server;

  private TestPostgres() {}

  private static synchronized EmbeddedPostgres server() {
    if (server == null) {
      try {
        server = EmbeddedPostgres.builder().setServerConfig("max_connections", "200").start();
      } catch (IOException e) {
        throw new IllegalStateException("PostgreSQL does not start", e);
      }
    }
    return server;
  }

  static PostgresUri newDatabase() {
    String name = "test" + DATABASES.incrementAndGet();
    execute(uri("postgres"), "CREATE DATABASE " + name);
    return uri(name);
  }

  private static PostgresUri uri(String database) {
    return PostgresUri.parse(
        "postgresql://postgres:postgres@localhost:"
            + server().getPort()
            + "/"
            + database
            + "?sslmode=disable");
  }

  static Connection connect(PostgresUri uri) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://"
            + uri.host()
            + ":"
            + uri.port()
            + "/"
            + uri.database()
            + "?currentSchema=weirkeeper",
        uri.user(),
        uri.password());
  }

  static void execute(PostgresUri uri, String sql) {
    try (Connection connection = connect(uri);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  static Vertx vertx() {
    return Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
  }

  static Database open(Vertx vertx, PostgresUri uri) throws TimeoutException {
    return open(vertx, uri, DatabaseSettings.of(UUID.randomUUID()));
  }

  static Database open(Vertx vertx, PostgresUri uri, DatabaseSettings settings)
      throws TimeoutException {
    return Database.open(vertx, uri, settings, Optional.empty(), StoreObserver.NONE)
        .await(30, TimeUnit.SECONDS);
  }

  /** Waits until a condition holds, for at most ten seconds. */
  static void until(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("Not within ten seconds: " + what);
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  /** Sessions that wait for a lock in this database. */
  static int waiting(PostgresUri uri) {
    try (Connection connection = connect(uri);
        Statement statement = connection.createStatement();
        var rows =
            statement.executeQuery(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND wait_event_type = 'Lock'")) {
      rows.next();
      return rows.getInt(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
