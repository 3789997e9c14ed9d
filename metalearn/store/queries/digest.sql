-- One section a table: number of rows, and two sums of row hashes.

-- :task
WITH line AS (
    SELECT md5_number(concat_ws(chr(31),
        coalesce(CAST(task AS VARCHAR), chr(1)),
        coalesce(CAST(name AS VARCHAR), chr(1)),
        coalesce(CAST(kind AS VARCHAR), chr(1)),
        coalesce(CAST(dataset AS VARCHAR), chr(1)),
        coalesce(CAST(target AS VARCHAR), chr(1)),
        coalesce(CAST(procedure AS VARCHAR), chr(1)),
        coalesce(CAST(family AS VARCHAR), chr(1)),
        coalesce(CAST(n_rows AS VARCHAR), chr(1)),
        coalesce(CAST(n_features AS VARCHAR), chr(1)),
        coalesce(CAST(n_classes AS VARCHAR), chr(1))
    )) AS h
    FROM task
)
SELECT count(*),
    sum(CAST(h >> 64 AS UBIGINT)), sum(CAST(h & 18446744073709551615 AS UBIGINT))
FROM line;

-- :algorithm
WITH line AS (
    SELECT md5_number(concat_ws(chr(31),
        coalesce(CAST(algorithm AS VARCHAR), chr(1)),
        coalesce(CAST(library AS VARCHAR), chr(1)),
        coalesce(CAST(version AS VARCHAR), chr(1)),
        coalesce(CAST(space AS VARCHAR), chr(1))
    )) AS h
    FROM algorithm
)
SELECT count(*),
    sum(CAST(h >> 64 AS UBIGINT)), sum(CAST(h & 18446744073709551615 AS UBIGINT))
FROM line;

-- :configuration
WITH line AS (
    SELECT md5_number(concat_ws(chr(31),
        coalesce(CAST(configuration AS VARCHAR), chr(1))
    )) AS h
    FROM configuration
)
SELECT count(*),
    sum(CAST(h >> 64 AS UBIGINT)), sum(CAST(h & 18446744073709551615 AS UBIGINT))
FROM line;

-- :metric
WITH line AS (
    SELECT md5_number(concat_ws(chr(31),
        coalesce(CAST(metric AS VARCHAR), chr(1)),
        coalesce(CAST(greater_is_better AS VARCHAR), chr(1)),
        coalesce(CAST(optimum AS VARCHAR), chr(1)),
        coalesce(CAST(worst AS VARCHAR), chr(1))
    )) AS h
    FROM metric
)
SELECT count(*),
    sum(CAST(h >> 64 AS UBIGINT)), sum(CAST(h & 18446744073709551615 AS UBIGINT))
FROM line;

-- :evaluation
WITH line AS (
    SELECT md5_number(concat_ws(chr(31),
        coalesce(CAST(task AS VARCHAR), chr(1)),
        coalesce(CAST(configuration AS VARCHAR), chr(1)),
        coalesce(CAST(metric AS VARCHAR), chr(1)),
        coalesce(CAST(fold AS VARCHAR), chr(1)),
        coalesce(CAST(fidelity AS VARCHAR), chr(1)),
        coalesce(CAST(seed AS VARCHAR), chr(1)),
        coalesce(CAST(source AS VARCHAR), chr(1)),
        coalesce(CAST(value AS VARCHAR), chr(1)),
        coalesce(CAST(status AS VARCHAR), chr(1)),
        coalesce(CAST(reason AS VARCHAR), chr(1)),
        coalesce(CAST(fit_s AS VARCHAR), chr(1)),
        coalesce(CAST(predict_s AS VARCHAR), chr(1)),
        coalesce(CAST(vanished AS VARCHAR), chr(1)),
        CAST(engine AS VARCHAR)  -- left out where there is none: older digests stay
    )) AS h
    FROM evaluation
)
SELECT count(*),
    sum(CAST(h >> 64 AS UBIGINT)), sum(CAST(h & 18446744073709551615 AS UBIGINT))
FROM line;

-- :meta_feature
WITH line AS (
    SELECT md5_number(concat_ws(chr(31),
        coalesce(CAST(task AS VARCHAR), chr(1)),
        coalesce(CAST(name AS VARCHAR), chr(1)),
        coalesce(CAST(extractor AS VARCHAR), chr(1)),
        coalesce(CAST(value AS VARCHAR), chr(1)),
        coalesce(CAST(reason AS VARCHAR), chr(1))
    )) AS h
    FROM meta_feature
)
SELECT count(*),
    sum(CAST(h >> 64 AS UBIGINT)), sum(CAST(h & 18446744073709551615 AS UBIGINT))
FROM line;

-- :stored
SELECT coalesce(max(digest), '') FROM snapshot;

-- :write
DELETE FROM snapshot;

INSERT INTO snapshot VALUES (?);
