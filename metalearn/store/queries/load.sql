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

-- :refused
SELECT coalesce(c.refused, 'listed more than once with different content') AS why, count(*)
FROM checked c LEFT JOIN doubled d USING (identity)
WHERE c.refused IS NOT NULL OR d.differ
GROUP BY why ORDER BY why;

-- :repeated
SELECT count(*)
FROM checked c JOIN doubled d USING (identity)
WHERE c.refused IS NULL AND NOT d.differ AND c.n <> d.first;

-- :states
SELECT state, count(*) FROM compared GROUP BY state;

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
