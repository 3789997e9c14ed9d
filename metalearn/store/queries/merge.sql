-- :sources
SELECT source_id AS source_no, name, location, digest, time FROM source ORDER BY source_id;

-- :tasks
SELECT task, name, kind, dataset, target, procedure, family, n_rows, n_features, n_classes,
    source_id AS source_no
FROM task ORDER BY task_id;

-- :algorithms
SELECT algorithm, library, version, space, source_id AS source_no
FROM algorithm ORDER BY algorithm;

-- :configurations
SELECT configuration, algorithm, hyperparameters, source_id AS source_no
FROM configuration ORDER BY configuration_id;

-- :metrics
SELECT metric, greater_is_better, optimum, worst, source_id AS source_no
FROM metric ORDER BY metric;

-- :amounts_database
SELECT t.task, count(*) AS n
FROM evaluation_row e JOIN task t USING (task_id)
GROUP BY t.task ORDER BY t.task;

-- :amounts_parquet
SELECT coalesce(task, '') AS part, count(*) AS n
FROM evaluation_row GROUP BY part ORDER BY part;

-- :evaluations_database
SELECT
    t.task, c.configuration, m.metric, e.fold, e.fidelity, e.seed, e.value, e.status, e.reason,
    e.fit_s, e.predict_s, e.vanished, e.source_id AS source_no, e.engine
FROM evaluation_row e
JOIN task t USING (task_id)
JOIN configuration c USING (configuration_id)
JOIN metric m USING (metric_id)
WHERE t.task BETWEEN $first AND $last;

-- :evaluations_parquet
SELECT task, configuration, metric, fold, fidelity, seed, value, status, reason, fit_s, predict_s,
    vanished, source_id AS source_no, coalesce(engine, 0) AS engine
FROM evaluation_row
WHERE coalesce(task, '') BETWEEN $first AND $last;

-- :meta_features
SELECT task, name, extractor, value, reason, source_id AS source_no
FROM meta_feature;

-- :history
SELECT
    t.task, c.configuration, m.metric, e.fold, e.fidelity, e.seed, e.source_name, e.value,
    e.status, e.reason, e.fit_s, e.predict_s, e.vanished, e.source_id, e.replaced_by_id,
    e.engine
FROM evaluation_history_row e
JOIN task t USING (task_id)
JOIN configuration c USING (configuration_id)
JOIN metric m USING (metric_id);

-- :add_history
INSERT INTO source
SELECT
    (SELECT coalesce(max(source_id), -1) FROM source) + row_number() OVER (ORDER BY s.source_no),
    s.name, s.location, s.digest, s.time
FROM stage_source s
ANTI JOIN source o USING (name, location, digest, time)
WHERE s.source_no IN (
    SELECT source_id FROM incoming UNION ALL SELECT replaced_by_id FROM incoming
);

INSERT INTO evaluation_history_row
WITH mapped AS (
    SELECT s.source_no, o.source_id
    FROM stage_source s JOIN source o USING (name, location, digest, time)
)
SELECT
    t.task_id, c.configuration_id, m.metric_id, i.fold, i.fidelity, i.seed, i.source_name, i.value,
    i.status, i.reason, i.fit_s, i.predict_s, i.vanished, a.source_id, b.source_id,
    i.engine
FROM incoming i
JOIN task t USING (task)
JOIN configuration c USING (configuration)
JOIN metric m USING (metric)
JOIN mapped a ON a.source_no = i.source_id
JOIN mapped b ON b.source_no = i.replaced_by_id
WHERE NOT EXISTS (
    FROM evaluation_history_row h
    WHERE h.task_id = t.task_id AND h.configuration_id = c.configuration_id
        AND h.metric_id = m.metric_id AND h.fold = i.fold AND h.fidelity = i.fidelity
        AND h.seed = i.seed AND h.engine = i.engine AND h.source_id = a.source_id
        AND h.replaced_by_id = b.source_id
);

-- :cursors
SELECT harvester, name, state, time FROM cursor;

-- :newer_cursors
SELECT i.harvester, i.name, i.state, i.time
FROM incoming i LEFT JOIN cursor c USING (harvester, name)
WHERE c.name IS NULL OR (i.time, i.state) > (c.time, c.state);

-- :pages
SELECT harvester, location, digest, status, time, body FROM raw_page;
