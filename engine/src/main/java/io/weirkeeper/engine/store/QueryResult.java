package io.weirkeeper.engine.store;

import java.sql.Array;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.duckdb.DuckDBStruct;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A query on a connection of its own. */
final class QueryResult implements AdHocResult {

  private static final Logger LOG = LoggerFactory.getLogger(QueryResult.class);

  private final Connection connection;
  private final Function<SQLException, AdHocQueryException> translate;
  private final Consumer<QueryResult> onEnd;
  private final Consumer<Runnable> later;
  private final AtomicBoolean ended = new AtomicBoolean();
  private final Statement statement;
  private volatile String stopped;
  private Future<?> timeout;
  private ResultSet rows;
  private List<Column> columns = List.of();

  QueryResult(
      Connection connection,
      Function<SQLException, AdHocQueryException> translate,
      Consumer<QueryResult> onEnd,
      Consumer<Runnable> later)
      throws SQLException {
    this.connection = connection;
    this.translate = translate;
    this.onEnd = onEnd;
    this.later = later;
    this.statement = connection.createStatement();
  }

  Connection connection() {
    return connection;
  }

  void cancelOnClose(Future<?> future) {
    timeout = future;
  }

  void execute(String sql) throws AdHocQueryException {
    if (stopped != null) {
      throw new AdHocQueryException(stopped);
    }
    try {
      if (!statement.execute(sql)) {
        return;
      }
      rows = statement.getResultSet();
      ResultSetMetaData data = rows.getMetaData();
      List<Column> found = new ArrayList<>();
      for (int i = 1; i <= data.getColumnCount(); i++) {
        found.add(new Column(data.getColumnName(i), data.getColumnTypeName(i)));
      }
      columns = List.copyOf(found);
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  private AdHocQueryException failure(SQLException error) {
    return stopped == null ? translate.apply(error) : new AdHocQueryException(stopped, error);
  }

  @Override
  public List<Column> columns() {
    return columns;
  }

  @Override
  public Optional<Object[]> next() throws AdHocQueryException {
    if (rows == null) {
      return Optional.empty();
    }
    try {
      if (!rows.next()) {
        return Optional.empty();
      }
      Object[] values = new Object[columns.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            columns.get(i).type().equals("TIMESTAMP")
                ? rows.getObject(i + 1, LocalDateTime.class)
                : plain(rows.getObject(i + 1));
      }
      return Optional.of(values);
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  private static Object plain(Object value) throws SQLException {
    if (value == null
        || value instanceof Number
        || value instanceof String
        || value instanceof Boolean
        || value instanceof java.time.LocalDate
        || value instanceof java.time.LocalTime
        || value instanceof byte[]) {
      return value;
    }
    if (value instanceof Timestamp timestamp) {
      return timestamp.toLocalDateTime();
    }
    if (value instanceof OffsetDateTime time) {
      return time.toInstant();
    }
    if (value instanceof Blob blob) {
      return blob.getBytes(1, (int) blob.length());
    }
    if (value instanceof Array array) {
      List<Object> list = new ArrayList<>();
      for (Object element : (Object[]) array.getArray()) {
        list.add(plain(element));
      }
      return list;
    }
    if (value instanceof DuckDBStruct struct) {
      return plainMap(struct.getMap());
    }
    if (value instanceof Map<?, ?> map) {
      return plainMap(map);
    }
    return value.toString();
  }

  private static Map<Object, Object> plainMap(Map<?, ?> map) throws SQLException {
    Map<Object, Object> plain = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      plain.put(plain(entry.getKey()), plain(entry.getValue()));
    }
    return plain;
  }

  void timeOut() {
    stop("the query ran out of its time and was stopped");
  }

  @Override
  public void cancel() {
    stop("the query was cancelled");
  }

  private void stop(String reason) {
    if (ended.get()) {
      return;
    }
    if (stopped == null) {
      stopped = reason;
    }
    try {
      statement.cancel();
    } catch (SQLException e) {
      LOG.debug("a query can't be cancelled", e);
    }
    try {
      later.accept(() -> stop(reason));
    } catch (RejectedExecutionException e) {
      LOG.debug("the store closes, and with it the query", e);
    }
  }

  @Override
  public void close() {
    if (!ended.compareAndSet(false, true)) {
      return;
    }
    if (timeout != null) {
      timeout.cancel(false);
    }
    try {
      if (rows != null) {
        rows.close();
      }
      statement.close();
      connection.close();
    } catch (SQLException e) {
      LOG.debug("a query does not close", e);
    } finally {
      onEnd.accept(this);
    }
  }
}
