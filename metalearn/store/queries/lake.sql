-- :views
CREATE TABLE schema_version (version INTEGER NOT NULL);

CREATE VIEW source AS FROM read_parquet('$folder/source.parquet');

CREATE VIEW dataset AS FROM read_parquet('$folder/dataset.parquet');

CREATE VIEW algorithm AS FROM read_parquet('$folder/algorithm.parquet');

CREATE VIEW metric AS FROM read_parquet('$folder/metric.parquet');

CREATE VIEW meta_feature AS FROM read_parquet('$folder/meta_feature.parquet');

CREATE VIEW task AS
SELECT CAST(file_row_number AS INTEGER) AS task_id, * EXCLUDE (file_row_number)
FROM read_parquet('$folder/task.parquet', file_row_number = true);

CREATE VIEW configuration AS
SELECT CAST(file_row_number AS INTEGER) AS configuration_id, * EXCLUDE (file_row_number)
FROM read_parquet('$folder/configuration.parquet', file_row_number = true);

-- Files of older versions have no column for the engine.
CREATE VIEW evaluation_row AS
FROM read_parquet('$folder/evaluation/*/*.parquet', hive_partitioning = true,
                  hive_types = {'metric': VARCHAR})
UNION ALL BY NAME SELECT 0::BIGINT AS engine WHERE false;

CREATE VIEW evaluation AS
SELECT
    e.task, e.configuration, c.algorithm, e.metric, e.fold, e.fidelity, e.seed,
    e.value, e.status, e.reason, e.fit_s, e.predict_s, e.vanished,
    e.source, s.location, s.digest AS page_digest, s.time,
    CASE WHEN e.engine > 0 THEN e.seed END AS run, nullif(e.engine, 0) AS engine
FROM evaluation_row e
JOIN configuration c USING (configuration)
JOIN source s ON s.source_id = e.source_id;

CREATE TABLE raw_page (harvester VARCHAR, location VARCHAR, digest VARCHAR, status INTEGER,
                       time VARCHAR, body BLOB);

CREATE TABLE cursor (harvester VARCHAR, name VARCHAR, state VARCHAR, time VARCHAR);

-- :no_evaluations
CREATE VIEW evaluation_row AS
SELECT
    '' AS task, '' AS configuration, '' AS metric, 0 AS fold, 1.0::DOUBLE AS fidelity,
    0::BIGINT AS seed, '' AS source, 0.0::DOUBLE AS value, 'ok' AS status, '' AS reason,
    0.0::FLOAT AS fit_s, 0.0::FLOAT AS predict_s, false AS vanished, 0 AS source_id,
    0::BIGINT AS engine
WHERE false;

-- :export
COPY (FROM source ORDER BY source_id)
TO '$folder/source.parquet' (FORMAT parquet, COMPRESSION zstd);

COPY (FROM dataset ORDER BY dataset)
TO '$folder/dataset.parquet' (FORMAT parquet, COMPRESSION zstd);

COPY (SELECT * EXCLUDE (task_id) FROM task ORDER BY task)
TO '$folder/task.parquet' (FORMAT parquet, COMPRESSION zstd);

COPY (FROM algorithm ORDER BY algorithm)
TO '$folder/algorithm.parquet' (FORMAT parquet, COMPRESSION zstd);

COPY (SELECT * EXCLUDE (configuration_id) FROM configuration ORDER BY configuration_id)
TO '$folder/configuration.parquet' (FORMAT parquet, COMPRESSION zstd);

COPY (SELECT * EXCLUDE (metric_id) FROM metric ORDER BY metric)
TO '$folder/metric.parquet' (FORMAT parquet, COMPRESSION zstd);

COPY (FROM meta_feature ORDER BY extractor, name, task)
TO '$folder/meta_feature.parquet' (FORMAT parquet, COMPRESSION zstd);

-- :amounts
SELECT e.metric_id, e.task_id, t.task, count(*) AS n
FROM evaluation_row e
JOIN task t USING (task_id)
JOIN metric m USING (metric_id)
GROUP BY e.metric_id, m.metric, e.task_id, t.task ORDER BY m.metric, t.task;

-- :parts
CREATE OR REPLACE TEMP TABLE lake_part AS FROM numbered;

-- :contents
WITH named_task AS (SELECT task_id, hash(task) AS h FROM task),
named_configuration AS (
    SELECT configuration_id, hash(configuration, configuration_id) AS h FROM configuration
)
SELECT m.metric, p.number, count(*) AS n,
    sum(hash(t.h, c.h, e.fold, e.fidelity, e.seed, e.source_name, e.value, e.status, e.reason,
             e.fit_s, e.predict_s, e.vanished, e.source_id, e.engine)) AS content
FROM evaluation_row e
JOIN lake_part p USING (metric_id, task_id)
JOIN named_task t USING (task_id)
JOIN named_configuration c USING (configuration_id)
JOIN metric m USING (metric_id)
GROUP BY m.metric, p.number ORDER BY m.metric, p.number;

-- :export_part
COPY (
    SELECT
        t.task, c.configuration, m.metric, e.fold, e.fidelity, e.seed, e.source_name AS source,
        e.value, e.status, e.reason, e.fit_s, e.predict_s, e.vanished, e.source_id, e.engine
    FROM evaluation_row e
    JOIN lake_part p USING (metric_id, task_id)
    JOIN task t USING (task_id)
    JOIN configuration c USING (configuration_id)
    JOIN metric m USING (metric_id)
    WHERE m.metric = $metric AND p.number = $number
    ORDER BY t.task, e.configuration_id, e.fold, e.fidelity, e.seed, e.source_name, e.engine
)
TO '$folder' (
    FORMAT parquet, COMPRESSION zstd, PARTITION_BY (metric), FILENAME_PATTERN 'part-{i}'
);
