-- What the crash harness runs. Each source tells its own rows apart by their number.
CREATE TABLE made (id BIGINT NOT NULL, k INT) WITH ('materialized' = 'true', 'connectors' = '[{
  "name": "gen", "transport": {"name": "datagen", "config": {"seed": 7, "workers": 2, "plan": [
    {"rate": 1500, "worker_chunk_size": 40, "fields": {"k": {"range": [0, 20]}}}]}}}]');
CREATE TABLE lines (id BIGINT NOT NULL, k INT) WITH ('materialized' = 'true', 'connectors' = '[{
  "name": "file", "transport": {"name": "file_input", "config": {
    "path": "@ROOT@/in.csv", "follow": true, "buffer_size_bytes": 300}},
  "format": {"name": "csv"}}]');
CREATE TABLE fetched (id BIGINT NOT NULL, k INT) WITH ('materialized' = 'true', 'connectors' = '[{
  "name": "url", "transport": {"name": "url_input", "config": {"path": "@URL@"}},
  "format": {"name": "csv"}}]');
CREATE TABLE pushed (batch BIGINT NOT NULL, id BIGINT NOT NULL, k INT) WITH ('materialized' = 'true');
CREATE TABLE named (k INT NOT NULL PRIMARY KEY, v BIGINT) WITH ('materialized' = 'true');

CREATE LOCAL VIEW merged AS
  SELECT 'm' AS src, id, k FROM made UNION ALL SELECT 'l' AS src, id, k FROM lines
  UNION ALL SELECT 'u' AS src, id, k FROM fetched UNION ALL SELECT 'p' AS src, id, k FROM pushed;
CREATE MATERIALIZED VIEW every_row WITH ('connectors' = '[{"name": "out", "transport": {
  "name": "file_output", "config": {"path": "@ROOT@/every_row"}}, "format": {"name": "csv"}}]') AS
  SELECT src, id, k FROM merged;
CREATE MATERIALIZED VIEW totals WITH ('connectors' = '[{"name": "out", "transport": {
  "name": "file_output", "config": {"path": "@ROOT@/totals"}}, "format": {"name": "csv"},
  "max_queued_records": 20}]') AS
  SELECT src, k, COUNT(*) AS n, SUM(id) AS s FROM merged GROUP BY src, k;
CREATE MATERIALIZED VIEW joined AS
  SELECT t.src, t.k, t.n, n.v FROM totals t JOIN named n ON t.k = n.k;
-- Ties: which of equal rows are here may differ from one run of a step to the next.
CREATE MATERIALIZED VIEW foremost WITH ('connectors' = '[{"name": "out", "transport": {
  "name": "file_output", "config": {"path": "@ROOT@/foremost"}}, "format": {"name": "csv"}}]') AS
  SELECT k, n FROM totals ORDER BY n DESC LIMIT 5;
-- Sums of floating point numbers depend on their order.
CREATE MATERIALIZED VIEW averages WITH ('connectors' = '[{"name": "out", "transport": {
  "name": "file_output", "config": {"path": "@ROOT@/averages"}}, "format": {"name": "csv"}}]') AS
  SELECT k, AVG(CAST(id AS DOUBLE) / 7) AS a FROM merged GROUP BY k;
