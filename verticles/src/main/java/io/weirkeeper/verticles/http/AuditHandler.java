package io.weirkeeper.verticles.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weirkeeper.core.auth.AuditEntry;
import io.weirkeeper.core.auth.Role;
import io.weirkeeper.store.AuditStore;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/** Who did what: to an administrator of their tenant, to an owner of all. Ours, not the API's. */
final class AuditHandler {
  private static final long DEFAULT_LIMIT = 100;
  private static final long MOST = 1_000;

  private final Front front;
  private final AccessWork work;

  AuditHandler(Front front) {
    this.front = front;
    this.work = new AccessWork(front);
  }

  void list(Exchange exchange) {
    QueryString query = exchange.query();
    long limit = query.number("limit", DEFAULT_LIMIT);
    if (limit < 1 || limit > MOST) {
      throw new QueryString.QueryException(
          "field `limit`: expected a number from 1 to " + MOST + ", found `" + limit + "`");
    }
    boolean all = exchange.principal().role() == Role.OWNER && !query.bool("acting_tenant", false);
    AuditStore.Query wanted =
        new AuditStore.Query(
            all ? null : exchange.tenantId(),
            id(query, "before"),
            time(query, "since"),
            time(query, "until"),
            storable(query, "actor"),
            storable(query, "operation"),
            storable(query, "pipeline"),
            (int) limit);
    front
        .services()
        .auditEntries()
        .newestFirst(wanted)
        .onSuccess(entries -> exchange.json(200, json(entries)))
        .onFailure(failure -> work.fail(exchange, failure));
  }

  private static String storable(QueryString query, String name) {
    String value = query.text(name, null);
    if (value != null && value.indexOf('\0') >= 0) {
      throw new QueryString.QueryException("field `" + name + "`: it holds a NUL character");
    }
    return value;
  }

  private static UUID id(QueryString query, String name) {
    String value = query.text(name, null);
    if (value == null) {
      return null;
    }
    if (!PipelineHandlers.UUID_FORM.matcher(value).matches()) {
      throw new QueryString.QueryException(
          "field `" + name + "`: expected the id of an entry, found `" + value + "`");
    }
    return UUID.fromString(value);
  }

  private static Instant time(QueryString query, String name) {
    String value = query.text(name, null);
    if (value == null) {
      return null;
    }
    try {
      Instant time = OffsetDateTime.parse(value).toInstant();
      // What the database can hold; nothing is recorded beyond.
      if (time.isAfter(Instant.EPOCH) && time.isBefore(Instant.parse("9999-01-01T00:00:00Z"))) {
        return time;
      }
    } catch (DateTimeParseException e) {
      // Told below.
    }
    throw new QueryString.QueryException(
        "field `"
            + name
            + "`: expected a time such as 2026-01-31T12:00:00Z, found `"
            + value
            + "`");
  }

  private static ArrayNode json(List<AuditEntry> entries) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (AuditEntry entry : entries) {
      ObjectNode json = list.addObject();
      json.put("id", entry.id().toString());
      json.put("recorded_at", entry.at().toString());
      json.put("tenant_id", entry.tenantId() == null ? null : entry.tenantId().toString());
      json.put("tenant_name", entry.tenantName());
      json.putObject("actor")
          .put("kind", entry.actor().kind().name().toLowerCase(Locale.ROOT))
          .put("issuer", entry.actor().issuer())
          .put("name", entry.actor().name());
      json.put("source", entry.source());
      json.put("operation", entry.operation());
      json.put("pipeline", entry.pipeline());
      json.put("object", entry.object());
      json.put("status", entry.status());
      json.put("occurrences", entry.occurrences());
    }
    return list;
  }
}
