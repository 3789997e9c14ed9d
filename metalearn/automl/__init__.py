"""AutoML: from a table to a fitted ensemble within a time budget, starting from stored results."""

from metalearn.automl.estimators import AutoMLClassifier, AutoMLLearner, AutoMLRegressor
from metalearn.automl.model_file import load_model, save_model
from metalearn.automl.strategy import Strategy

__all__ = [
    "AutoMLClassifier",
    "AutoMLLearner",
    "AutoMLRegressor",
    "Strategy",
    "load_model",
    "save_model",
]
