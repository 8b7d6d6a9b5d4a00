package io.weirkeeper.engine.process;

import com.fasterxml.jackson.core.JsonGenerator;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
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
 * One ad-hoc query (spec §6), run on a thread of its own pool. The answer begins with the first
 * block of rows: an error before that is a whole error answer, a later one a last line of the body.
 */
final class QueryRequest implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(QueryRequest.class);

  private final Pipeline pipeline;
  private final IngressEndpoints endpoints;
  private final String sql;
  private final boolean json;
  private final HttpServerResponse response;

  private final ByteArrayOutputStream block = new ByteArrayOutputStream(4096);
  private boolean begun;
  private volatile boolean gone;
  private volatile AdHocResult running;

  QueryRequest(
      Pipeline pipeline,
      IngressEndpoints endpoints,
      String sql,
      boolean json,
      HttpServerResponse response) {
    this.pipeline = pipeline;
    this.endpoints = endpoints;
    this.sql = sql;
    this.json = json;
    this.response = response;
    response.exceptionHandler(e -> clientGone());
    response.closeHandler(v -> clientGone());
  }

  private void clientGone() {
    gone = true;
    AdHocResult result = running;
    if (result != null) {
      result.cancel();
    }
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
      if (!gone) {
        head();
        var unused = response.end();
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
      if (!gone) {
        LOG.info("A query's client was too slow or went away: {}", e.toString());
        response.reset();
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
        pipeline.store().query(String.join(";\n", others)).close();
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
      throws AdHocQueryException, FormatException, InterruptedException, TimeoutException {
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
    try (AdHocResult result = pipeline.store().query(statement.source())) {
      running = result;
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
    try (AdHocResult result = pipeline.store().query(text)) {
      running = result;
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
    if (gone) {
      throw new IOException("the client has gone");
    }
    if (block.size() == 0) {
      return;
    }
    head();
    Buffer bytes = Buffer.buffer(block.toByteArray());
    block.reset();
    try {
      // One block under way at a time: the client's pace is the query's pace.
      response
          .write(bytes)
          .toCompletionStage()
          .toCompletableFuture()
          .get(Limits.QUERY_SLOW_CLIENT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  private void head() {
    if (!begun) {
      begun = true;
      response
          .setStatusCode(200)
          .putHeader("Content-Type", json ? "application/json" : "text/plain")
          .setChunked(true);
    }
  }

  private void fail(ApiError error) {
    if (gone) {
      return;
    }
    if (!begun) {
      Replies.error(response, error);
      return;
    }
    String line = "ERROR: " + error.getMessage().replaceAll("[\\r\\n]+", " ") + "\n";
    block.writeBytes(TextTable.utf8(line));
    var unused = response.end(Buffer.buffer(block.toByteArray()));
  }
}
