package io.weirkeeper.store;

import io.vertx.core.Future;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;

/** {@link AccessGenerationStore} on PostgreSQL. */
final class AccessGeneration implements AccessGenerationStore {
  /** Part of a {@code WITH}: raises the number in the statement's own transaction. */
  static final String RAISED =
      "raised AS (UPDATE access_generation SET number = number + 1 RETURNING number)";

  private static final String CURRENT = "SELECT number FROM access_generation";

  private final SqlClient client;
  private final Statements statements;

  AccessGeneration(SqlClient client, Statements statements) {
    this.client = client;
    this.statements = statements;
  }

  @Override
  public Future<Long> current() {
    return statements.read(
        client,
        "access_generation",
        CURRENT,
        Tuple.tuple(),
        rows -> rows.iterator().next().getLong(0));
  }
}
