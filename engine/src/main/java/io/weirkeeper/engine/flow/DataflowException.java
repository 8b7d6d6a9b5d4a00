package io.weirkeeper.engine.flow;

import java.util.Optional;

/** The dataflow could not be built, has died, or is closed. */
public class DataflowException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String relation;

  /** An error that belongs to no relation in particular. */
  public DataflowException(String message, Throwable cause) {
    this(message, null, cause);
  }

  /** An error at a view or table; {@code relation} is its name, or null if it is not known. */
  public DataflowException(String message, String relation, Throwable cause) {
    super(message, cause);
    this.relation = relation;
  }

  /** The table or view that the error came from, when it is known. */
  public Optional<String> relation() {
    return Optional.ofNullable(relation);
  }
}
