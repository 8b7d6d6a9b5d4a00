-- Revenue of a shop (shop-revenue)
-- Orders and customers come in and are corrected; revenue per country and the best customers are always up to date.

CREATE TABLE customers (
    id BIGINT NOT NULL PRIMARY KEY,
    name VARCHAR NOT NULL,
    country VARCHAR NOT NULL
) WITH ('materialized' = 'true');

CREATE TABLE orders (
    id BIGINT NOT NULL PRIMARY KEY,
    customer_id BIGINT NOT NULL,
    cents BIGINT NOT NULL
) WITH ('materialized' = 'true');

CREATE MATERIALIZED VIEW revenue_by_country AS
SELECT c.country, COUNT(*) AS orders, SUM(o.cents) AS cents
FROM orders o JOIN customers c ON o.customer_id = c.id
GROUP BY c.country;

CREATE MATERIALIZED VIEW best_customers AS
SELECT c.name, SUM(o.cents) AS cents
FROM orders o JOIN customers c ON o.customer_id = c.id
GROUP BY c.name
HAVING SUM(o.cents) >= 100000;
