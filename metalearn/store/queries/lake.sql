-- :views
CREATE TABLE schema_version (version INTEGER NOT NULL);

CREATE VIEW source AS FROM read_parquet('$folder/source.parquet');

CREATE VIEW dataset AS FROM read_parquet('$folder/dataset.parquet');

CREATE VIEW algorithm AS FROM read_parquet('$folder/algorithm.parquet');

CREATE VIEW metric AS FROM read_parquet('$folder/metric.parquet');

CREATE VIEW meta_feature AS FROM read_parquet('$folder/meta_feature.parquet');

CREATE VIEW task AS
SELECT CAST(file_row_number AS INTEGER) AS task_id, * EXCLUDE (file_row_number)
FROM read_parquet('$folder/task.parquet', file_row_number = true);

CREATE VIEW configuration AS
SELECT CAST(file_row_number AS INTEGER) AS configuration_id, * EXCLUDE (file_row_number)
FROM read_parquet('$folder/configuration.parquet', file_row_number = true);

CREATE VIEW evaluation AS
SELECT e.* EXCLUDE (source_id), s.name AS source, s.location, s.digest AS page_digest, s.time
FROM read_parquet('$folder/evaluation/*/*.parquet', hive_partitioning = true,
                  hive_types = {'metric': VARCHAR}) e
JOIN source s USING (source_id);

CREATE TABLE raw_page (harvester VARCHAR, location VARCHAR, digest VARCHAR, status INTEGER,
                       time VARCHAR, body BLOB);

CREATE TABLE cursor (harvester VARCHAR, name VARCHAR, state VARCHAR, time VARCHAR);
