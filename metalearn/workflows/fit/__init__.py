"""AutoML on a table: the fit, rows to predict, the script and the report of the best model."""
