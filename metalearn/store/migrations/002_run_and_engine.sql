-- OpenML's run and evaluation engine in columns of their own. `seed` is the run; for engines other
-- than 1 it used to be engine * 10^12 + run. 0: the row does not come from an evaluation engine.

ALTER TABLE evaluation_row ADD COLUMN engine BIGINT DEFAULT 0;

ALTER TABLE evaluation_history_row ADD COLUMN engine BIGINT DEFAULT 0;

UPDATE evaluation_row SET
    engine = greatest(seed // 1000000000000, 1), seed = seed % 1000000000000
WHERE source_name = 'openml';

UPDATE evaluation_history_row SET
    engine = greatest(seed // 1000000000000, 1), seed = seed % 1000000000000
WHERE source_name = 'openml';

CREATE OR REPLACE VIEW evaluation AS
SELECT
    t.task, c.configuration, c.algorithm, m.metric, e.fold, e.fidelity, e.seed,
    e.value, e.status, e.reason, e.fit_s, e.predict_s, e.vanished,
    e.source_name AS source, s.location, s.digest AS page_digest, s.time,
    CASE WHEN e.engine > 0 THEN e.seed END AS run, nullif(e.engine, 0) AS engine
FROM evaluation_row e
JOIN task t USING (task_id)
JOIN configuration c USING (configuration_id)
JOIN metric m USING (metric_id)
JOIN source s ON s.source_id = e.source_id;

CREATE OR REPLACE VIEW evaluation_history AS
SELECT
    t.task, c.configuration, c.algorithm, m.metric, e.fold, e.fidelity, e.seed,
    e.value, e.status, e.reason, e.fit_s, e.predict_s, e.vanished,
    e.source_name AS source, s.location, s.digest AS page_digest, s.time,
    r.location AS replaced_by_location, r.digest AS replaced_by_digest, r.time AS replaced_at,
    CASE WHEN e.engine > 0 THEN e.seed END AS run, nullif(e.engine, 0) AS engine
FROM evaluation_history_row e
JOIN task t USING (task_id)
JOIN configuration c USING (configuration_id)
JOIN metric m USING (metric_id)
JOIN source s ON s.source_id = e.source_id
JOIN source r ON r.source_id = e.replaced_by_id;
