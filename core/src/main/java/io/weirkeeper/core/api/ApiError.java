package io.weirkeeper.core.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Objects;

/**
 * An error answer (spec: api-semantics §1.1).
 *
 * @param status HTTP status
 * @param code stable identifier, one of {@link ErrorCode}
 * @param message for people: what is wrong, what was expected, what to do
 * @param details fields of the error, or a JSON null
 */
public record ApiError(int status, String code, String message, JsonNode details) {

  /** Refuses missing parts. */
  public ApiError {
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(message, "message");
    details = details == null ? NullNode.getInstance() : details;
  }

  /** An error without details. */
  public static ApiError of(int status, String code, String message) {
    return new ApiError(status, code, message, NullNode.getInstance());
  }

  /** The body {@code {message, error_code, details}}. */
  public ObjectNode body() {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("message", message);
    body.put("error_code", code);
    body.set("details", details);
    return body;
  }

  /** This error as an exception, without a stack trace: it is an answer, not a fault. */
  public ApiException exception() {
    return new ApiException(this);
  }
}
