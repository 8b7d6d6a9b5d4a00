package io.weirkeeper.store;

import io.vertx.core.net.ClientSSLOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Where a PostgreSQL database is, read from {@code
 * postgresql://user:password@host:port/database?sslmode=require}. Nothing that it prints shows the
 * password.
 *
 * @param host name or address
 * @param port TCP port, 5432 by default
 * @param database name of the database, by default that of the user
 * @param user role
 * @param password or null
 * @param sslMode one of {@link #SSL_MODES}, by default {@code prefer}
 */
public record PostgresUri(
    String host, int port, String database, String user, String password, String sslMode) {

  /** Values of {@code sslmode} that are understood. */
  public static final List<String> SSL_MODES = List.of("disable", "allow", "prefer", "require");

  private static final int DEFAULT_PORT = 5432;
  private static final String FORM =
      "postgresql://user:password@host:port/database?sslmode=" + "disable|allow|prefer|require";

  /** Refuses missing parts. */
  public PostgresUri {
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(database, "database");
    Objects.requireNonNull(user, "user");
    Objects.requireNonNull(sslMode, "sslMode");
  }

  /**
   * Reads a URI.
   *
   * @throws IllegalArgumentException that says what is wrong without showing the password
   */
  public static PostgresUri parse(String text) {
    URI uri;
    try {
      uri = new URI(text.strip());
    } catch (URISyntaxException e) {
      // The exception's own message would show the password.
      throw malformed("it is not a URI (is a special character not percent-encoded?)");
    }
    if (!"postgresql".equals(uri.getScheme()) && !"postgres".equals(uri.getScheme())) {
      throw malformed("its scheme is not postgresql");
    }
    if (uri.getHost() == null) {
      throw malformed("it has no host, or more than one");
    }
    String userInfo = uri.getRawUserInfo();
    if (userInfo == null || userInfo.isEmpty() || userInfo.startsWith(":")) {
      throw malformed("it has no user");
    }
    int colon = userInfo.indexOf(':');
    String user = decode(colon < 0 ? userInfo : userInfo.substring(0, colon));
    String password = colon < 0 ? null : decode(userInfo.substring(colon + 1));
    String path = uri.getRawPath() == null ? "" : uri.getRawPath();
    String database = path.length() <= 1 ? user : decode(path.substring(1));
    String host = uri.getHost();
    if (host.startsWith("[")) {
      host = host.substring(1, host.length() - 1);
    }
    Map<String, String> parameters = parameters(uri.getRawQuery());
    String sslMode = parameters.getOrDefault("sslmode", "prefer");
    if (!SSL_MODES.contains(sslMode)) {
      throw malformed("sslmode is '" + sslMode + "', expected one of " + SSL_MODES);
    }
    parameters.remove("sslmode");
    if (!parameters.isEmpty()) {
      throw malformed(
          "it has the unknown parameter '" + parameters.keySet().iterator().next() + "'");
    }
    return new PostgresUri(
        host, uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(), database, user, password, sslMode);
  }

  /** For the pool. */
  PgConnectOptions connectOptions() {
    PgConnectOptions options =
        new PgConnectOptions()
            .setHost(host)
            .setPort(port)
            .setDatabase(database)
            .setUser(user)
            .setPassword(password == null ? "" : password)
            .setSslMode(SslMode.of(sslMode));
    if (!sslMode.equals("disable")) {
      // As libpq has it: these modes encrypt, they do not verify.
      options.setSslOptions(
          new ClientSSLOptions().setTrustAll(true).setHostnameVerificationAlgorithm(""));
    }
    return options;
  }

  /** For migrations. */
  PGSimpleDataSource dataSource() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setServerNames(new String[] {host});
    source.setPortNumbers(new int[] {port});
    source.setDatabaseName(database);
    source.setUser(user);
    source.setPassword(password);
    source.setSslMode(sslMode);
    source.setApplicationName("weirkeeper-migration");
    return source;
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new TreeMap<>();
    if (query != null) {
      for (String pair : query.split("&")) {
        int equals = pair.indexOf('=');
        parameters.put(
            decode(equals < 0 ? pair : pair.substring(0, equals)),
            equals < 0 ? "" : decode(pair.substring(equals + 1)));
      }
    }
    return parameters;
  }

  private static String decode(String part) {
    return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static IllegalArgumentException malformed(String what) {
    return new IllegalArgumentException(
        "The PostgreSQL URI cannot be used: " + what + ". Expected " + FORM);
  }

  /** The URI without the password. */
  @Override
  public String toString() {
    return "postgresql://" + user + "@" + host + ":" + port + "/" + database;
  }
}
