-- :unknown
SELECT n, hyperparameters FROM incoming
WHERE refused IS NULL AND hyperparameters IS NOT NULL
    AND configuration NOT IN (SELECT configuration FROM configuration);

-- :check
CREATE OR REPLACE TEMP TABLE checked AS
SELECT
    s.* REPLACE (CASE
        WHEN s.refused IS NOT NULL THEN s.refused
        WHEN coalesce(s.configuration, '') = '' THEN 'configuration without a key'
        WHEN a.algorithm IS NULL THEN 'configuration of an unknown algorithm'
        WHEN s.hyperparameters IS NULL THEN 'configuration without hyperparameters'
        WHEN left(sha256(s.algorithm || chr(10) || s.hyperparameters), 24) <> s.configuration
            THEN 'configuration whose key is not the hash of its content'
    END AS refused),
    hash(s.configuration) AS identity,
    hash(s.algorithm, s.hyperparameters) AS content
FROM incoming s
LEFT JOIN algorithm a USING (algorithm);

-- :joined
SELECT
    s.n, s.source_no, s.configuration, s.algorithm, s.hyperparameters, s.time, s.content,
    o.configuration AS old_id,
    s.time AS old_time,
    s.content AS old_content  -- the key is the hash of the content
FROM checked s
LEFT JOIN configuration o USING (configuration)
WHERE s.refused IS NULL;

-- :add
INSERT INTO configuration
SELECT
    (SELECT coalesce(max(configuration_id), -1) FROM configuration)
        + row_number() OVER (ORDER BY c.n),
    c.configuration, c.algorithm, c.hyperparameters, m.source_id
FROM compared c JOIN source_map m USING (source_no)
WHERE c.state = 'new'
ORDER BY c.n;
