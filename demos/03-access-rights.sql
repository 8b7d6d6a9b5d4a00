-- Who may read what (access-rights)
-- Rights of users through the groups they are in, kept up to date as people and folders move.

CREATE TABLE members (
    user_name VARCHAR NOT NULL,
    group_name VARCHAR NOT NULL,
    PRIMARY KEY (user_name, group_name)
) WITH ('materialized' = 'true');

CREATE TABLE grants (
    group_name VARCHAR NOT NULL,
    folder VARCHAR NOT NULL,
    PRIMARY KEY (group_name, folder)
) WITH ('materialized' = 'true');

CREATE TABLE blocked (user_name VARCHAR NOT NULL PRIMARY KEY) WITH ('materialized' = 'true');

CREATE MATERIALIZED VIEW readers AS
SELECT DISTINCT m.user_name, g.folder
FROM members m JOIN grants g ON m.group_name = g.group_name
WHERE m.user_name NOT IN (SELECT user_name FROM blocked);

CREATE MATERIALIZED VIEW folder_sizes AS
SELECT folder, COUNT(*) AS readers FROM readers GROUP BY folder;
