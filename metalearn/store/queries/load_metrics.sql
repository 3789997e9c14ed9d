-- :check
CREATE OR REPLACE TEMP TABLE checked AS
SELECT
    s.* REPLACE (CASE
        WHEN s.refused IS NOT NULL THEN s.refused
        WHEN coalesce(s.metric, '') = '' THEN 'metric without a name'
        WHEN s.greater_is_better IS NULL THEN 'metric without a direction'
        WHEN isinf(s.optimum) OR isinf(s.worst) THEN 'metric with an infinite end'
        WHEN o.greater_is_better <> s.greater_is_better THEN 'metric that contradicts the known direction'
    END AS refused),
    hash(s.metric) AS identity,
    hash(s.greater_is_better, s.optimum, s.worst) AS content
FROM incoming s
LEFT JOIN metric o USING (metric);

-- :joined
WITH filled AS (
    SELECT
        s.n, s.source_no, s.metric, s.time, s.greater_is_better,
        CASE WHEN $newest THEN s.optimum ELSE coalesce(s.optimum, o.optimum) END AS optimum,
        CASE WHEN $newest THEN s.worst ELSE coalesce(s.worst, o.worst) END AS worst,
        o.metric_id AS old_id,
        p.time AS old_time,
        hash(o.greater_is_better, o.optimum, o.worst) AS old_content
    FROM checked s
    LEFT JOIN metric o USING (metric)
    LEFT JOIN source p ON p.source_id = o.source_id
    WHERE s.refused IS NULL
)
SELECT *, hash(greater_is_better, optimum, worst) AS content FROM filled;

-- :add
INSERT INTO metric
SELECT
    (SELECT coalesce(max(metric_id), -1) FROM metric) + row_number() OVER (ORDER BY c.n),
    c.metric, c.greater_is_better, c.optimum, c.worst, m.source_id
FROM compared c JOIN source_map m USING (source_no)
WHERE c.state = 'new'
ORDER BY c.n;

-- :change
UPDATE metric SET
    greater_is_better = c.greater_is_better, optimum = c.optimum, worst = c.worst,
    source_id = m.source_id
FROM compared c JOIN source_map m USING (source_no)
WHERE metric.metric_id = c.old_id AND c.state = 'changed';
