-- :check
CREATE OR REPLACE TEMP TABLE checked AS
SELECT
    * REPLACE (CASE
        WHEN refused IS NOT NULL THEN refused
        WHEN coalesce(algorithm, '') = '' THEN 'algorithm without a name'
        WHEN space IS NOT NULL AND NOT json_valid(space) THEN 'algorithm whose space is not JSON'
    END AS refused),
    hash(algorithm) AS identity,
    hash(library, version, space) AS content
FROM incoming;

-- :joined
WITH filled AS (
    SELECT
        s.n, s.source_no, s.algorithm, s.time,
        CASE WHEN $newest THEN s.library ELSE coalesce(s.library, o.library) END AS library,
        CASE WHEN $newest THEN s.version ELSE coalesce(s.version, o.version) END AS version,
        CASE WHEN $newest THEN s.space ELSE coalesce(s.space, o.space) END AS space,
        o.algorithm AS old_id,
        p.time AS old_time,
        hash(o.library, o.version, o.space) AS old_content
    FROM checked s
    LEFT JOIN algorithm o USING (algorithm)
    LEFT JOIN source p ON p.source_id = o.source_id
    WHERE s.refused IS NULL
)
SELECT *, hash(library, version, space) AS content FROM filled;

-- :add
INSERT INTO algorithm
SELECT c.algorithm, c.library, c.version, c.space, m.source_id
FROM compared c JOIN source_map m USING (source_no)
WHERE c.state = 'new'
ORDER BY c.n;

-- :change
UPDATE algorithm SET
    library = c.library, version = c.version, space = c.space, source_id = m.source_id
FROM compared c JOIN source_map m USING (source_no)
WHERE algorithm.algorithm = c.algorithm AND c.state = 'changed';
