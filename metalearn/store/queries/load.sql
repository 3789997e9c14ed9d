-- :stage
CREATE OR REPLACE TEMP TABLE stage AS
SELECT i.*, s.name AS source_name, s.time
FROM incoming i JOIN stage_source s USING (source_no);

-- :conflicts
CREATE OR REPLACE TEMP TABLE doubled AS
SELECT identity, min(n) AS first, min(content) <> max(content) AS differ
FROM checked WHERE refused IS NULL
GROUP BY identity HAVING count(*) > 1;

-- :accept
CREATE OR REPLACE TEMP TABLE accepted AS
SELECT c.*
FROM checked c LEFT JOIN doubled d USING (identity)
WHERE c.refused IS NULL AND (d.identity IS NULL OR (NOT d.differ AND c.n = d.first));

-- :outcome
SELECT 'state' AS what, state AS which, count(*) FROM compared GROUP BY state
UNION ALL
SELECT
    if(c.refused IS NOT NULL OR d.differ, 'refused', 'repeated') AS what,
    coalesce(c.refused, 'listed more than once with different content') AS which,
    count(*)
FROM checked c LEFT JOIN doubled d USING (identity)
WHERE c.refused IS NOT NULL OR d.differ OR c.n <> d.first
GROUP BY what, which
ORDER BY what, which;

-- :no_sources
CREATE OR REPLACE TEMP TABLE source_map (source_no BIGINT, source_id INTEGER);

-- :mapped
SELECT count(*) FROM source_map;

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
