package io.weirkeeper.core.api;

/**
 * A JSON body that doesn't have the shape of its operation. Answered in plain text, status 400
 * (spec: api-semantics §1.2).
 */
public final class RequestBodyException extends RuntimeException {
  private static final String PREFIX = "Json deserialize error: ";

  RequestBodyException(String what) {
    super(PREFIX + what, null, false, false);
  }
}
