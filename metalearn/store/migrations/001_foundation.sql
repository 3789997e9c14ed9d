-- Tables hold small integers where they refer to each other; the views below speak natural keys.
-- No unique indexes: there is one writer, loads compare with what is there, and `verify` checks.

CREATE TABLE source (
    source_id INTEGER NOT NULL,
    name VARCHAR NOT NULL,       -- harvester or command
    location VARCHAR NOT NULL,   -- URL or file name
    digest VARCHAR NOT NULL,     -- SHA-256 of the page or file
    time VARCHAR NOT NULL        -- when it was read, ISO 8601 in UTC
);

CREATE TABLE dataset (
    dataset VARCHAR NOT NULL,
    source_id INTEGER NOT NULL
);

CREATE TABLE task (
    task_id INTEGER NOT NULL,
    task VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,       -- classification | regression
    dataset VARCHAR NOT NULL,
    target VARCHAR NOT NULL,
    procedure VARCHAR NOT NULL,  -- JSON: folds, rows, ...
    family VARCHAR NOT NULL,     -- family of near-duplicates, '' = none
    n_rows BIGINT,
    n_features BIGINT,
    n_classes BIGINT,
    source_id INTEGER NOT NULL
);

CREATE TABLE algorithm (
    algorithm VARCHAR NOT NULL,
    library VARCHAR,
    version VARCHAR,
    space VARCHAR,               -- ConfigSpace JSON
    source_id INTEGER NOT NULL
);

CREATE TABLE configuration (
    configuration_id INTEGER NOT NULL,  -- position: order of first loading
    configuration VARCHAR NOT NULL,     -- content hash
    algorithm VARCHAR NOT NULL,
    hyperparameters VARCHAR NOT NULL,   -- canonical JSON
    source_id INTEGER NOT NULL
);

CREATE TABLE metric (
    metric_id INTEGER NOT NULL,
    metric VARCHAR NOT NULL,
    greater_is_better BOOLEAN NOT NULL,
    optimum DOUBLE,
    worst DOUBLE,
    source_id INTEGER NOT NULL
);

CREATE TABLE evaluation_row (
    task_id INTEGER NOT NULL,
    configuration_id INTEGER NOT NULL,
    metric_id INTEGER NOT NULL,
    fold INTEGER NOT NULL,       -- -1: already the aggregate over folds
    fidelity DOUBLE NOT NULL,    -- share of the full budget, (0, 1]
    seed BIGINT NOT NULL,
    source_name VARCHAR NOT NULL,
    value DOUBLE,                -- raw score; null unless status is ok
    status VARCHAR NOT NULL,     -- ok | failed | timeout | crashed
    reason VARCHAR,              -- null when ok
    fit_s FLOAT,                 -- seconds, to a tenth of a millisecond
    predict_s FLOAT,
    vanished BOOLEAN NOT NULL,   -- the provider no longer lists it
    source_id INTEGER NOT NULL
);

-- Former contents of evaluations whose content changed.
CREATE TABLE evaluation_history_row (
    task_id INTEGER NOT NULL,
    configuration_id INTEGER NOT NULL,
    metric_id INTEGER NOT NULL,
    fold INTEGER NOT NULL,
    fidelity DOUBLE NOT NULL,
    seed BIGINT NOT NULL,
    source_name VARCHAR NOT NULL,
    value DOUBLE,
    status VARCHAR NOT NULL,
    reason VARCHAR,
    fit_s FLOAT,
    predict_s FLOAT,
    vanished BOOLEAN NOT NULL,
    source_id INTEGER NOT NULL,
    replaced_by_id INTEGER NOT NULL  -- source of the content that took its place
);

CREATE TABLE meta_feature (
    task VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    extractor VARCHAR NOT NULL,  -- name and version of what computed it
    value DOUBLE,                -- null: could not be computed
    reason VARCHAR,
    source_id INTEGER NOT NULL
);

CREATE TABLE raw_page (
    harvester VARCHAR NOT NULL,
    location VARCHAR NOT NULL,   -- URL without credentials
    digest VARCHAR NOT NULL,     -- SHA-256 of the body
    status INTEGER NOT NULL,
    time VARCHAR NOT NULL,
    body BLOB NOT NULL           -- zlib
);

CREATE TABLE cursor (
    harvester VARCHAR NOT NULL,
    name VARCHAR NOT NULL,       -- which slice of the provider's data
    state VARCHAR NOT NULL,      -- JSON
    time VARCHAR NOT NULL
);

-- What a publish writes: digest over the content of the snapshot.
CREATE TABLE snapshot (digest VARCHAR NOT NULL);

CREATE VIEW evaluation AS
SELECT
    t.task, c.configuration, c.algorithm, m.metric, e.fold, e.fidelity, e.seed,
    e.value, e.status, e.reason, e.fit_s, e.predict_s, e.vanished,
    e.source_name AS source, s.location, s.digest AS page_digest, s.time
FROM evaluation_row e
JOIN task t USING (task_id)
JOIN configuration c USING (configuration_id)
JOIN metric m USING (metric_id)
JOIN source s ON s.source_id = e.source_id;

CREATE VIEW evaluation_history AS
SELECT
    t.task, c.configuration, c.algorithm, m.metric, e.fold, e.fidelity, e.seed,
    e.value, e.status, e.reason, e.fit_s, e.predict_s, e.vanished,
    e.source_name AS source, s.location, s.digest AS page_digest, s.time,
    r.location AS replaced_by_location, r.digest AS replaced_by_digest, r.time AS replaced_at
FROM evaluation_history_row e
JOIN task t USING (task_id)
JOIN configuration c USING (configuration_id)
JOIN metric m USING (metric_id)
JOIN source s ON s.source_id = e.source_id
JOIN source r ON r.source_id = e.replaced_by_id;
