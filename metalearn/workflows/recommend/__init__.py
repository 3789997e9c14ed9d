"""`recommend`: configurations to try on a table, with expected score, seconds and evidence."""
