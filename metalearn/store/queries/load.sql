-- :no_sources
CREATE OR REPLACE TEMP TABLE source_map (source_no BIGINT, source_id INTEGER);

-- :doubled
CREATE OR REPLACE TEMP TABLE doubled AS
SELECT identity, min(n) AS first, min(content) <> max(content) AS differ
FROM checked WHERE refused IS NULL
GROUP BY identity HAVING count(*) > 1;

-- :settle
UPDATE checked SET refused = 'listed more than once with different content'
FROM doubled d
WHERE checked.identity = d.identity AND d.differ AND checked.refused IS NULL;

DELETE FROM checked USING doubled d
WHERE checked.identity = d.identity AND checked.n <> d.first AND checked.refused IS NULL;

-- :compare
CREATE OR REPLACE TEMP TABLE compared AS
SELECT *, CASE
    WHEN old_id IS NULL THEN 'new'
    WHEN content = old_content THEN 'unchanged'
    WHEN $newest AND (time, content) < (old_time, old_content) THEN 'older'
    ELSE 'changed'
END AS state
FROM ({joined});

-- :clear
DROP TABLE IF EXISTS temp.checked;

DROP TABLE IF EXISTS temp.compared;

DROP TABLE IF EXISTS temp.doubled;

-- :states
SELECT state, count(*) FROM compared GROUP BY state
UNION ALL
SELECT 'mapped', count(*) FROM source_map;

-- :refused
SELECT refused, count(*) FROM checked
WHERE refused IS NOT NULL
GROUP BY refused ORDER BY refused;

-- :sources
INSERT INTO source
SELECT
    (SELECT coalesce(max(source_id), -1) FROM source) + row_number() OVER (ORDER BY s.source_no),
    s.name, s.location, s.digest, s.time
FROM stage_source s
LEFT JOIN source o USING (name, location, digest, time)
WHERE o.source_id IS NULL
    AND s.source_no IN (SELECT source_no FROM compared WHERE state IN ('new', 'changed', $also));

CREATE OR REPLACE TEMP TABLE source_map AS
SELECT s.source_no, o.source_id
FROM stage_source s JOIN source o USING (name, location, digest, time);
