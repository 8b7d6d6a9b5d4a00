package io.weirkeeper.engine.process;

import com.fasterxml.jackson.core.JsonGenerator;
import io.weirkeeper.engine.flow.Change;
import io.weirkeeper.engine.flow.DataflowException;
import io.weirkeeper.engine.format.FormatException;
import io.weirkeeper.engine.format.RowFormat;
import io.weirkeeper.engine.store.AdHocQueryException;
import io.weirkeeper.engine.store.AdHocResult;
import io.weirkeeper.engine.store.AdHocStatement;
import io.weirkeeper.engine.store.AdHocStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One ad-hoc query (spec §6), run on a thread of its own pool. It is cancelled when its client
 * goes.
 */
final class QueryRequest implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(QueryRequest.class);

  private final Pipeline pipeline;
  private final IngressEndpoints endpoints;
  private final String sql;
  private final boolean json;
  private final QueryAnswer answer;

  private final ByteArrayOutputStream block = new ByteArrayOutputStream(4096);
  private volatile AdHocResult running;

  QueryRequest(
      Pipeline pipeline, IngressEndpoints endpoints, String sql, boolean json, QueryAnswer answer) {
    this.pipeline = pipeline;
    this.endpoints = endpoints;
    this.sql = sql;
    this.json = json;
    this.answer = answer;
    answer.whenGone(this::cancelRunning);
  }

  private void cancelRunning() {
    AdHocResult result = running;
    if (result != null) {
      result.cancel();
    }
  }

  /** Called before the query begins: whoever goes later finds what to cancel. */
  private void begins(AdHocResult result) {
    running = result;
    if (answer.isGone()) {
      result.cancel();
    }
  }

  private AdHocResult ask(String text) throws AdHocQueryException, IOException {
    if (answer.isGone()) {
      throw new IOException("the client has gone");
    }
    return pipeline.store().query(text, this::begins);
  }

  @Override
  public void run() {
    try {
      List<AdHocStatement> statements = AdHocStore.parse(sql);
      if (statements.isEmpty()) {
        throw new AdHocQueryException("The query is empty");
      }
      if (statements.stream().noneMatch(s -> s.kind() == AdHocStatement.Kind.INSERT)) {
        select(sql);
      } else {
        inTurn(statements);
      }
      flush();
      if (!answer.isGone()) {
        answer.end();
      }
    } catch (AdHocQueryException e) {
      fail(new ApiError(400, "AdHocQueryError", e.getMessage()));
    } catch (FormatException e) {
      fail(new ApiError(400, e.errorCode(), e.getMessage()));
    } catch (ApiError e) {
      fail(e);
    } catch (DataflowException e) {
      fail(
          new ApiError(500, "PipelineTerminated", "The pipeline has failed: " + Pipeline.cause(e)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail(new ApiError(410, "Terminating", "The pipeline process is ending"));
    } catch (IOException | TimeoutException e) {
      if (!answer.isGone()) {
        LOG.info("A query's client was too slow or went away: {}", e.toString());
        answer.abort();
      }
    } catch (RuntimeException | Error e) {
      LOG.error("An ad-hoc query failed", e);
      fail(new ApiError(500, "ControllerPanic", "The query failed: " + Pipeline.cause(e)));
    }
  }

  /** Statements with an INSERT among them: each run of others is one text for the store. */
  private void inTurn(List<AdHocStatement> statements)
      throws AdHocQueryException,
          FormatException,
          IOException,
          InterruptedException,
          TimeoutException {
    List<String> others = new ArrayList<>();
    for (int i = 0; i < statements.size(); i++) {
      AdHocStatement statement = statements.get(i);
      if (statement.kind() != AdHocStatement.Kind.INSERT) {
        others.add(statement.text());
        continue;
      }
      if (!others.isEmpty()) {
        ask(String.join(";\n", others)).close();
        others.clear();
      }
      long count = insert(statement);
      if (i == statements.size() - 1) {
        count(count);
      }
    }
    if (!others.isEmpty()) {
      select(String.join(";\n", others));
    }
  }

  private long insert(AdHocStatement statement)
      throws AdHocQueryException,
          FormatException,
          IOException,
          InterruptedException,
          TimeoutException {
    String quoted = '"' + statement.target().replace("\"", "\"\"") + '"';
    IngressEndpoint endpoint;
    try {
      endpoint = endpoints.ofInsert(pipeline.relation(quoted, "ConfigError.UnknownInputStream"));
    } catch (ApiError e) {
      throw e.status() == 404 ? new ApiError(400, "AdHocQueryError", e.getMessage()) : e;
    }
    RowFormat rows = endpoint.rows;
    List<Change> changes = new ArrayList<>();
    long count = 0;
    // All rows are made before the first goes in: an INSERT with a bad row changes nothing.
    try (AdHocResult result = ask(statement.source())) {
      for (Optional<Object[]> row = result.next(); row.isPresent(); row = result.next()) {
        changes.add(rows.insertOf(statement.targetColumns(), row.get()));
        count++;
      }
    } finally {
      running = null;
    }
    for (int from = 0; from < changes.size(); from += Limits.QUERY_INSERT_ROWS) {
      endpoint.input.put(
          changes.subList(from, Math.min(changes.size(), from + Limits.QUERY_INSERT_ROWS)),
          0,
          true);
    }
    try {
      endpoint
          .input
          .whenComplete(endpoint.input.totalRecords())
          .get(Limits.QUERY_INSERT_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof DataflowException died) {
        throw died;
      }
      throw new IllegalStateException(e.getCause());
    }
    return count;
  }

  private void count(long count) throws IOException, InterruptedException, TimeoutException {
    if (json) {
      write(TextTable.utf8("{\"count\":" + count + "}\n"));
    } else {
      TextTable table = new TextTable(List.of("count"));
      String head = table.add(List.of(Long.toString(count)));
      write(TextTable.utf8(head + table.end()));
    }
  }

  private void select(String text)
      throws AdHocQueryException, IOException, InterruptedException, TimeoutException {
    try (AdHocResult result = ask(text)) {
      List<String> names = result.columns().stream().map(AdHocResult.Column::name).toList();
      if (names.isEmpty()) {
        return;
      }
      if (json) {
        selectJson(result, names);
      } else {
        selectText(result, names);
      }
    } finally {
      running = null;
    }
  }

  private void selectJson(AdHocResult result, List<String> names)
      throws AdHocQueryException, IOException, InterruptedException, TimeoutException {
    for (Optional<Object[]> row = result.next(); row.isPresent(); row = result.next()) {
      ByteArrayOutputStream line = new ByteArrayOutputStream(256);
      try (JsonGenerator out = RowFormat.jsonWriter(line)) {
        out.writeStartObject();
        for (int i = 0; i < names.size(); i++) {
          out.writeFieldName(names.get(i));
          QueryValues.writeJson(row.get()[i], out);
        }
        out.writeEndObject();
      }
      line.write('\n');
      write(line.toByteArray());
    }
  }

  private void selectText(AdHocResult result, List<String> names)
      throws AdHocQueryException, IOException, InterruptedException, TimeoutException {
    TextTable table = new TextTable(names);
    for (Optional<Object[]> row = result.next(); row.isPresent(); row = result.next()) {
      List<String> cells = new ArrayList<>(names.size());
      for (Object value : row.get()) {
        cells.add(QueryValues.text(value));
      }
      write(TextTable.utf8(table.add(cells)));
    }
    write(TextTable.utf8(table.end()));
  }

  // ---- the answer

  private void write(byte[] bytes) throws IOException, InterruptedException, TimeoutException {
    block.writeBytes(bytes);
    if (block.size() >= Limits.QUERY_BLOCK_BYTES) {
      flush();
    }
  }

  private void flush() throws IOException, InterruptedException, TimeoutException {
    if (answer.isGone()) {
      throw new IOException("the client has gone");
    }
    if (block.size() == 0) {
      return;
    }
    byte[] rows = block.toByteArray();
    block.reset();
    answer.write(rows);
  }

  private void fail(ApiError error) {
    if (!answer.isGone()) {
      answer.fail(error, block.toByteArray());
    }
  }
}
