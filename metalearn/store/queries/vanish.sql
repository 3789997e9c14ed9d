-- :find
CREATE OR REPLACE TEMP TABLE vanishing AS
SELECT e.rowid AS old_id
FROM evaluation_row e
JOIN task t USING (task_id)
JOIN configuration c USING (configuration_id)
JOIN metric m USING (metric_id)
JOIN incoming i ON i.task = t.task AND i.configuration = c.configuration AND i.metric = m.metric
    AND i.fold = e.fold AND i.fidelity = e.fidelity AND i.seed = e.seed
    AND i.engine = e.engine
WHERE e.source_name = $source AND NOT e.vanished;

-- :count
SELECT count(*) FROM vanishing;

-- :source
INSERT INTO source
SELECT (SELECT coalesce(max(source_id), -1) + 1 FROM source), name, location, digest, time
FROM stage_source
ANTI JOIN source o USING (name, location, digest, time);

-- :mark
INSERT INTO evaluation_history_row
SELECT e.* EXCLUDE (engine), o.source_id, e.engine
FROM evaluation_row e
JOIN vanishing v ON v.old_id = e.rowid
CROSS JOIN stage_source s
JOIN source o USING (name, location, digest, time)
ORDER BY v.old_id;

UPDATE evaluation_row SET
    vanished = true,
    source_id = (SELECT o.source_id FROM stage_source JOIN source o
                 USING (name, location, digest, time))
FROM vanishing v
WHERE evaluation_row.rowid = v.old_id;
