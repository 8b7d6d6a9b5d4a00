package io.weirkeeper.engine.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weirkeeper.core.plan.ColumnPlan;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.TablePlan;
import io.weirkeeper.core.plan.ViewPlan;
import io.weirkeeper.engine.flow.MaterializedSink;
import io.weirkeeper.engine.flow.RelationChanges;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.duckdb.DuckDBConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the materialized relations and answers ad-hoc queries on them. Each query sees one
 * consistent state: all relations after the last completed step, at least as new as when the query
 * was asked (spec: pipeline-protocol §6). Queries can only read: the database is locked down and
 * statements are checked before they run.
 *
 * <p>Steps are only kept as they come; they go to DuckDB when a query wants to see them, or in the
 * background when many have gathered.
 */
public final class AdHocStore implements MaterializedSink, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(AdHocStore.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Gathered changes from which on they are appended in the background. */
  private static final long APPEND_ROWS = 50_000;

  /** Gathered changes from which on a step waits for the background. */
  private static final long MAX_GATHERED_ROWS = 1_000_000;

  /** Log rows below which a log is not folded in the background. */
  private static final long FOLD_ROWS = 500_000;

  /** A query that is about to begin does not notice that it is cancelled: how soon to try again. */
  private static final Duration CANCEL_AGAIN = Duration.ofMillis(50);

  private static final Pattern NO_TABLE =
      Pattern.compile("Table with name \"?(.+?)\"? does not exist!");

  /** Name of the file with the saved contents. */
  private static final String FILE = "relations.duckdb";

  private final StoreSettings settings;
  private final StoreFiles files;
  private final AtomicInteger saves = new AtomicInteger();
  private final CompletableFuture<DuckDBConnection> opening = new CompletableFuture<>();
  private final Map<String, StoredRelation> relations = new LinkedHashMap<>();
  private final Set<String> notMaterialized = new HashSet<>();
  private final Semaphore slots;
  private final Set<QueryResult> running = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService background;

  /** Guards the writer connection and the relations' logs; taken before {@link #gathering}. */
  private final ReentrantLock writing = new ReentrantLock();

  /** Guards the five fields below. */
  private final Object gathering = new Object();

  private Map<StoredRelation, StoredRelation.Pending> gathered = new HashMap<>();
  private long gatheredRows;
  private long lastStep = -1;
  private boolean backgroundScheduled;
  private RuntimeException broken;

  private AdHocStore(PipelinePlan plan, StoreSettings settings, StoreFiles files) {
    this.settings = settings;
    this.files = files;
    this.slots = new Semaphore(settings.maxConcurrentQueries(), true);
    ScheduledThreadPoolExecutor executor =
        new ScheduledThreadPoolExecutor(
            2,
            task -> {
              Thread thread = new Thread(task, "weirkeeper-store");
              thread.setDaemon(true);
              return thread;
            });
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    this.background = executor;
    nameRelations(plan);
    background.execute(this::openDatabase);
  }

  /**
   * Opens an empty store for the materialized relations of a plan. DuckDB itself comes up in the
   * background, which takes a second or so the first time in a process; steps are taken at once,
   * queries wait. If DuckDB does not come up, the next step and all queries fail.
   */
  public static AdHocStore open(PipelinePlan plan, StoreSettings settings) {
    return open(plan, settings, StoreFiles.none());
  }

  /**
   * As {@link #open(PipelinePlan, StoreSettings)}, able to {@link #save} its contents and to begin
   * with saved ones.
   */
  public static AdHocStore open(PipelinePlan plan, StoreSettings settings, StoreFiles files) {
    return new AdHocStore(plan, settings, files);
  }

  private void openDatabase() {
    DuckDBConnection connection = null;
    try {
      connection = connect(settings);
      createRelations(connection);
      restoreRelations(connection);
      lockDown(connection);
      opening.complete(connection);
    } catch (SQLException | RuntimeException | LinkageError e) {
      IllegalStateException reason =
          new IllegalStateException(
              "the store for ad-hoc queries does not open: " + e.getMessage(), e);
      synchronized (gathering) {
        broken = reason;
      }
      opening.completeExceptionally(reason);
      if (connection != null) {
        closeWriter(connection);
      }
    }
  }

  private DuckDBConnection writer() {
    try {
      return opening.join();
    } catch (CompletionException e) {
      throw new IllegalStateException(e.getCause().getMessage(), e);
    }
  }

  private static DuckDBConnection connect(StoreSettings settings) throws SQLException {
    Properties properties = new Properties();
    // Streamed results lose the message of an error that comes before their first rows.
    properties.setProperty("jdbc_stream_results", "false");
    properties.setProperty("memory_limit", settings.memoryLimitMegabytes() + "MB");
    properties.setProperty("threads", Integer.toString(settings.threads()));
    properties.setProperty("autoinstall_known_extensions", "false");
    properties.setProperty("autoload_known_extensions", "false");
    properties.setProperty("preserve_insertion_order", "false");
    DuckDBConnection connection =
        (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:", properties);
    try (Statement statement = connection.createStatement()) {
      // As DataFusion has it (spec: pipeline-protocol §6).
      statement.execute("SET GLOBAL integer_division = true");
      statement.execute("SET GLOBAL default_null_order = 'nulls_last_on_asc_first_on_desc'");
      statement.execute("SET GLOBAL TimeZone = 'UTC'");
      statement.execute(
          "SET temp_directory = '%s'"
              .formatted(
                  settings.spillDirectory() == null
                      ? ""
                      : settings.spillDirectory().toString().replace("'", "''")));
    }
    return connection;
  }

  private void nameRelations(PipelinePlan plan) {
    // DuckDB's names ignore case, so a second name that differs only in case can't be read.
    Set<String> taken = new HashSet<>();
    for (TablePlan table : plan.tables()) {
      name(table.name(), table.materialized(), table.columns(), taken);
    }
    for (ViewPlan view : plan.views()) {
      boolean materialized = view.kind() == ViewPlan.Kind.MATERIALIZED;
      name(view.name(), materialized, view.columns(), taken);
    }
  }

  private void name(
      String name, boolean materialized, List<ColumnPlan> columns, Set<String> taken) {
    if (!materialized) {
      notMaterialized.add(name.toLowerCase(Locale.ROOT));
      return;
    }
    long distinct = columns.stream().map(c -> c.name().toLowerCase(Locale.ROOT)).distinct().count();
    if (!taken.add(name.toLowerCase(Locale.ROOT)) || distinct < columns.size()) {
      LOG.warn("{} can't be queried: its name or two of its columns differ only in case", name);
      return;
    }
    relations.put(name, new StoredRelation(name, relations.size(), columns));
  }

  private void createRelations(DuckDBConnection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE SCHEMA " + StoredRelation.SCHEMA);
      for (StoredRelation relation : relations.values()) {
        relation.create(statement);
      }
      // Reading it pins the snapshot of a query's transaction.
      statement.execute("CREATE TABLE %s.marker(x INTEGER)".formatted(StoredRelation.SCHEMA));
    }
  }

  private void restoreRelations(DuckDBConnection connection) throws SQLException {
    if (files.saved() == null) {
      return;
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "ATTACH %s AS saved (READ_ONLY)".formatted(literal(files.saved().resolve(FILE))));
      statement.execute("BEGIN TRANSACTION");
      for (StoredRelation relation : relations.values()) {
        if (files.kept() == null || files.kept().contains(relation.name())) {
          relation.restore(statement, "saved.main");
        }
      }
      statement.execute("COMMIT");
      statement.execute("DETACH saved");
    }
  }

  private void lockDown(DuckDBConnection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      if (files.scratch() != null) {
        statement.execute("SET allowed_directories = [%s]".formatted(literal(files.scratch())));
      }
      statement.execute("SET enable_external_access = false");
      statement.execute("SET lock_configuration = true");
    }
  }

  private static String literal(Path path) {
    return "'" + path.toString().replace("'", "''") + "'";
  }

  @Override
  public void clear(Collection<String> names) {
    writing.lock();
    try {
      write(
          statement -> {
            for (StoredRelation relation : relations.values()) {
              if (names.contains(relation.name())) {
                relation.clear(statement);
              }
            }
          });
    } catch (SQLException e) {
      throw new IllegalStateException(
          "the contents of materialized relations can't be cleared: " + e.getMessage(), e);
    } finally {
      writing.unlock();
    }
  }

  @Override
  public CompletableFuture<?> save(Path directory) {
    if (files.scratch() == null) {
      throw new IllegalStateException("the store for ad-hoc queries was opened without files");
    }
    DuckDBConnection reader;
    writing.lock();
    try {
      write(statement -> {});
      // From here on this connection sees the contents as they are now.
      reader = (DuckDBConnection) writer().duplicate();
      try (Statement statement = reader.createStatement()) {
        statement.execute("BEGIN TRANSACTION");
        statement.execute("SELECT COUNT(*) FROM %s.marker".formatted(StoredRelation.SCHEMA));
      }
      Map<StoredRelation, String> bases = new LinkedHashMap<>();
      relations.values().forEach(relation -> bases.put(relation, relation.base()));
      return CompletableFuture.runAsync(() -> export(reader, bases, directory), background);
    } catch (SQLException e) {
      throw new IllegalStateException(
          "the contents of the materialized relations can't be saved: " + e.getMessage(), e);
    } finally {
      writing.unlock();
    }
  }

  private void export(DuckDBConnection reader, Map<StoredRelation, String> bases, Path directory) {
    String name = "save" + saves.incrementAndGet();
    Path file = files.scratch().resolve(name);
    try (reader;
        Connection attacher = writer().duplicate();
        Statement attach = attacher.createStatement();
        Statement statement = reader.createStatement()) {
      Files.deleteIfExists(file);
      attach.execute("ATTACH %s AS %s".formatted(literal(file), name));
      try {
        for (Map.Entry<StoredRelation, String> base : bases.entrySet()) {
          base.getKey().save(statement, base.getValue(), name + ".main");
        }
        statement.execute("COMMIT");
      } finally {
        attach.execute("DETACH " + name);
      }
      Files.move(file, directory.resolve(FILE));
    } catch (SQLException | IOException e) {
      throw new IllegalStateException(
          "the contents of the materialized relations can't be saved: " + e.getMessage(), e);
    }
  }

  @Override
  public void publish(long step, List<RelationChanges> changes) {
    boolean wait;
    synchronized (gathering) {
      if (broken != null) {
        throw broken;
      }
      for (RelationChanges change : changes) {
        StoredRelation relation = relations.get(change.relation().name());
        if (relation != null) {
          gathered.computeIfAbsent(relation, r -> new StoredRelation.Pending()).add(change);
          gatheredRows += change.weights().length;
        }
      }
      lastStep = step;
      if (gatheredRows > APPEND_ROWS && !backgroundScheduled) {
        backgroundScheduled = true;
        background.execute(this::appendInBackground);
      }
      wait = gatheredRows > MAX_GATHERED_ROWS;
    }
    if (wait) {
      try {
        append();
      } catch (SQLException e) {
        throw new IllegalStateException(
            "the store for ad-hoc queries can't keep the materialized relations: " + e.getMessage(),
            e);
      }
    }
  }

  private void appendInBackground() {
    synchronized (gathering) {
      backgroundScheduled = false;
    }
    try {
      append();
    } catch (SQLException e) {
      // A query may use up the memory just now. The rows are kept, and the next step tries again,
      // until there are too many.
      LOG.warn("changes can't be appended to the store for ad-hoc queries now", e);
    }
  }

  private void append() throws SQLException {
    writing.lock();
    try {
      write(
          statement -> {
            for (StoredRelation relation : relations.values()) {
              if (relation.overgrown(FOLD_ROWS)) {
                relation.fold(statement);
              }
            }
          });
    } finally {
      writing.unlock();
    }
  }

  /** What to do inside a write transaction. */
  @FunctionalInterface
  private interface Write {
    void in(Statement statement) throws SQLException;
  }

  /**
   * Appends all gathered changes and does something more, in one transaction; if that fails nothing
   * is changed. Call with the write lock held.
   */
  private void write(Write more) throws SQLException {
    Map<StoredRelation, StoredRelation.Counters> before = new HashMap<>();
    relations.values().forEach(relation -> before.put(relation, relation.counters()));
    Map<StoredRelation, StoredRelation.Pending> taken;
    synchronized (gathering) {
      taken = gathered;
      gathered = new HashMap<>();
      gatheredRows = 0;
    }
    try (Statement statement = writer().createStatement()) {
      statement.execute("BEGIN TRANSACTION");
      for (Map.Entry<StoredRelation, StoredRelation.Pending> entry : taken.entrySet()) {
        entry.getKey().append(writer(), entry.getValue().changes);
      }
      more.in(statement);
      statement.execute("COMMIT");
    } catch (SQLException | RuntimeException e) {
      rollBack();
      before.forEach(StoredRelation::restore);
      giveBack(taken);
      throw e;
    }
  }

  private void giveBack(Map<StoredRelation, StoredRelation.Pending> taken) {
    synchronized (gathering) {
      gathered.forEach(
          (relation, later) -> {
            StoredRelation.Pending pending =
                taken.computeIfAbsent(relation, r -> new StoredRelation.Pending());
            later.changes.forEach(pending::add);
          });
      gathered = taken;
      gatheredRows = taken.values().stream().mapToLong(pending -> pending.rows).sum();
    }
  }

  // After some errors DuckDB has rolled back already, and says so by another error.
  private void rollBack() {
    try (Statement statement = writer().createStatement()) {
      statement.execute("ROLLBACK");
    } catch (SQLException e) {
      LOG.debug("nothing to roll back", e);
    }
  }

  /**
   * Splits an ad-hoc text into its statements.
   *
   * @throws AdHocQueryException if a quote or comment does not end, or an INSERT has no rows
   */
  public static List<AdHocStatement> parse(String sql) throws AdHocQueryException {
    return StatementParser.parse(sql);
  }

  /**
   * Runs the statements of a text; only the last may return rows. INSERT is refused here: run its
   * {@link AdHocStatement#source} as a query and put the rows at an endpoint.
   *
   * @throws AdHocQueryException with DuckDB's message for bad SQL; with {@code materialized} and
   *     the relation's name for a relation that is not; for statements that change anything; when
   *     no query slot gets free in time
   * @throws IllegalStateException if the database did not open
   */
  public AdHocResult query(String sql) throws AdHocQueryException {
    return query(sql, begun -> {});
  }

  /**
   * The same.
   *
   * @param begins told before the query runs, so that it can be cancelled while it does
   */
  public AdHocResult query(String sql, Consumer<AdHocResult> begins) throws AdHocQueryException {
    List<AdHocStatement> statements = parse(sql);
    if (statements.isEmpty()) {
      throw new AdHocQueryException("the text has no SQL statement");
    }
    for (int i = 0; i < statements.size(); i++) {
      checkKind(statements.get(i), i == statements.size() - 1);
    }
    takeSlot();
    QueryResult result = null;
    try {
      result = newResult();
      begins.accept(result);
      Set<String> mentioned = new HashSet<>();
      for (AdHocStatement statement : statements) {
        checkReadOnly(result.connection(), statement, mentioned);
      }
      settle(result.connection(), mentioned);
      for (AdHocStatement statement : statements) {
        result.execute(statement.text());
      }
      return result;
    } catch (SQLException e) {
      giveUp(result);
      throw translate(e);
    } catch (AdHocQueryException | RuntimeException | Error e) {
      giveUp(result);
      throw e;
    }
  }

  private static void checkKind(AdHocStatement statement, boolean last) throws AdHocQueryException {
    switch (statement.kind()) {
      case INSERT ->
          throw new AdHocQueryException("INSERT can't be combined with other statements");
      case OTHER ->
          throw new AdHocQueryException(
              "only SELECT, INSERT INTO, EXPLAIN, PREPARE and EXECUTE are allowed in ad-hoc"
                  + " queries, found: "
                  + firstWord(statement.text()));
      case QUERY, EXPLAIN, EXECUTE -> {
        if (!last) {
          throw new AdHocQueryException(
              "only the last statement of an ad-hoc query may return rows, an earlier one does: "
                  + firstWord(statement.text()));
        }
      }
      default -> {}
    }
  }

  private static String firstWord(String text) {
    return text.strip().split("[\\s(;]", 2)[0];
  }

  private void takeSlot() throws AdHocQueryException {
    try {
      if (!slots.tryAcquire(settings.queueTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AdHocQueryException(
            "%d ad-hoc queries run already and none ended within %s; try again later"
                .formatted(settings.maxConcurrentQueries(), settings.queueTimeout()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AdHocQueryException("interrupted while waiting for other ad-hoc queries", e);
    }
  }

  private static final Pattern EXPLAIN_PREFIX =
      Pattern.compile("(?is)\\s*EXPLAIN\\s+(ANALYZE\\s+)?(VERBOSE\\s+)?");
  private static final Pattern PREPARE_PREFIX =
      Pattern.compile("(?is)\\s*PREPARE\\s+(\\w+|\"[^\"]+\")\\s*(\\([^)]*\\)\\s*)?AS\\s+");

  // DuckDB's own parser says whether the text is one query; it serialises nothing but queries.
  private void checkReadOnly(Connection reader, AdHocStatement statement, Set<String> mentioned)
      throws SQLException, AdHocQueryException {
    String query =
        switch (statement.kind()) {
          case QUERY -> statement.text();
          case EXPLAIN -> without(EXPLAIN_PREFIX, statement.text());
          case PREPARE -> without(PREPARE_PREFIX, statement.text());
          default -> null;
        };
    if (query == null) {
      return;
    }
    JsonNode parsed = serialise(reader, query);
    if (parsed.path("error").asBoolean()) {
      if (parsed.path("error_type").asText().equals("parser")) {
        throw new AdHocQueryException(
            "SQL error: ParserError: " + parsed.path("error_message").asText());
      }
      throw new AdHocQueryException(
          "only queries that read are allowed here: " + firstWord(statement.text()));
    }
    if (parsed.path("statements").size() != 1) {
      throw new AdHocQueryException("expected one statement: " + firstWord(statement.text()));
    }
    parsed.findValuesAsText("table_name").forEach(n -> mentioned.add(n.toLowerCase(Locale.ROOT)));
  }

  private static String without(Pattern prefix, String text) throws AdHocQueryException {
    Matcher matcher = prefix.matcher(text);
    if (!matcher.lookingAt()) {
      throw new AdHocQueryException("can't make out the query in: " + firstWord(text));
    }
    return text.substring(matcher.end());
  }

  private static JsonNode serialise(Connection reader, String query) throws SQLException {
    try (PreparedStatement statement = reader.prepareStatement("SELECT json_serialize_sql(?)")) {
      statement.setString(1, query);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return JSON.readTree(rows.getString(1));
      }
    } catch (JsonProcessingException e) {
      throw new SQLException("DuckDB's parse of the query is not JSON", e);
    }
  }

  /**
   * Brings the mentioned relations up to date and begins the reader's transaction on exactly that
   * state. Under the write lock: a later write may bring one relation further than another.
   */
  private void settle(Connection reader, Set<String> mentioned)
      throws SQLException, AdHocQueryException {
    writing.lock();
    try {
      write(
          statement -> {
            for (StoredRelation relation : relations.values()) {
              if (mentioned.contains(relation.name().toLowerCase(Locale.ROOT))) {
                relation.fold(statement);
              }
            }
          });
      try (Statement statement = reader.createStatement()) {
        statement.execute("BEGIN TRANSACTION");
        statement.execute("SELECT COUNT(*) FROM %s.marker".formatted(StoredRelation.SCHEMA));
      }
    } finally {
      writing.unlock();
    }
  }

  private QueryResult newResult() throws SQLException {
    QueryResult result =
        new QueryResult(
            writer().duplicate(),
            this::translate,
            ended -> {
              running.remove(ended);
              slots.release();
            },
            again -> background.schedule(again, CANCEL_AGAIN.toMillis(), TimeUnit.MILLISECONDS));
    running.add(result);
    result.cancelOnClose(
        background.schedule(
            result::timeOut, settings.queryTimeout().toMillis(), TimeUnit.MILLISECONDS));
    return result;
  }

  private AdHocQueryException translate(SQLException error) {
    String message = String.valueOf(error.getMessage());
    Matcher matcher = NO_TABLE.matcher(message);
    if (matcher.find() && notMaterialized.contains(matcher.group(1).toLowerCase(Locale.ROOT))) {
      String name = matcher.group(1);
      return new AdHocQueryException(
          ("\"%s\" is not materialized, and only materialized tables and views can be queried:"
                  + " declare the table WITH ('materialized' = 'true') or use CREATE MATERIALIZED"
                  + " VIEW")
              .formatted(name),
          error);
    }
    return new AdHocQueryException("SQL error: " + message, error);
  }

  private void giveUp(QueryResult result) {
    if (result == null) {
      slots.release();
    } else {
      result.close();
    }
  }

  /** Number of the last step that queries see; -1 before step 0. */
  public long lastStep() {
    synchronized (gathering) {
      return lastStep;
    }
  }

  /** Ends running queries and frees the memory. */
  @Override
  public void close() {
    background.shutdown();
    for (QueryResult result : new ArrayList<>(running)) {
      result.cancel();
    }
    writing.lock();
    try {
      DuckDBConnection connection = opening.handle((opened, error) -> opened).join();
      if (connection != null) {
        closeWriter(connection);
      }
    } finally {
      writing.unlock();
    }
  }

  private static void closeWriter(DuckDBConnection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.warn("the store for ad-hoc queries does not close", e);
    }
  }
}
