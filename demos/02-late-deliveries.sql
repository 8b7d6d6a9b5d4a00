-- Late deliveries (late-deliveries)
-- Which parcels are late, and how each depot does. A view reads another view.

CREATE TABLE parcels (
    id BIGINT NOT NULL PRIMARY KEY,
    depot VARCHAR NOT NULL,
    promised_day INT NOT NULL,
    delivered_day INT
) WITH ('materialized' = 'true');

CREATE MATERIALIZED VIEW late AS
SELECT id, depot, delivered_day - promised_day AS days
FROM parcels
WHERE delivered_day > promised_day;

CREATE MATERIALIZED VIEW depots AS
SELECT depot, COUNT(*) AS late_parcels, MAX(days) AS worst
FROM late
GROUP BY depot;
