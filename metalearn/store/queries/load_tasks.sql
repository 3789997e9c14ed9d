-- :check
CREATE OR REPLACE TEMP TABLE checked AS
SELECT
    * REPLACE (CASE
        WHEN refused IS NOT NULL THEN refused
        WHEN coalesce(task, '') = '' THEN 'task without a key'
        WHEN kind IS NULL OR kind NOT IN ('classification', 'regression') THEN 'task of unknown kind'
        WHEN least(n_rows, n_features, n_classes) < 0 THEN 'task with a negative count'
    END AS refused),
    hash(task) AS identity,
    hash(name, kind, dataset, target, procedure, family, n_rows, n_features, n_classes) AS content
FROM incoming;

-- :joined
WITH filled AS (
    SELECT
        s.n, s.source_no, s.task, s.time,
        coalesce(s.name, o.name, s.task) AS name,
        s.kind,
        coalesce(s.dataset, o.dataset, '') AS dataset,
        coalesce(s.target, o.target, '') AS target,
        coalesce(s.procedure, o.procedure, '') AS procedure,
        coalesce(s.family, o.family, '') AS family,
        CASE WHEN $newest THEN s.n_rows ELSE coalesce(s.n_rows, o.n_rows) END AS n_rows,
        CASE WHEN $newest THEN s.n_features ELSE coalesce(s.n_features, o.n_features) END
            AS n_features,
        CASE WHEN $newest THEN s.n_classes ELSE coalesce(s.n_classes, o.n_classes) END
            AS n_classes,
        o.task_id AS old_id,
        p.time AS old_time,
        hash(o.name, o.kind, o.dataset, o.target, o.procedure, o.family,
             o.n_rows, o.n_features, o.n_classes) AS old_content
    FROM checked s
    LEFT JOIN task o USING (task)
    LEFT JOIN source p ON p.source_id = o.source_id
    WHERE s.refused IS NULL
)
SELECT *, hash(name, kind, dataset, target, procedure, family,
               n_rows, n_features, n_classes) AS content
FROM filled;

-- :add
INSERT INTO task
SELECT
    (SELECT coalesce(max(task_id), -1) FROM task) + row_number() OVER (ORDER BY c.n),
    c.task, c.name, c.kind, c.dataset, c.target, c.procedure, c.family,
    c.n_rows, c.n_features, c.n_classes, m.source_id
FROM compared c JOIN source_map m USING (source_no)
WHERE c.state = 'new'
ORDER BY c.n;

-- :change
UPDATE task SET
    name = c.name, kind = c.kind, dataset = c.dataset, target = c.target,
    procedure = c.procedure, family = c.family, n_rows = c.n_rows,
    n_features = c.n_features, n_classes = c.n_classes, source_id = m.source_id
FROM compared c JOIN source_map m USING (source_no)
WHERE task.task_id = c.old_id AND c.state = 'changed';

-- :datasets
INSERT INTO dataset
SELECT c.dataset, min(m.source_id)
FROM compared c JOIN source_map m USING (source_no)
WHERE c.state IN ('new', 'changed') AND c.dataset <> ''
    AND c.dataset NOT IN (SELECT dataset FROM dataset)
GROUP BY c.dataset
ORDER BY c.dataset;
