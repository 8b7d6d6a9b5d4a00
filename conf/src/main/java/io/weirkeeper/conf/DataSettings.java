package io.weirkeeper.conf;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where things are kept.
 *
 * @param dataDirectory database, pipelines and logs, {@code --data-dir}, default {@code data} in
 *     the program's home
 * @param postgresUri a PostgreSQL to use, {@code --postgres-uri}; empty: an embedded one in the
 *     data directory
 */
public record DataSettings(Path dataDirectory, Optional<Secret> postgresUri) {

  static final Key<Path> DATA_DIR =
      Key.path(
          "data-dir", "DIRECTORY", "data in the program's folder", "database, pipelines, logs");
  static final Key<Secret> POSTGRES_URI =
      Key.secret(
          "postgres-uri",
          "URI",
          "a URI such as postgresql://user:password@host:5432/database",
          "an embedded one",
          "a PostgreSQL of your own");

  static final List<Key<?>> KEYS = List.of(DATA_DIR, POSTGRES_URI);

  static DataSettings from(Values values, Path home) {
    return new DataSettings(
        values.get(DATA_DIR).orElse(home.resolve("data").toAbsolutePath().normalize()),
        values.get(POSTGRES_URI));
  }
}
