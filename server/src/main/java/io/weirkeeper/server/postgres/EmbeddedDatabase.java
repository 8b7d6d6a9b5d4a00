package io.weirkeeper.server.postgres;

import io.weirkeeper.store.Database;
import io.weirkeeper.store.PostgresUri;
import io.weirkeeper.store.StoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL server in a directory of its own. All methods block: for start-up and shutdown, on a
 * thread of their own.
 *
 * <p>It listens on loopback only, on a free port, has no socket file, and lets nobody in without
 * the password that was made at the first start and is in a file that only its owner can read. It
 * runs in a session of its own, so that Ctrl-C in a terminal does not reach it. When the program
 * was killed and the server is still up, {@link #start} takes it over; a server that does not
 * answer, or is of another version of the program, is stopped first.
 */
public final class EmbeddedDatabase {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedDatabase.class);

  private static final String USER = "weirkeeper";
  private static final String DATABASE = "postgres";

  /** Major version of the binaries; a directory of another one needs a dump and a restore. */
  private static final String MAJOR_VERSION = "17";

  private static final Duration INIT_LIMIT = Duration.ofSeconds(60);
  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  /** A fast shutdown takes some 100 ms; then it is ended without one, which loses nothing. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  /** Another program may take the free port before PostgreSQL does. */
  private static final int START_ATTEMPTS = 3;

  private static final int PASSWORD_BYTES = 24;
  private static final long LOG_LIMIT_BYTES = 10L * 1024 * 1024;

  private final Path directory;
  private final Binaries binaries;
  private final PostgresUri uri;
  private final boolean adopted;

  private EmbeddedDatabase(Path directory, Binaries binaries, PostgresUri uri, boolean adopted) {
    this.directory = directory;
    this.binaries = binaries;
    this.uri = uri;
    this.adopted = adopted;
  }

  /**
   * Makes the server's files if there are none, and starts it or takes a running one over.
   *
   * @param directory of this server only; created if absent. The caller holds the lock of the data
   *     directory around it: two starts on one directory must not run at once.
   * @throws IOException that says what failed, where the server's log is, and what to do
   */
  public static EmbeddedDatabase start(Path directory) throws IOException {
    Path home = directory.toAbsolutePath().normalize();
    if (!Files.isDirectory(home)) {
      Files.createDirectories(home.getParent());
      Files.createDirectory(
          home, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    Binaries binaries = Binaries.in(home);
    String password = password(home);
    Optional<Postmaster> running = Postmaster.find(cluster(home));
    if (running.isPresent()) {
      Optional<EmbeddedDatabase> taken = adopt(home, binaries, password, running.get());
      if (taken.isPresent()) {
        return taken.get();
      }
      stop(home, binaries, running.get());
    }
    if (!Files.exists(cluster(home))) {
      initialise(home, binaries);
    }
    requireVersion(home);
    return new EmbeddedDatabase(home, binaries, launch(home, binaries, password), false);
  }

  /** Where it is, with the password. */
  public PostgresUri uri() {
    return uri;
  }

  /** Whether the server was running already. */
  public boolean adopted() {
    return adopted;
  }

  /**
   * Stops the server: sessions are ended, everything is on disk. Does nothing when it is not
   * running.
   */
  public void stop() throws IOException {
    Optional<Postmaster> running = Postmaster.find(cluster(directory));
    if (running.isPresent()) {
      stop(directory, binaries, running.get());
    }
  }

  /**
   * Starts the server again, where it was, if it is gone; for a watch that calls this now and then.
   *
   * @return whether it had to be started
   * @throws IOException when it does not start
   */
  public boolean ensureRunning() throws IOException {
    if (Postmaster.find(cluster(directory)).isPresent()) {
      return false;
    }
    LOG.error("The database server on port {} is gone; starting it again", uri.port());
    launch(directory, binaries, uri.password(), uri.port());
    return true;
  }

  private static Optional<EmbeddedDatabase> adopt(
      Path home, Binaries binaries, String password, Postmaster running) {
    if (!running.isReady() || !running.isOf(binaries.folder())) {
      LOG.info("A database server (pid {}) is up but not usable; stopping it", running.pid());
      return Optional.empty();
    }
    PostgresUri uri = uri(running.port(), password);
    try {
      Database.check(uri);
    } catch (StoreException e) {
      LOG.warn("The database server that is up (pid {}) does not answer", running.pid(), e);
      return Optional.empty();
    }
    LOG.info("Took over the running database server: pid={} port={}", running.pid(), uri.port());
    return Optional.of(new EmbeddedDatabase(home, binaries, uri, true));
  }

  private static PostgresUri launch(Path home, Binaries binaries, String password)
      throws IOException {
    Path log = log(home);
    if (Files.exists(log) && Files.size(log) > LOG_LIMIT_BYTES) {
      Files.move(log, home.resolve("server.log.1"), StandardCopyOption.REPLACE_EXISTING);
    }
    IOException last = null;
    for (int attempt = 0; attempt < START_ATTEMPTS; attempt++) {
      // The port of last time, so that whoever noted it down finds the server there again.
      int port = attempt == 0 ? rememberedPort(home).orElseGet(Ports::free) : Ports.free();
      try {
        PostgresUri uri = launch(home, binaries, password, port);
        Files.writeString(portFile(home), port + "\n");
        return uri;
      } catch (IOException e) {
        last = e;
        LOG.warn("Attempt {} to start the database server failed", attempt + 1, last);
      }
    }
    throw last;
  }

  private static PostgresUri launch(Path home, Binaries binaries, String password, int port)
      throws IOException {
    Path log = log(home);
    Postmaster.removeStale(cluster(home));
    try {
      binaries.run(
          "pg_ctl",
          List.of(
              "start",
              "-w",
              "-s",
              "-t",
              Long.toString(START_LIMIT.toSeconds()),
              "-D",
              cluster(home).toString(),
              "-l",
              log.toString(),
              "-o",
              String.join(" ", serverOptions(port))),
          START_LIMIT.plus(STOP_LIMIT));
      PostgresUri uri = uri(port, password);
      Database.check(uri);
      LOG.info("Database server started: port={} log={}", port, log);
      return uri;
    } catch (IOException | StoreException e) {
      throw new IOException(
          "The embedded PostgreSQL did not start in "
              + cluster(home)
              + ": "
              + e.getMessage()
              + "\n"
              + Commands.tail(log)
              + "\nIts log is "
              + log
              + ". A PostgreSQL of your own can be used with --postgres-uri.",
          e);
    }
  }

  private static Optional<Integer> rememberedPort(Path home) throws IOException {
    Path file = portFile(home);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    return Ports.parse(Files.readString(file)).filter(Ports::isFree);
  }

  private static List<String> serverOptions(int port) {
    List<String> options = new ArrayList<>(List.of("-p", Integer.toString(port)));
    for (String setting :
        List.of(
            // Durability is the point of a control plane's database.
            "fsync=on",
            "synchronous_commit=on",
            "full_page_writes=on",
            // Loopback with a password only: no socket file.
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "password_encryption=scram-sha-256",
            "max_connections=64",
            "shared_buffers=64MB",
            "max_wal_size=512MB",
            "jit=off",
            "timezone=UTC",
            "log_timezone=UTC",
            // Statements and details hold users' data, which logs must not.
            "log_min_error_statement=panic",
            "log_error_verbosity=terse",
            "log_parameter_max_length_on_error=0")) {
      options.add("-c");
      options.add(setting);
    }
    return options;
  }

  private static void stop(Path home, Binaries binaries, Postmaster running) throws IOException {
    try {
      pgCtlStop(home, binaries, "fast");
    } catch (IOException e) {
      LOG.warn("The database server does not shut down; ending it at once", e);
      pgCtlStop(home, binaries, "immediate");
    }
    LOG.info("Database server stopped: pid={}", running.pid());
  }

  private static void pgCtlStop(Path home, Binaries binaries, String mode) throws IOException {
    binaries.run(
        "pg_ctl",
        List.of(
            "stop",
            "-w",
            "-s",
            "-m",
            mode,
            "-t",
            Long.toString(STOP_LIMIT.toSeconds()),
            "-D",
            cluster(home).toString()),
        STOP_LIMIT.plus(STOP_LIMIT));
  }

  /**
   * Makes the cluster beside its final place, so that a crash leaves none rather than half of one.
   */
  private static void initialise(Path home, Binaries binaries) throws IOException {
    Path fresh = home.resolve("cluster.new");
    Commands.deleteTree(fresh);
    binaries.run(
        "initdb",
        List.of(
            "-D",
            fresh.toString(),
            "-U",
            USER,
            "--pwfile",
            passwordFile(home).toString(),
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
            // One call for the whole file system: a second faster than one for each of 1,000 files.
            "--sync-method=syncfs"),
        INIT_LIMIT);
    Files.move(fresh, cluster(home), StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel folder = FileChannel.open(home, StandardOpenOption.READ)) {
      folder.force(true);
    }
  }

  private static void requireVersion(Path home) throws IOException {
    String found = Files.readString(cluster(home).resolve("PG_VERSION")).strip();
    if (!found.equals(MAJOR_VERSION)) {
      throw new IOException(
          "The database in "
              + cluster(home)
              + " is of PostgreSQL "
              + found
              + ", this program brings "
              + MAJOR_VERSION
              + ". Dump it with the program that made it and restore it into a new data directory.");
    }
  }

  /** The password; made at the first start. */
  private static String password(Path home) throws IOException {
    Path file = passwordFile(home);
    if (!Files.exists(file)) {
      byte[] random = new byte[PASSWORD_BYTES];
      new SecureRandom().nextBytes(random);
      Path fresh = home.resolve("password.new");
      Files.deleteIfExists(fresh);
      Files.createFile(
          fresh,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(fresh, HexFormat.of().formatHex(random) + "\n");
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }
    return Files.readString(file).strip();
  }

  private static PostgresUri uri(int port, String password) {
    return new PostgresUri("127.0.0.1", port, DATABASE, USER, password, "disable");
  }

  private static Path cluster(Path home) {
    return home.resolve("cluster");
  }

  private static Path passwordFile(Path home) {
    return home.resolve("password");
  }

  private static Path portFile(Path home) {
    return home.resolve("port");
  }

  private static Path log(Path home) {
    return home.resolve("server.log");
  }
}
