package io.weirkeeper.server.postgres;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;

/** Starts the database, writes a row and dies without a word. */
final class KilledProgram {
  private KilledProgram() {}

  public static void main(String[] arguments) throws Exception {
    EmbeddedDatabase database = EmbeddedDatabase.start(Path.of(arguments[0]));
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + database.uri().port() + "/postgres",
                database.uri().user(),
                database.uri().password());
        Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO kept VALUES ('from the killed program')");
    }
    System.out.println("written");
    Runtime.getRuntime().halt(137);
  }
}
