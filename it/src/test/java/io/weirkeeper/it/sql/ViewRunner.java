package io.weirkeeper.it.sql;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.engine.flow.CellType;
import io.weirkeeper.engine.flow.Change;
import io.weirkeeper.engine.flow.Dataflow;
import io.weirkeeper.engine.flow.DataflowSettings;
import io.weirkeeper.engine.flow.InputEndpoint;
import io.weirkeeper.engine.flow.Relation;
import io.weirkeeper.engine.flow.ViewRow;
import io.weirkeeper.engine.flow.WeightedRow;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.data.GenericRowData;

/**
 * A process that runs plans, because the engine can't share a class path with the compiler. Each
 * line of standard input is {@code {"plan": ..., "changes": [[table, "insert" | "delete", row]]}};
 * each answer is a line {@code {"views": {name: {row: count}}, "cells": {name: [text, ...]}}} with
 * the values of a view's first row one by one, or {@code {"failure": text}}. A step has as many
 * changes as {@code "together"} says: one by default; more only of one table.
 */
public final class ViewRunner {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PATIENCE_SECONDS = 60;

  private ViewRunner() {}

  /** Runs the process until its input ends. */
  public static void main(String[] args) throws Exception {
    PrintStream protocol =
        new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
    System.setOut(System.err);
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Path temporary = Files.createTempDirectory("weirkeeper-view-runner");
    String line;
    while ((line = input.readLine()) != null) {
      ObjectNode answer = JSON.createObjectNode();
      try {
        run(JSON.readTree(line), temporary, answer);
      } catch (Exception | LinkageError e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
          cause = cause.getCause();
        }
        answer.put("failure", e + " <- " + cause);
      }
      protocol.print(answer + "\n");
      protocol.flush();
    }
    System.exit(0);
  }

  private static void run(JsonNode request, Path temporary, ObjectNode answer) throws Exception {
    PipelinePlan plan = JSON.treeToValue(request.get("plan"), PipelinePlan.class);
    Map<String, Map<ViewRow, Long>> contents = new ConcurrentHashMap<>();
    DataflowSettings settings = DataflowSettings.forWorkers(2, temporary);
    try (Dataflow dataflow = Dataflow.open(plan, settings, (step, changes) -> {})) {
      for (Relation relation : dataflow.relations()) {
        Map<ViewRow, Long> rows = new TreeMap<>();
        contents.put(relation.name(), rows);
        dataflow.subscribe(
            relation.name(),
            output -> {
              for (WeightedRow change : output.changes()) {
                rows.merge(change.row(), change.weight(), Long::sum);
                rows.remove(change.row(), 0L);
              }
            });
      }
      dataflow.start();
      Map<String, InputEndpoint> endpoints = new HashMap<>();
      int together = request.path("together").asInt(1);
      List<Change> batch = new ArrayList<>();
      for (JsonNode change : request.get("changes")) {
        String table = change.get(0).asText();
        InputEndpoint endpoint =
            endpoints.computeIfAbsent(table, t -> dataflow.openInput(t, t + ".test"));
        Relation relation = dataflow.relation(table).orElseThrow();
        GenericRowData row = new GenericRowData(relation.types().size());
        for (int i = 0; i < row.getArity(); i++) {
          CellType type = relation.types().get(i);
          row.setField(i, type.toInternal(plain(type, change.get(2).get(i))));
        }
        boolean insert = change.get(1).asText().equals("insert");
        batch.add(insert ? Change.insert(row) : Change.delete(row));
        if (batch.size() == together) {
          endpoint.put(List.copyOf(batch), batch.size());
          endpoint.whenComplete(endpoint.totalRecords()).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
          batch.clear();
        }
      }
      ObjectNode views = answer.putObject("views");
      ObjectNode firstRows = answer.putObject("cells");
      contents.forEach(
          (name, rows) -> {
            ObjectNode view = views.putObject(name);
            rows.forEach((row, count) -> view.put(row.toString(), count));
            ArrayNode cells = firstRows.putArray(name);
            rows.keySet().stream()
                .findFirst()
                .ifPresent(
                    row -> Arrays.stream(row.toArray()).map(String::valueOf).forEach(cells::add));
          });
    }
  }

  private static Object plain(CellType type, JsonNode value) {
    if (value == null || value.isNull()) {
      return null;
    }
    return switch (type.kind()) {
      case BOOLEAN -> value.booleanValue();
      case TINYINT -> (byte) value.intValue();
      case SMALLINT -> value.shortValue();
      case INTEGER -> value.intValue();
      case BIGINT -> value.longValue();
      case REAL -> value.floatValue();
      case DOUBLE -> value.doubleValue();
      case DECIMAL -> new BigDecimal(value.asText()).setScale(type.scale());
      case STRING -> value.textValue();
      case DATE -> LocalDate.parse(value.textValue());
      case TIME -> LocalTime.parse(value.textValue());
      case TIMESTAMP -> LocalDateTime.parse(value.textValue().replace(' ', 'T'));
      case ARRAY -> {
        List<Object> elements = new ArrayList<>();
        value.forEach(element -> elements.add(plain(type.element(), element)));
        yield elements;
      }
      case MAP -> {
        Map<Object, Object> entries = new HashMap<>();
        value
            .fields()
            .forEachRemaining(
                entry -> entries.put(entry.getKey(), plain(type.element(), entry.getValue())));
        yield entries;
      }
      case ROW -> {
        Object[] fields = new Object[type.fields().size()];
        for (int i = 0; i < fields.length; i++) {
          fields[i] = plain(type.fields().get(i), value.get(i));
        }
        yield ViewRow.of(fields);
      }
      default -> throw new IllegalArgumentException("no test value of kind " + type.kind());
    };
  }
}
