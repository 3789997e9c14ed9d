-- :objects
SELECT 'table' AS kind, if(schema_name = 'main', '', schema_name || '.') || table_name AS name, sql
FROM duckdb_tables() WHERE database_name = $database AND NOT internal
UNION ALL
SELECT 'view', if(schema_name = 'main', '', schema_name || '.') || view_name, sql
FROM duckdb_views() WHERE database_name = $database AND NOT internal
UNION ALL
SELECT 'type', type_name, '' FROM duckdb_types() WHERE database_name = $database AND NOT internal
UNION ALL
SELECT 'sequence', sequence_name, '' FROM duckdb_sequences() WHERE database_name = $database
UNION ALL
SELECT 'index', index_name, '' FROM duckdb_indexes() WHERE database_name = $database
UNION ALL
SELECT 'schema', schema_name, ''
FROM duckdb_schemas() WHERE database_name = $database AND NOT internal AND schema_name <> 'main';

-- :macros
SELECT 'macro', function_name, ''
FROM duckdb_functions() WHERE database_name = $database AND NOT internal;

-- :columns
SELECT table_name, column_name, data_type
FROM duckdb_columns() WHERE database_name = current_database()
ORDER BY table_name, column_index;
