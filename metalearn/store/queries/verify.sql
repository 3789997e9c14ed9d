-- :common
SELECT 'task' AS "table", 'key twice' AS kind, min(task) AS detail, count(*) AS n
FROM (SELECT task FROM task GROUP BY task HAVING count(*) > 1) HAVING n > 0
UNION ALL
SELECT 'algorithm', 'name twice', min(algorithm), count(*) AS n
FROM (SELECT algorithm FROM algorithm GROUP BY algorithm HAVING count(*) > 1) HAVING n > 0
UNION ALL
SELECT 'metric', 'name twice', min(metric), count(*) AS n
FROM (SELECT metric FROM metric GROUP BY metric HAVING count(*) > 1) HAVING n > 0
UNION ALL
SELECT 'configuration', 'key twice', min(configuration), count(*) AS n
FROM (SELECT configuration FROM configuration GROUP BY configuration HAVING count(*) > 1)
HAVING n > 0
UNION ALL
SELECT 'configuration', 'key is not the hash of the content', min(configuration), count(*) AS n
FROM configuration
WHERE left(sha256(algorithm || chr(10) || hyperparameters), 24) <> configuration
HAVING n > 0
UNION ALL
SELECT 'configuration', 'unknown algorithm', min(c.configuration), count(*) AS n
FROM configuration c ANTI JOIN algorithm a USING (algorithm) HAVING n > 0
UNION ALL
SELECT 'meta_feature', 'unknown task', min(f.task), count(*) AS n
FROM meta_feature f ANTI JOIN task t USING (task) HAVING n > 0
UNION ALL
SELECT 'meta_feature', 'row twice', min(task || ' ' || name), count(*) AS n
FROM (SELECT task, name, extractor FROM meta_feature
      GROUP BY task, name, extractor HAVING count(*) > 1)
HAVING n > 0
UNION ALL
SELECT 'meta_feature', 'value is not finite', min(task || ' ' || name), count(*) AS n
FROM meta_feature WHERE NOT isfinite(value) HAVING n > 0
UNION ALL
SELECT 'evaluation', 'value does not fit the status', min(task || ' ' || configuration),
    count(*) AS n
FROM evaluation
WHERE (status = 'ok') <> (value IS NOT NULL) OR (status = 'ok') <> (reason IS NULL)
    OR NOT isfinite(value) OR status NOT IN ('ok', 'failed', 'timeout', 'crashed')
HAVING n > 0
UNION ALL
SELECT 'evaluation', 'impossible fold, fidelity or seconds', min(task || ' ' || configuration),
    count(*) AS n
FROM evaluation
WHERE fold < -1 OR NOT (fidelity > 0 AND fidelity <= 1) OR fit_s < 0 OR predict_s < 0
HAVING n > 0;

-- :database
SELECT 'evaluation' AS "table", 'unknown task, configuration, metric or source' AS kind,
    'task ' || min(e.task_id) || ', configuration ' || min(e.configuration_id) AS detail,
    count(*) AS n
FROM evaluation_row e
LEFT JOIN task t USING (task_id)
LEFT JOIN configuration c USING (configuration_id)
LEFT JOIN metric m USING (metric_id)
LEFT JOIN source s ON s.source_id = e.source_id
WHERE t.task_id IS NULL OR c.configuration_id IS NULL OR m.metric_id IS NULL
    OR s.source_id IS NULL OR s.name <> e.source_name
HAVING n > 0
UNION ALL
SELECT 'cursor', 'slice twice', min(name), count(*) AS n
FROM (SELECT name FROM cursor GROUP BY harvester, name HAVING count(*) > 1) HAVING n > 0
UNION ALL
SELECT 'cursor', 'state is not JSON', min(name), count(*) AS n
FROM cursor WHERE NOT json_valid(state) HAVING n > 0;

-- :parquet
SELECT 'evaluation' AS "table", 'unknown task or configuration' AS kind,
    min(e.task || ' ' || e.configuration) AS detail, count(*) AS n
FROM evaluation e
LEFT JOIN task t USING (task)
LEFT JOIN configuration c USING (configuration)
WHERE t.task IS NULL OR c.configuration IS NULL
HAVING n > 0;

-- :configurations
SELECT configuration, hyperparameters FROM configuration ORDER BY configuration_id;

-- :harvesters
SELECT DISTINCT harvester FROM raw_page ORDER BY harvester;

-- :amounts
SELECT task_id AS part, count(*) AS n FROM evaluation_row GROUP BY part ORDER BY part;

-- :twice_database
WITH doubled AS (
    SELECT task_id, configuration_id, metric_id
    FROM evaluation_row WHERE task_id BETWEEN $first AND $last
    GROUP BY task_id, configuration_id, metric_id, fold, fidelity, seed, engine, source_name
    HAVING count(*) > 1
)
SELECT min(t.task || ' ' || c.configuration || ' ' || m.metric), count(*)
FROM doubled
LEFT JOIN task t USING (task_id)
LEFT JOIN configuration c USING (configuration_id)
LEFT JOIN metric m USING (metric_id);

-- :twice_parquet
SELECT min(task || ' ' || configuration || ' ' || metric), count(*)
FROM (SELECT task, configuration, metric
      FROM evaluation_row WHERE coalesce(task, '') BETWEEN $first AND $last
      GROUP BY task, configuration, metric, fold, fidelity, seed, coalesce(engine, 0), source
      HAVING count(*) > 1);
