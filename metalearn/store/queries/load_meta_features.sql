-- :check
CREATE OR REPLACE TEMP TABLE checked AS
SELECT
    s.* REPLACE (CASE
        WHEN s.refused IS NOT NULL THEN s.refused
        WHEN t.task IS NULL THEN 'meta-feature of an unknown task'
        WHEN coalesce(s.name, '') = '' THEN 'meta-feature without a name'
        WHEN s.extractor IS NULL THEN 'meta-feature without an extractor'
        WHEN NOT isfinite(coalesce(s.value, 0)) THEN 'meta-feature whose value is not finite'
    END AS refused),
    hash(s.task, s.name, s.extractor) AS identity,
    hash(s.value, s.reason) AS content
FROM incoming s
LEFT JOIN task t USING (task);

-- :joined
SELECT
    s.*, o.rowid AS old_id, p.time AS old_time, hash(o.value, o.reason) AS old_content
FROM checked s
LEFT JOIN meta_feature o USING (task, name, extractor)
LEFT JOIN source p ON p.source_id = o.source_id
WHERE s.refused IS NULL;

-- :add
INSERT INTO meta_feature
SELECT c.task, c.name, c.extractor, c.value, c.reason, m.source_id
FROM compared c JOIN source_map m USING (source_no)
WHERE c.state = 'new'
ORDER BY c.extractor, c.name, c.task;

-- :change
UPDATE meta_feature SET value = c.value, reason = c.reason, source_id = m.source_id
FROM compared c JOIN source_map m USING (source_no)
WHERE meta_feature.rowid = c.old_id AND c.state = 'changed';
