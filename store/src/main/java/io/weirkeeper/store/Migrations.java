package io.weirkeeper.store;

import io.weirkeeper.core.pipeline.ShardMap;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.postgresql.ds.PGSimpleDataSource;

/** Brings the schema up to date and checks that the database is the right one. Blocks. */
final class Migrations {
  /** Everything is in a schema of its own, so that a shared database stays tidy. */
  static final String SCHEMA = "weirkeeper";

  /** Version of the newest file in {@code db/migration}. */
  static final String LATEST = "5";

  /** The first release with {@code transaction_timeout}. */
  static final int TRANSACTION_TIMEOUT_SINCE = 170_000;

  /** The oldest release that is still maintained and tested against. */
  private static final int OLDEST = 140_000;

  /** A migration gives up rather than queue all writes behind its own wait for a lock. */
  private static final String SESSION_OPTIONS = "-c lock_timeout=2s";

  private static final int CONNECT_SECONDS = 5;

  /**
   * What was found.
   *
   * @param timeline history
   * @param versionNumber for example 170007
   * @param version for example {@code 17.7}
   */
  record Found(Timeline timeline, int versionNumber, String version) {}

  private Migrations() {}

  static Found run(PostgresUri uri, Optional<Timeline> seen) {
    PGSimpleDataSource source = source(uri);
    try {
      Found found = inspect(source, uri);
      seen.ifPresent(highest -> requireContinues(uri, found.timeline(), highest));
      if (!isCurrent(source)) {
        migrate(source, uri);
      }
      checkSharding(source, uri);
      return found;
    } catch (SQLException e) {
      throw unusable(uri, e);
    }
  }

  static void check(PostgresUri uri) {
    try (Connection connection = source(uri).getConnection()) {
      if (!connection.isValid(CONNECT_SECONDS)) {
        throw new SQLException("the connection does not answer", "08000");
      }
    } catch (SQLException e) {
      throw unusable(uri, e);
    }
  }

  private static PGSimpleDataSource source(PostgresUri uri) {
    PGSimpleDataSource source = uri.dataSource();
    source.setLoginTimeout(CONNECT_SECONDS);
    source.setOptions(SESSION_OPTIONS);
    return source;
  }

  private static StoreException unusable(PostgresUri uri, SQLException e) {
    return new StoreException(
        StoreException.Reason.UNAVAILABLE,
        "PostgreSQL at "
            + uri
            + " cannot be used: "
            + e.getMessage()
            + " (SQLSTATE "
            + e.getSQLState()
            + "). Check that it runs, and the user, password and database of the URI.",
        e);
  }

  private static Found inspect(PGSimpleDataSource source, PostgresUri uri) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT t.id, t.line, current_setting('server_version_num'),"
                    + " current_setting('server_version') FROM ("
                    + Database.TIMELINE
                    + ") AS t")) {
      row.next();
      int number = row.getInt(3);
      if (number < OLDEST) {
        throw wrong(uri, "it is PostgreSQL " + row.getString(4) + ", expected 14 or newer");
      }
      if (row.getString(2) == null) {
        throw wrong(uri, "it is a standby; give the URI of the primary");
      }
      return new Found(new Timeline(row.getString(1), row.getLong(2)), number, row.getString(4));
    }
  }

  private static void requireContinues(PostgresUri uri, Timeline found, Timeline seen) {
    if (!found.systemIdentifier().equals(seen.systemIdentifier())) {
      throw wrong(
          uri,
          "its system identifier is "
              + found.systemIdentifier()
              + ", but this data directory belongs to "
              + seen.systemIdentifier()
              + "; use that database, or another data directory");
    }
    if (!found.continues(seen)) {
      throw wrong(
          uri,
          "its timeline is "
              + found.number()
              + ", but "
              + seen.number()
              + " was seen before: it is an old copy, and writes to it would be lost");
    }
  }

  /** Whether all migrations were applied: asking spares most starts half a second of Flyway. */
  private static boolean isCurrent(PGSimpleDataSource source) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      try (ResultSet row =
          statement.executeQuery(
              "SELECT to_regclass('" + SCHEMA + ".flyway_schema_history') IS NOT NULL")) {
        row.next();
        if (!row.getBoolean(1)) {
          return false;
        }
      }
      try (ResultSet row =
          statement.executeQuery(
              "SELECT bool_and(success), (array_agg(version ORDER BY installed_rank DESC)"
                  + " FILTER (WHERE version IS NOT NULL))[1] FROM "
                  + SCHEMA
                  + ".flyway_schema_history")) {
        row.next();
        return row.getBoolean(1) && LATEST.equals(row.getString(2));
      }
    }
  }

  private static void migrate(PGSimpleDataSource source, PostgresUri uri) {
    try {
      Flyway.configure(Migrations.class.getClassLoader())
          .dataSource(source)
          .schemas(SCHEMA)
          .defaultSchema(SCHEMA)
          .createSchemas(true)
          .locations("classpath:db/migration")
          .connectRetries(0)
          .cleanDisabled(true)
          .load()
          .migrate();
    } catch (FlywayException e) {
      throw new StoreException(
          StoreException.Reason.FAILED,
          "The schema of " + uri + " cannot be brought up to date: " + e.getMessage(),
          e);
    }
  }

  private static void checkSharding(PGSimpleDataSource source, PostgresUri uri)
      throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT shard_count, hash_version, (SELECT count(*) FROM "
                    + SCHEMA
                    + ".shard) FROM "
                    + SCHEMA
                    + ".cluster_meta")) {
      row.next();
      if (row.getInt(1) != ShardMap.SHARDS
          || row.getInt(2) != ShardMap.HASH_VERSION
          || row.getInt(3) != ShardMap.SHARDS) {
        throw wrong(
            uri,
            "it has "
                + row.getInt(1)
                + " shards ("
                + row.getInt(3)
                + " rows) by hash version "
                + row.getInt(2)
                + ", this program needs "
                + ShardMap.SHARDS
                + " by version "
                + ShardMap.HASH_VERSION
                + "; use the program version that made it");
      }
    }
  }

  private static StoreException wrong(PostgresUri uri, String why) {
    return new StoreException(
        StoreException.Reason.WRONG_DATABASE,
        "The database at " + uri + " cannot be used: " + why + ".",
        null);
  }
}
