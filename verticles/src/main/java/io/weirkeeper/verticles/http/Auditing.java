package io.weirkeeper.verticles.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.weirkeeper.core.auth.Actor;
import io.weirkeeper.core.auth.Admission;
import io.weirkeeper.core.auth.AuditEntry;
import io.weirkeeper.core.auth.Principal;
import io.weirkeeper.verticles.audit.AuditTrail;
import java.util.Set;
import java.util.UUID;

/**
 * What of the requests is told to the audit log: whatever changes something, rows and queries
 * (which may insert) gathered by the minute; roles that were too low; credentials that were not
 * accepted. Reads are not.
 */
final class Auditing {
  /** Tells a client under which id the audit log has its request. */
  static final String REQUEST_ID = "Weirkeeper-Request-Id";

  /** Changes nothing, although it is a POST. */
  private static final Set<String> HARMLESS = Set.of("post_validate_program", "post_pipeline_diff");

  /** What clients do many times a second. */
  private static final Set<String> ROWS = Set.of("http_input", "http_output");

  private static final String QUERY = "pipeline_adhoc_sql";
  private static final String PIPELINES = "/v0/pipelines";

  private final AuditTrail trail;

  Auditing(AuditTrail trail) {
    this.trail = trail;
  }

  /** Whether every request of an operation has an entry of its own. */
  static boolean isEach(Operation operation) {
    return !operation.method().equals(HttpMethod.GET)
        && !ROWS.contains(operation.id())
        && !HARMLESS.contains(operation.id());
  }

  /** An admitted caller's request is over. */
  void ended(Exchange exchange, UUID requestId, String object, int status) {
    Operation operation = exchange.operation();
    if (requestId != null) {
      trail.each(requestId, deed(exchange, object, status));
    } else if (operation.id().equals(QUERY) || ROWS.contains(operation.id())) {
      trail.gathered(deed(exchange, object, status));
    }
  }

  /** A read was refused to a role that is too low. */
  void readRefused(Exchange exchange, int status) {
    if (!isEach(exchange.operation())) {
      trail.gathered(deed(exchange, null, status));
    }
  }

  /** A caller was not admitted. Who brings no credential at all is not recorded. */
  void notAdmitted(HttpServerRequest request, Admission admission, int status) {
    if (admission instanceof Admission.Unauthenticated none && none.reason().isEmpty()) {
      return;
    }
    Actor actor =
        admission instanceof Admission.Undecided undecided ? undecided.actor() : Actor.UNKNOWN;
    trail.gathered(
        new AuditTrail.Deed(
            null, null, actor, source(request), AuditEntry.AUTHENTICATE, null, null, status));
  }

  private static AuditTrail.Deed deed(Exchange exchange, String object, int status) {
    Principal principal = exchange.principal();
    Operation operation = exchange.operation();
    boolean ofPipeline = operation.path().startsWith(PIPELINES);
    String first = exchange.parameters() > 0 ? exchange.param(0) : object;
    String second = exchange.parameters() > 1 ? exchange.param(1) : null;
    return new AuditTrail.Deed(
        principal.tenantId(),
        principal.tenantName(),
        principal.actor(),
        source(exchange.request()),
        operation.id(),
        ofPipeline ? first : null,
        ofPipeline ? second : first,
        status);
  }

  private static String source(HttpServerRequest request) {
    return request.remoteAddress() == null
        ? ""
        : String.valueOf(request.remoteAddress().hostAddress());
  }
}
