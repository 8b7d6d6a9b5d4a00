package io.weirkeeper.bench;

/** The SQL programs that are measured. */
final class Programs {
  private Programs() {}

  private static final String ROWS =
      "CREATE TABLE %s (id BIGINT NOT NULL%s, k VARCHAR, v BIGINT, p DOUBLE);%n";

  /** A table without a primary key. */
  static String table(String name) {
    return ROWS.formatted(name, "");
  }

  /** A table whose key is {@code id}. */
  static String keyedTable(String name) {
    return ROWS.formatted(name, " PRIMARY KEY");
  }

  static final String FILTER = "CREATE VIEW f AS SELECT id, k, p FROM t WHERE v < 500;";

  /** A query without the view around it. */
  static final String GROUP = "SELECT k, COUNT(*) AS c, SUM(v) AS s FROM t GROUP BY k;";

  static final String JOIN =
      "CREATE VIEW j AS SELECT t.id, t.k, t.v, u.p FROM t JOIN u ON t.id = u.id;";

  /** A table, an aggregate and a view over it. */
  static final String SMALL =
      keyedTable("t")
          + """
          CREATE MATERIALIZED VIEW g AS SELECT k, COUNT(*) AS c, MAX(id) AS newest FROM t GROUP BY k;
          CREATE VIEW h AS SELECT k, c FROM g WHERE c > 1;
          """;

  /**
   * Three tables and ten views: filters, aggregates, joins, a union, a top-k and views over views.
   *
   * @param constant a number that stands in one view, so that each program is another one
   */
  static String tenViews(int constant) {
    return """
        CREATE TABLE orders (id BIGINT NOT NULL PRIMARY KEY, customer BIGINT NOT NULL, item BIGINT,
          quantity INT, price DECIMAL(12, 2), placed TIMESTAMP);
        CREATE TABLE customers (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR NOT NULL, region VARCHAR);
        CREATE TABLE items (id BIGINT NOT NULL PRIMARY KEY, label VARCHAR, weight DOUBLE);
        CREATE VIEW large AS SELECT * FROM orders WHERE quantity > %d;
        CREATE MATERIALIZED VIEW spent AS
          SELECT customer, COUNT(*) AS orders, SUM(quantity * price) AS total FROM orders GROUP BY customer;
        CREATE VIEW named AS
          SELECT o.id, c.name, c.region, o.quantity, o.price FROM orders o JOIN customers c ON o.customer = c.id;
        CREATE VIEW detailed AS
          SELECT n.id, n.name, n.region, i.label, n.quantity * i.weight AS weight
          FROM named n JOIN orders o ON n.id = o.id LEFT JOIN items i ON o.item = i.id;
        CREATE MATERIALIZED VIEW regions AS
          SELECT region, COUNT(DISTINCT name) AS customers, SUM(quantity) AS quantity FROM named GROUP BY region;
        CREATE VIEW months AS
          SELECT EXTRACT(MONTH FROM placed) AS m, AVG(price) AS price FROM orders GROUP BY EXTRACT(MONTH FROM placed);
        CREATE VIEW idle AS
          SELECT id, name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer = c.id);
        CREATE MATERIALIZED VIEW best AS
          SELECT customer, total FROM (
            SELECT customer, total, ROW_NUMBER() OVER (ORDER BY total DESC) AS n FROM spent) WHERE n <= 10;
        CREATE VIEW labels AS SELECT label FROM items UNION SELECT name FROM customers;
        CREATE VIEW heavy AS
          SELECT region, label, MAX(weight) AS heaviest FROM detailed GROUP BY region, label HAVING MAX(weight) > 10;
        """
        .formatted(constant);
  }
}
