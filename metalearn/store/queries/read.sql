-- :metrics
SELECT metric, greater_is_better, optimum, worst FROM metric ORDER BY metric;

-- :tasks
SELECT * EXCLUDE (task_id, source_id) FROM task ORDER BY task;

-- :task_rows
SELECT task_id, task, name, kind, family, n_rows, n_features, n_classes FROM task ORDER BY task;

-- :configuration_rows
SELECT configuration_id, configuration, algorithm, hyperparameters
FROM configuration ORDER BY configuration_id;

-- :configuration_order
SELECT md5(coalesce(
    string_agg(algorithm || ' ' || hyperparameters, chr(10) ORDER BY configuration_id), ''
))
FROM configuration;

-- :space
SELECT space FROM algorithm WHERE algorithm = $algorithm;

-- :meta_features
SELECT task, name, extractor, value, reason FROM meta_feature
WHERE $task IS NULL OR task = $task
ORDER BY task, name, extractor;

-- :meta_feature_values
SELECT t.task_id, f.name, f.extractor, f.value
FROM meta_feature f JOIN task t USING (task);

-- :source_names
SELECT source_id, name FROM source ORDER BY source_id;

-- :amounts_database
SELECT task_id, count(*),
    min(source_id) = max(source_id) AND min(fold) = max(fold) AND min(seed) = max(seed)
        AND min(coalesce(engine, 0)) = max(coalesce(engine, 0)) AS is_once
FROM evaluation_row
WHERE metric_id = (SELECT metric_id FROM metric WHERE metric = $metric)
    AND fidelity = 1 AND NOT vanished
    AND ($algorithms IS NULL OR configuration_id IN (
        SELECT configuration_id FROM configuration WHERE list_contains($algorithms, algorithm)
    ))
GROUP BY task_id
ORDER BY task_id;

-- :amounts_parquet
SELECT t.task_id, count(*),
    min(e.source_id) = max(e.source_id) AND min(e.fold) = max(e.fold)
        AND min(e.seed) = max(e.seed)
        AND min(coalesce(e.engine, 0)) = max(coalesce(e.engine, 0)) AS is_once
FROM evaluation_row e
JOIN task t USING (task)
JOIN configuration c USING (configuration)
WHERE e.metric = $metric AND e.fidelity = 1 AND NOT e.vanished
    AND ($algorithms IS NULL OR list_contains($algorithms, c.algorithm))
GROUP BY t.task_id
ORDER BY t.task_id;

-- :configurations_database
SELECT DISTINCT configuration_id
FROM evaluation_row
WHERE metric_id = (SELECT metric_id FROM metric WHERE metric = $metric)
    AND fidelity = 1 AND NOT vanished
    AND ($algorithms IS NULL OR configuration_id IN (
        SELECT configuration_id FROM configuration WHERE list_contains($algorithms, algorithm)
    ));

-- :configurations_parquet
SELECT DISTINCT c.configuration_id
FROM evaluation_row e
JOIN configuration c USING (configuration)
WHERE e.metric = $metric AND e.fidelity = 1 AND NOT e.vanished
    AND ($algorithms IS NULL OR list_contains($algorithms, c.algorithm));

-- :cells_database
SELECT e.task_id, e.configuration_id, e.source_id, e.fold, e.value,
    CASE WHEN e.engine > 1 THEN CAST(hash(e.seed, e.engine) >> 1 AS BIGINT) ELSE e.seed END AS seed,
    CASE e.status WHEN 'ok' THEN 0 WHEN 'failed' THEN 1 WHEN 'timeout' THEN 2 ELSE 3 END AS status,
    e.fit_s + coalesce(e.predict_s, 0) AS runtime_s
FROM evaluation_row e
WHERE e.metric_id = (SELECT metric_id FROM metric WHERE metric = $metric)
    AND e.fidelity = 1 AND NOT e.vanished AND e.task_id BETWEEN $first AND $last
    AND ($algorithms IS NULL OR e.configuration_id IN (
        SELECT configuration_id FROM configuration WHERE list_contains($algorithms, algorithm)
    ));

-- :cells_parquet
SELECT t.task_id, c.configuration_id, e.source_id, e.fold, e.value,
    CASE WHEN e.engine > 1 THEN CAST(hash(e.seed, e.engine) >> 1 AS BIGINT) ELSE e.seed END AS seed,
    CASE e.status WHEN 'ok' THEN 0 WHEN 'failed' THEN 1 WHEN 'timeout' THEN 2 ELSE 3 END AS status,
    e.fit_s + coalesce(e.predict_s, 0) AS runtime_s
FROM evaluation_row e
JOIN task t USING (task)
JOIN configuration c USING (configuration)
WHERE e.metric = $metric AND e.fidelity = 1 AND NOT e.vanished
    AND t.task_id BETWEEN $first AND $last
    AND ($algorithms IS NULL OR list_contains($algorithms, c.algorithm));

-- :single
SELECT task_id, configuration_id, value, status, runtime_s FROM ({cells});

-- :seconds
SELECT task, configuration, median(fit_s) AS fit_s, median(predict_s) AS predict_s
FROM evaluation
WHERE status = 'ok' AND fidelity = 1 AND NOT vanished AND list_contains($tasks, task)
GROUP BY task, configuration
ORDER BY task, configuration;

-- :counts
SELECT
    (SELECT count(*) FROM source), (SELECT count(*) FROM dataset), (SELECT count(*) FROM task),
    (SELECT count(*) FROM algorithm), (SELECT count(*) FROM configuration),
    (SELECT count(*) FROM metric), (SELECT count(*) FROM evaluation_row),
    (SELECT count(*) FROM meta_feature), (SELECT count(*) FROM raw_page),
    (SELECT count(*) FROM cursor);

-- :failed
SELECT count(*) FROM evaluation_row WHERE status <> 'ok';

-- :by_metric
SELECT metric, count(*) FROM evaluation GROUP BY metric ORDER BY metric;

-- :by_source
SELECT source, count(*) FROM evaluation GROUP BY source ORDER BY source;
