"""AutoML: from a table to a fitted ensemble within a time budget, starting from experience."""

from metalearn.automl.estimators import AutoMLClassifier, AutoMLLearner, AutoMLRegressor

__all__ = ["AutoMLClassifier", "AutoMLLearner", "AutoMLRegressor"]
