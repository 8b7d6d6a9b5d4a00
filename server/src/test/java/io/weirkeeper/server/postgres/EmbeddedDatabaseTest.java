package io.weirkeeper.server.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weirkeeper.store.PostgresUri;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** On one directory, whose path has a space, so that the programs are unpacked once. */
@TestMethodOrder(MethodOrderer.MethodName.class)
class EmbeddedDatabaseTest {
  @TempDir static Path temporary;

  private Path directory;
  private EmbeddedDatabase database;

  @BeforeEach
  void start() throws IOException {
    directory = temporary.resolve("data directory").resolve("postgres");
    database = EmbeddedDatabase.start(directory);
    execute("CREATE TABLE IF NOT EXISTS kept (value text PRIMARY KEY)");
    execute("DELETE FROM kept");
  }

  @AfterEach
  void stop() throws IOException {
    database.stop();
  }

  private Connection connect(String password) throws SQLException {
    PostgresUri uri = database.uri();
    return DriverManager.getConnection(
        "jdbc:postgresql://" + uri.host() + ":" + uri.port() + "/" + uri.database(),
        uri.user(),
        password);
  }

  private void execute(String sql) {
    try (Connection connection = connect(database.uri().password());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  private String query(String sql) {
    try (Connection connection = connect(database.uri().password());
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getString(1) : null;
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  private Postmaster running() throws IOException {
    return Postmaster.find(directory.resolve("cluster")).orElseThrow();
  }

  @Test
  void itsWritesAreSynced() {
    for (String setting : List.of("fsync", "synchronous_commit", "full_page_writes")) {
      assertThat(query("SHOW " + setting)).as(setting).isEqualTo("on");
    }
    assertThat(query("SHOW server_encoding")).isEqualTo("UTF8");
    assertThat(query("SELECT datlocale FROM pg_database WHERE datname = 'postgres'"))
        .isEqualTo("C.UTF-8");
  }

  @Test
  void itListensOnLoopbackOnlyAndHasNoSocketFile() {
    assertThat(query("SHOW listen_addresses")).isEqualTo("127.0.0.1");
    assertThat(query("SHOW unix_socket_directories")).isEmpty();
  }

  @Test
  void nobodyGetsInWithoutThePassword() {
    assertThatThrownBy(() -> connect("wrong").close())
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("password authentication failed");
    assertThatThrownBy(() -> connect(null).close()).isInstanceOf(SQLException.class);
    assertThat(query("SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules"))
        .isEqualTo("scram-sha-256");
  }

  @Test
  void onlyTheOwnerCanReadThePassword() throws IOException {
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(directory.resolve("password"))))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
        .isEqualTo("rwx------");
    assertThat(database.toString()).doesNotContain(database.uri().password());
    assertThat(database.uri().toString()).doesNotContain(database.uri().password());
  }

  @Test
  void itRunsInASessionOfItsOwn() throws IOException {
    // Field 6 of the process's stat, after its name in parentheses.
    String stat = Files.readString(Path.of("/proc", Long.toString(running().pid()), "stat"));
    String session = stat.substring(stat.lastIndexOf(')') + 2).split(" ")[3];
    assertThat(session).isEqualTo(Long.toString(running().pid()));
  }

  @Test
  void whatWasWrittenIsThereAfterAStopAndAStart() throws IOException {
    execute("INSERT INTO kept VALUES ('a')");
    database.stop();
    assertThat(Postmaster.find(directory.resolve("cluster"))).isEmpty();
    database = EmbeddedDatabase.start(directory);
    assertThat(database.adopted()).isFalse();
    assertThat(query("SELECT value FROM kept")).isEqualTo("a");
  }

  @Test
  void aStopOfAStoppedServerDoesNothing() throws IOException {
    database.stop();
    database.stop();
  }

  @Test
  void afterTheProgramWasKilledItsServerIsTakenOver() throws Exception {
    database.stop();
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                KilledProgram.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var output = program.inputReader()) {
      assertThat(output.lines().anyMatch("written"::equals)).isTrue();
    }
    assertThat(program.waitFor(30, TimeUnit.SECONDS)).isTrue();
    long pid = running().pid();
    database = EmbeddedDatabase.start(directory);
    assertThat(database.adopted()).isTrue();
    assertThat(running().pid()).isEqualTo(pid);
    assertThat(query("SELECT value FROM kept")).isEqualTo("from the killed program");
  }

  @Test
  void afterTheServerWasKilledTheNextStartRecovers() throws Exception {
    execute("INSERT INTO kept VALUES ('b')");
    ProcessHandle server = ProcessHandle.of(running().pid()).orElseThrow();
    assertThat(server.destroyForcibly()).isTrue();
    server.onExit().get(10, TimeUnit.SECONDS);
    database = EmbeddedDatabase.start(directory);
    assertThat(database.adopted()).isFalse();
    assertThat(query("SELECT value FROM kept")).isEqualTo("b");
  }

  @Test
  void aServerThatIsGoneIsStartedAgainWhereItWas() throws Exception {
    execute("INSERT INTO kept VALUES ('d')");
    assertThat(database.ensureRunning()).isFalse();
    ProcessHandle server = ProcessHandle.of(running().pid()).orElseThrow();
    server.destroyForcibly();
    server.onExit().get(10, TimeUnit.SECONDS);
    assertThat(database.ensureRunning()).isTrue();
    assertThat(query("SELECT value FROM kept")).isEqualTo("d");
  }

  @Test
  void aRestartKeepsThePort() throws IOException {
    int port = database.uri().port();
    database.stop();
    database = EmbeddedDatabase.start(directory);
    assertThat(database.uri().port()).isEqualTo(port);
  }

  @Test
  void aRememberedPortThatIsTakenIsReplaced() throws IOException {
    int port = database.uri().port();
    database.stop();
    try (var taken =
        new java.net.ServerSocket(port, 1, java.net.InetAddress.getLoopbackAddress())) {
      database = EmbeddedDatabase.start(directory);
      assertThat(database.uri().port()).isNotEqualTo(taken.getLocalPort());
    }
  }

  @Test
  void aPidFileThatNamesAnotherProcessIsNotBelieved() throws IOException {
    database.stop();
    Path pidFile = directory.resolve("cluster").resolve("postmaster.pid");
    Files.writeString(
        pidFile,
        ProcessHandle.current().pid() + "\n" + directory + "\n1\n5432\n\n127.0.0.1\n1 1\nready\n");
    assertThat(Postmaster.find(directory.resolve("cluster"))).isEmpty();
    database = EmbeddedDatabase.start(directory);
    assertThat(database.adopted()).isFalse();
  }

  @Test
  void aServerThatDoesNotLetUsInIsReplaced() throws IOException {
    execute("INSERT INTO kept VALUES ('c')");
    long pid = running().pid();
    Path pidFile = directory.resolve("cluster").resolve("postmaster.pid");
    // As if the server were still coming up.
    Files.writeString(pidFile, Files.readString(pidFile).replace("ready", "starting"));
    database = EmbeddedDatabase.start(directory);
    assertThat(database.adopted()).isFalse();
    assertThat(running().pid()).isNotEqualTo(pid);
    assertThat(query("SELECT value FROM kept")).isEqualTo("c");
  }

  @Test
  void aDirectoryOfAnotherMajorVersionIsRefused() throws IOException {
    database.stop();
    Path version = directory.resolve("cluster").resolve("PG_VERSION");
    String original = Files.readString(version);
    Files.writeString(version, "16\n");
    try {
      assertThatThrownBy(() -> EmbeddedDatabase.start(directory))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("is of PostgreSQL 16");
    } finally {
      Files.writeString(version, original);
    }
  }
}
