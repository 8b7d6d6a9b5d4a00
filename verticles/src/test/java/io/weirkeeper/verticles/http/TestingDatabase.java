package io.weirkeeper.verticles.http;

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
import java.util.concurrent.atomic.AtomicInteger;

/** One real PostgreSQL for the tests of this package; each taker gets a database of its own. */
final class TestingDatabase {
  private static final String TEMPLATE = "access_template";
  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static EmbeddedPostgres server;

  private TestingDatabase() {}

  /** A migrated database. */
  static synchronized PostgresUri create() {
    try {
      if (server == null) {
        server = EmbeddedPostgres.builder().start();
        execute("CREATE DATABASE " + TEMPLATE);
        Vertx vertx = Vertx.vertx();
        Fixture.await(open(vertx, uri(TEMPLATE)).close());
        Fixture.await(vertx.close());
      }
      String name = "access" + DATABASES.incrementAndGet();
      // Copying is quicker than migrating each anew.
      execute("CREATE DATABASE " + name + " TEMPLATE " + TEMPLATE);
      return uri(name);
    } catch (IOException | SQLException e) {
      throw new IllegalStateException("PostgreSQL does not start", e);
    }
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(server.getJdbcUrl("postgres", "postgres"));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static PostgresUri uri(String name) {
    return PostgresUri.parse(
        "postgresql://postgres:postgres@localhost:"
            + server.getPort()
            + "/"
            + name
            + "?sslmode=disable");
  }

  static Database open(Vertx vertx, PostgresUri uri) {
    return Fixture.await(
        Database.open(
            vertx,
            uri,
            DatabaseSettings.of(UUID.randomUUID()),
            Optional.empty(),
            StoreObserver.NONE));
  }
}
