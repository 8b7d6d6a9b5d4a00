package io.weirkeeper.core.auth;

import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * Who did what, from where, on what, with which result. It holds no body, no secret and no SQL.
 *
 * @param id of version 7; also the request's id
 * @param at when the request ended; of gathered ones the last
 * @param tenantId the acting tenant, or null when the caller was not admitted
 * @param tenantName its name then, or null
 * @param actor who asked
 * @param source address that the request came from
 * @param operation {@code operationId} of the API, or {@value #AUTHENTICATE}
 * @param pipeline name of the pipeline that was meant, or null
 * @param object name of what else was meant, such as a table, a key or a member, or null
 * @param status HTTP status of the answer; 499 when the client went away first
 * @param occurrences requests that this stands for, at least 1
 */
public record AuditEntry(
    UUID id,
    Instant at,
    UUID tenantId,
    String tenantName,
    Actor actor,
    String source,
    String operation,
    String pipeline,
    String object,
    int status,
    long occurrences) {

  /** A credential that was not accepted. */
  public static final String AUTHENTICATE = "authenticate";

  /** Longest name that is kept whole; what a path holds can be longer. */
  private static final int NAME_CHARACTERS = 200;

  /** Refuses missing parts; cuts names that are too long and takes out what can't be stored. */
  public AuditEntry {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(at, "at");
    Objects.requireNonNull(actor, "actor");
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(operation, "operation");
    pipeline = storable(pipeline);
    object = storable(object);
  }

  /** The same, standing for other requests of its kind. */
  public AuditEntry gathered(UUID newId, Instant last, long number) {
    return new AuditEntry(
        newId,
        last,
        tenantId,
        tenantName,
        actor,
        source,
        operation,
        pipeline,
        object,
        status,
        number);
  }

  private static String storable(String name) {
    if (name == null) {
      return null;
    }
    String cut = name.length() > NAME_CHARACTERS ? name.substring(0, NAME_CHARACTERS) : name;
    return cut.replace('\0', '?');
  }
}
