package io.weirkeeper.store;

import io.vertx.pgclient.PgException;

/** Tells why PostgreSQL refused a row. */
final class Constraints {
  private static final String UNIQUE_VIOLATION = "23505";
  private static final String FOREIGN_KEY_VIOLATION = "23503";

  private Constraints() {}

  /** Whether another row has the same name. */
  static boolean isUniqueness(Throwable failure) {
    return is(failure, UNIQUE_VIOLATION);
  }

  /** Whether a row is missing that this one needs, or another needs this one. */
  static boolean isReference(Throwable failure) {
    return is(failure, FOREIGN_KEY_VIOLATION);
  }

  private static boolean is(Throwable failure, String state) {
    return failure instanceof StoreException refused
        && refused.getCause() instanceof PgException error
        && state.equals(error.getSqlState());
  }
}
