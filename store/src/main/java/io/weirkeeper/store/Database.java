package io.weirkeeper.store;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A migrated database with its connections.
 *
 * <p>Every connection is refused unless it reaches the same database cluster, as a primary, on the
 * timeline found at the start (SAFETY rule 3). After a failover the node has to start anew.
 */
public final class Database {
  /**
   * Which database this is, on which timeline; {@code line} is null on a standby. The timeline of
   * the WAL position and not of the last checkpoint, which lags after a promotion.
   */
  static final String TIMELINE =
      "SELECT (SELECT system_identifier::text FROM pg_control_system()) AS id,"
          + " CASE WHEN pg_is_in_recovery() THEN NULL ELSE ('x' ||"
          + " substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint END AS line";

  private static final Logger LOG = LoggerFactory.getLogger(Database.class);

  /** Prepared statements kept on each connection: more than there are texts in practice. */
  private static final int PREPARED_STATEMENTS = 512;

  /** Longest text that is kept prepared; the insert has some 4,000 characters. */
  private static final int PREPARED_TEXT = 16_384;

  /** Loads of whole shards may run this long: their pages hold large documents. */
  private static final Duration LOAD_LIMIT = Duration.ofSeconds(60);

  private static final int LOADING_CONNECTIONS = 2;
  private static final String TRANSACTION_TIMEOUT = "transaction_timeout";

  private final SqlClient client;
  private final SqlClient loading;
  private final Statements statements;
  private final PipelineStore pipelines;
  private final PgSessionStore sessions;
  private final ClusterEventStore clusterEvents;
  private final AccessStores access;
  private final AuditStore audit;
  private final Migrations.Found found;

  /** For tests: with what was found at the start given. */
  Database(
      Vertx vertx,
      PostgresUri uri,
      DatabaseSettings settings,
      StoreObserver observer,
      Migrations.Found found) {
    this.found = found;
    PgConnectOptions connect = connectOptions(uri, settings, found.versionNumber());
    NetClientOptions net =
        new NetClientOptions()
            .setTcpKeepAlive(true)
            .setTcpNoDelay(true)
            .setConnectTimeout(Math.toIntExact(settings.connectTimeout().toMillis()));
    if (vertx.isNativeTransportEnabled()) {
      net.setTcpUserTimeout(Math.toIntExact(settings.deadPeerTimeout().toMillis()));
    }
    this.client = pool(vertx, settings, settings.connections(), net, connect);
    this.loading = pool(vertx, settings, LOADING_CONNECTIONS, net, loadingOptions(connect));
    this.statements = new Statements(observer, settings.answerTimeout());
    this.pipelines =
        new PgPipelineStore(
            new WriteBatches(vertx, client, settings.waitQueue()),
            client,
            statements,
            loading,
            new Statements(observer, LOAD_LIMIT));
    this.clusterEvents = new PgClusterEventStore(client, statements);
    this.access = AccessStores.on(client, statements);
    this.audit = new PgAuditStore(client, statements);
    this.sessions =
        new PgSessionStore(
            client,
            statements,
            // A renewal that hangs must fail while there is still time for another.
            new Statements(observer, settings.transactionTimeout()),
            () ->
                inTime(
                    vertx,
                    PgConnection.connect(vertx, connect).map(c -> c),
                    settings.connectTimeout()));
  }

  private SqlClient pool(
      Vertx vertx,
      DatabaseSettings settings,
      int connections,
      NetClientOptions net,
      PgConnectOptions connect) {
    return PgBuilder.client()
        .with(
            new PoolOptions()
                .setMaxSize(connections)
                .setMaxWaitQueueSize(settings.waitQueue())
                .setConnectionTimeoutUnit(TimeUnit.MILLISECONDS)
                .setConnectionTimeout(Math.toIntExact(settings.connectTimeout().toMillis())))
        .with(net)
        .connectingTo(connect)
        .withConnectHandler(this::admit)
        .using(vertx)
        .build();
  }

  /**
   * Migrates the schema, checks shard count, hash version and timeline, and opens the pool. The
   * migration runs on a worker thread.
   *
   * @param vertx event loops and workers
   * @param uri where the database is
   * @param settings timeouts and sizes
   * @param seen the highest timeline seen so far, as kept by the caller; empty at the first start
   * @param observer hears of every statement
   * @return the database; fails with {@link StoreException} that says what is wrong and what to do.
   *     Persist its {@link #timeline} before use.
   */
  public static Future<Database> open(
      Vertx vertx,
      PostgresUri uri,
      DatabaseSettings settings,
      Optional<Timeline> seen,
      StoreObserver observer) {
    return vertx
        .executeBlocking(() -> Migrations.run(uri, seen), false)
        .compose(
            found -> {
              Database database = new Database(vertx, uri, settings, observer, found);
              return database
                  .ping()
                  .map(pong -> database)
                  .recover(
                      failure ->
                          database
                              .close()
                              .otherwiseEmpty()
                              .compose(closed -> Future.failedFuture(failure)));
            });
  }

  /**
   * Connects once and disconnects. Blocks: for start-up code on a thread of its own.
   *
   * @throws StoreException that says why it cannot be used
   */
  public static void check(PostgresUri uri) {
    Migrations.check(uri);
  }

  /** Rows of pipelines. */
  public PipelineStore pipelines() {
    return pipelines;
  }

  /** Rows of nodes and shards. */
  public SessionStore sessions() {
    return sessions;
  }

  /** Rows of the cluster's health. */
  public ClusterEventStore clusterEvents() {
    return clusterEvents;
  }

  /** Rows of tenants, users, keys and trusts. */
  public AccessStores access() {
    return access;
  }

  /** Who did what. */
  public AuditStore audit() {
    return audit;
  }

  /** The history that was found at the start; to be kept on disk for the next one. */
  public Timeline timeline() {
    return found.timeline();
  }

  /** The server's version, for the log: for example {@code 17.7}. */
  public String serverVersion() {
    return found.version();
  }

  /** Succeeds when the database answers through the pool. */
  public Future<Void> ping() {
    return statements.read(client, "ping", "SELECT 1", Tuple.tuple(), rows -> null);
  }

  /** The timeouts that a session of the pool has, by name; for tests. */
  Future<Map<String, String>> sessionSettings() {
    return statements.read(
        client,
        "settings",
        "SELECT name, current_setting(name) FROM pg_settings WHERE name LIKE '%timeout'",
        Tuple.tuple(),
        rows -> {
          Map<String, String> settings = new TreeMap<>();
          rows.forEach(row -> settings.put(row.getString(0), row.getString(1)));
          return settings;
        });
  }

  /** Closes all connections. Statements under way end with {@link OutcomeUnknownException}. */
  public Future<Void> close() {
    return sessions.close().eventually(loading::close).eventually(client::close);
  }

  /** Lets a new connection into the pool, or ends it when it reached another history. */
  private void admit(SqlConnection connection) {
    connection
        .query(TIMELINE)
        .execute()
        .onComplete(
            rows -> {
              Row row = rows.iterator().next();
              if (isExpected(row)) {
                connection.close();
              } else {
                refuse(connection, row);
              }
            },
            failure -> {
              LOG.warn("A database connection failed before its first use: {}", failure.toString());
              // Given to the pool it is dropped, because it is broken.
              connection.close();
            });
  }

  private boolean isExpected(Row row) {
    return found.timeline().systemIdentifier().equals(row.getString(0))
        && Long.valueOf(found.timeline().number()).equals(row.getLong(1));
  }

  /** Never gives the connection to the pool; the server closes it, and the pool forgets it. */
  private void refuse(SqlConnection connection, Row row) {
    LOG.error(
        "Refused a database connection: expected system/timeline {}, found {}/{}; start anew",
        found.timeline(),
        row.getString(0),
        row.getLong(1));
    connection
        .query("SELECT pg_terminate_backend(pg_backend_pid())")
        .execute()
        .onFailure(ended -> LOG.debug("Ended the refused connection: {}", ended.toString()));
  }

  /**
   * A connection within a time. A server that is starting up may end the attempt in a way that the
   * client never hears of: unbounded, one renewal would wait for ever, and none would follow it.
   */
  private static Future<SqlConnection> inTime(
      Vertx vertx, Future<SqlConnection> attempt, Duration limit) {
    Promise<SqlConnection> opened = Promise.promise();
    long timer =
        vertx.setTimer(
            limit.toMillis(),
            late ->
                opened.tryFail(
                    new StoreException(
                        StoreException.Reason.UNAVAILABLE,
                        "PostgreSQL did not let a connection in within " + limit.toMillis() + " ms",
                        null)));
    attempt
        .onSuccess(
            connection -> {
              if (!opened.tryComplete(connection)) {
                connection.close();
              }
            })
        .onFailure(opened::tryFail);
    return opened.future().onComplete(done -> vertx.cancelTimer(timer));
  }

  private static PgConnectOptions connectOptions(
      PostgresUri uri, DatabaseSettings settings, int versionNumber) {
    PgConnectOptions options =
        uri.connectOptions()
            .setCachePreparedStatements(true)
            .setPreparedStatementCacheMaxSize(PREPARED_STATEMENTS)
            .setPreparedStatementCacheSqlLimit(PREPARED_TEXT)
            .setPipeliningLimit(settings.pipelining());
    // The session's own timeouts: a hung node must not hold a lock that a claim waits for.
    options
        .addProperty("application_name", settings.incarnation().toString())
        .addProperty("search_path", Migrations.SCHEMA)
        // Every statement goes by keys, so a plan made once is right for all values; making it anew
        // costs more than running it.
        .addProperty("plan_cache_mode", "force_generic_plan")
        .addProperty("lock_timeout", millis(settings.lockTimeout()))
        .addProperty("statement_timeout", millis(settings.statementTimeout()))
        .addProperty("idle_in_transaction_session_timeout", millis(settings.transactionTimeout()))
        .addProperty("tcp_keepalives_idle", "2")
        .addProperty("tcp_keepalives_interval", "1")
        .addProperty("tcp_keepalives_count", "3")
        .addProperty("tcp_user_timeout", millis(settings.deadPeerTimeout()));
    if (versionNumber >= Migrations.TRANSACTION_TIMEOUT_SINCE) {
      options.addProperty(TRANSACTION_TIMEOUT, millis(settings.transactionTimeout()));
    }
    return options;
  }

  /** Loads take no locks, so they need not be short; nor could they write if they tried. */
  private static PgConnectOptions loadingOptions(PgConnectOptions connect) {
    PgConnectOptions options =
        new PgConnectOptions(connect)
            .addProperty("default_transaction_read_only", "on")
            .addProperty("plan_cache_mode", "auto")
            .addProperty("statement_timeout", millis(LOAD_LIMIT));
    if (options.getProperties().containsKey(TRANSACTION_TIMEOUT)) {
      options.addProperty(TRANSACTION_TIMEOUT, "0");
    }
    return options;
  }

  private static String millis(Duration time) {
    return Long.toString(time.toMillis());
  }
}
