package io.weirkeeper.engine.store;

import java.util.List;
import java.util.Optional;

/**
 * The rows of a query, which has run to its end: DuckDB holds them, within its memory limit, until
 * they are read. Close it, also after an error: it holds one of the query slots. Used by one
 * thread; {@link #cancel} may come from any.
 */
public interface AdHocResult extends AutoCloseable {

  /**
   * A column of the result.
   *
   * @param name its name
   * @param type DuckDB's name of its type, for example {@code BIGINT}, {@code DECIMAL(10,2)},
   *     {@code INTEGER[]}
   */
  record Column(String name, String type) {}

  /** The columns; empty for statements that return no rows (PREPARE, DEALLOCATE). */
  List<Column> columns();

  /**
   * The next row, or empty at the end. Values are null or {@code Boolean, Byte, Short, Integer,
   * Long, BigInteger, Float, Double, BigDecimal, String, byte[], LocalDate, LocalTime,
   * LocalDateTime, Instant, List, Map} (a STRUCT is a map by field name, in field order); values of
   * other types come as {@code String}.
   *
   * @throws AdHocQueryException if the rows can't be read, or the query was cancelled
   */
  Optional<Object[]> next() throws AdHocQueryException;

  /** Makes a query that runs stop soon. */
  void cancel();

  @Override
  void close();
}
