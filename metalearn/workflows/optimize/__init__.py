"""`optimize`: a search of one algorithm's space on a table, cold or warm-started."""
