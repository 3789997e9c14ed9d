-- :check
CREATE OR REPLACE TEMP TABLE checked AS
WITH known AS (
    SELECT
        s.* REPLACE (
            CAST(round(s.fit_s, 4) AS FLOAT) AS fit_s,
            CAST(round(s.predict_s, 4) AS FLOAT) AS predict_s,
            nullif(s.reason, '') AS reason
        ),
        t.task_id, c.configuration_id, m.metric_id
    FROM incoming s
    LEFT JOIN task t USING (task)
    LEFT JOIN configuration c USING (configuration)
    LEFT JOIN metric m USING (metric)
)
SELECT
    * REPLACE (CASE
        WHEN refused IS NOT NULL THEN refused
        WHEN task_id IS NULL THEN 'evaluation of an unknown task'
        WHEN configuration_id IS NULL THEN 'evaluation of an unknown configuration'
        WHEN metric_id IS NULL THEN 'evaluation of an unknown metric'
        WHEN status IS NULL OR status NOT IN ('ok', 'failed', 'timeout', 'crashed')
            THEN 'evaluation of unknown status'
        WHEN fold IS NULL OR fold < -1 OR fold > 1000000 THEN 'evaluation with an impossible fold'
        WHEN fidelity IS NULL OR NOT (fidelity > 0 AND fidelity <= 1)
            THEN 'evaluation with a fidelity outside (0, 1]'
        WHEN seed IS NULL THEN 'evaluation without a seed'
        WHEN status = 'ok' AND (value IS NULL OR NOT isfinite(value))
            THEN 'evaluation whose value is not finite'
        WHEN status = 'ok' AND reason IS NOT NULL THEN 'evaluation that is ok for a reason'
        WHEN status <> 'ok' AND value IS NOT NULL THEN 'failed evaluation with a value'
        WHEN status <> 'ok' AND reason IS NULL THEN 'failed evaluation without a reason'
        WHEN NOT (coalesce(fit_s, 0) >= 0 AND isfinite(coalesce(fit_s, 0))
                  AND coalesce(predict_s, 0) >= 0 AND isfinite(coalesce(predict_s, 0)))
            THEN 'evaluation with impossible seconds'
    END AS refused),
    hash(source_name, task_id, configuration_id, metric_id, fold, fidelity, seed, engine) AS identity,
    hash(value, status, reason, fit_s, predict_s, vanished) AS content
FROM known;

-- :next_row
SELECT coalesce(max(rowid), -1) + 1 FROM evaluation_row;

-- :identities
SELECT identity FROM checked WHERE refused IS NULL;

-- :joined
WITH stored AS (
    SELECT *, rowid AS old_id FROM evaluation_row
    WHERE $end > 0 AND rowid < $end  -- the first condition alone saves the join if it is false
)
SELECT
    s.*, o.old_id, p.time AS old_time,
    hash(o.value, o.status, o.reason, o.fit_s, o.predict_s, o.vanished) AS old_content
FROM checked s
LEFT JOIN stored o USING (
    task_id, configuration_id, metric_id, fold, fidelity, seed, source_name, engine
)
LEFT JOIN source p ON p.source_id = o.source_id
WHERE s.refused IS NULL;

-- :add
INSERT INTO evaluation_row
SELECT
    c.task_id, c.configuration_id, c.metric_id, c.fold, c.fidelity, c.seed, c.source_name,
    c.value, c.status, c.reason, c.fit_s, c.predict_s, c.vanished, m.source_id,
    c.engine
FROM compared c JOIN source_map m USING (source_no)
WHERE c.state = 'new'
ORDER BY c.metric_id, c.task_id, c.configuration_id, c.fold, c.fidelity, c.seed, c.source_name,
    c.engine;

-- :older
INSERT INTO evaluation_history_row
SELECT
    c.task_id, c.configuration_id, c.metric_id, c.fold, c.fidelity, c.seed, c.source_name,
    c.value, c.status, c.reason, c.fit_s, c.predict_s, c.vanished, m.source_id, e.source_id,
    c.engine
FROM compared c
JOIN source_map m USING (source_no)
JOIN evaluation_row e ON e.rowid = c.old_id
WHERE c.state = 'older' AND NOT EXISTS (
    FROM evaluation_history_row h
    WHERE h.task_id = c.task_id AND h.configuration_id = c.configuration_id
        AND h.metric_id = c.metric_id AND h.fold = c.fold AND h.fidelity = c.fidelity
        AND h.seed = c.seed AND h.engine = c.engine AND h.source_id = m.source_id
);

-- :change
INSERT INTO evaluation_history_row
SELECT e.* EXCLUDE (engine), m.source_id, e.engine
FROM evaluation_row e
JOIN compared c ON c.old_id = e.rowid
JOIN source_map m USING (source_no)
WHERE c.state = 'changed'
ORDER BY c.old_id;

UPDATE evaluation_row SET
    value = c.value, status = c.status, reason = c.reason, fit_s = c.fit_s,
    predict_s = c.predict_s, vanished = c.vanished, source_id = m.source_id
FROM compared c JOIN source_map m USING (source_no)
WHERE evaluation_row.rowid = c.old_id AND c.state = 'changed';
