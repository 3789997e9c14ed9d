"""What the arguments of estimators have to do with our axes: names and values.

Our axes carry scikit-learn's names and values wherever these are single numbers or words. The few
that differ are listed here, with the estimators that each of our learners stands for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module

from metalearn.core.configuration import Value
from metalearn.core.space import Axis
from metalearn.core.space_mapping import Conversion, unchanged
from metalearn.core.task import Kind
from metalearn.errors import InputError

__all__ = ["KNOWN", "KnownEstimator", "argument_names", "conversion"]


@dataclass(frozen=True, slots=True)
class KnownEstimator:
    """A class that one of our learners stands for.

    Attributes:
        path: Where it lives, `"module:Class"`.
        algorithm: Our learner.
        kind: Kind of task.
        fixed: Axes of ours that the class itself decides.
        needs: Arguments that it must have for our experience to be about it.
    """

    path: str
    algorithm: str
    kind: Kind
    fixed: Mapping[str, Value] = field(default_factory=dict)
    needs: Mapping[str, Value] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the class."""
        return self.path.partition(":")[2]

    def load(self) -> type:
        """Return the class itself, importing its package."""
        module, _, name = self.path.partition(":")
        loaded: type = getattr(import_module(module), name)
        return loaded


def _pair(module: str, name: str, algorithm: str) -> list[KnownEstimator]:
    return [
        KnownEstimator(f"{module}:{name}Classifier", algorithm, "classification"),
        KnownEstimator(f"{module}:{name}Regressor", algorithm, "regression"),
    ]


_DA = "sklearn.discriminant_analysis:"
_SGD = {"loss": "log_loss", "penalty": "elasticnet"}
KNOWN: tuple[KnownEstimator, ...] = (
    KnownEstimator("sklearn.linear_model:LogisticRegression", "logistic_regression",
                   "classification"),
    KnownEstimator("sklearn.linear_model:Ridge", "ridge", "regression"),
    KnownEstimator("sklearn.linear_model:ElasticNet", "elastic_net", "regression"),
    KnownEstimator("sklearn.linear_model:SGDClassifier", "elastic_net", "classification",
                   needs=_SGD),
    KnownEstimator("sklearn.svm:LinearSVC", "linear_svm", "classification"),
    KnownEstimator("sklearn.svm:LinearSVR", "linear_svm", "regression"),
    KnownEstimator("sklearn.svm:SVC", "svc", "classification"),
    KnownEstimator("sklearn.svm:SVR", "svr", "regression"),
    *_pair("sklearn.neighbors", "KNeighbors", "k_nearest_neighbors"),
    KnownEstimator("sklearn.naive_bayes:GaussianNB", "naive_bayes", "classification"),
    KnownEstimator(_DA + "LinearDiscriminantAnalysis", "discriminant_analysis", "classification",
                   fixed={"boundary": "linear"}),
    KnownEstimator(_DA + "QuadraticDiscriminantAnalysis", "discriminant_analysis",
                   "classification", fixed={"boundary": "quadratic"}),
    *_pair("sklearn.tree", "DecisionTree", "decision_tree"),
    *_pair("sklearn.ensemble", "RandomForest", "random_forest"),
    *_pair("sklearn.ensemble", "ExtraTrees", "extra_trees"),
    *_pair("sklearn.ensemble", "HistGradientBoosting", "gradient_boosting"),
    *_pair("sklearn.ensemble", "AdaBoost", "adaboost"),
    *_pair("sklearn.neural_network", "MLP", "mlp"),
    *_pair("lightgbm", "LGBM", "lightgbm"),
)  # fmt: skip

_NOTHING = 1e-6  # a log axis that begins below this begins at nothing
_NAMES: dict[tuple[str, str], tuple[str, ...]] = {
    ("adaboost", "max_depth"): ("estimator__max_depth",),
    ("lightgbm", "n_estimators"): ("n_estimators", "num_iterations", "num_boost_round"),
    ("lightgbm", "min_child_samples"): ("min_child_samples", "min_data_in_leaf"),
    ("lightgbm", "colsample_bytree"): ("colsample_bytree", "feature_fraction"),
    ("lightgbm", "reg_lambda"): ("reg_lambda", "lambda_l2"),
}


def argument_names(algorithm: str, axis: str) -> tuple[str, ...]:
    """Return the names under which an axis of ours goes with its estimators."""
    return _NAMES.get((algorithm, axis), (axis,))


def conversion(axis: Axis, theirs: Axis | None, n_features: int | None) -> Conversion:
    """Return how an argument becomes a value of our axis.

    Args:
        axis: Ours.
        theirs: The user's axis; None if it is not searched.
        n_features: Columns that the estimator sees; None if unknown.

    Raises:
        InputError: If a count of columns is to become a share and their number is unknown.
    """
    if axis.name == "class_weight":
        return Conversion("None is 'none'", _class_weight)
    if axis.name == "max_features":
        return _share_of_columns(theirs, n_features)
    if axis.name == "max_depth":
        return Conversion(f"None is {axis.upper:g}", partial(_unlimited, int(axis.upper)))
    if axis.name == "gamma":
        return _gamma(theirs, n_features)
    if axis.log and axis.lower < _NOTHING:
        return Conversion(f"0 is {axis.lower:g}", partial(_nothing, axis.lower))
    return unchanged


def _nothing(least: float, value: Value) -> Value:
    return least if value == 0 and not isinstance(value, bool) else value


def _class_weight(value: Value) -> Value:
    if value is not None and value != "balanced":
        raise InputError(f"class_weight: {value!r} is neither None nor 'balanced'")
    return "none" if value is None else value


def _unlimited(limit: int, value: Value) -> Value:
    return limit if value is None else value


def _share_of_columns(theirs: Axis | None, n_features: int | None) -> Conversion:
    counts = theirs is not None and theirs.kind == "integer"
    words = theirs is None or theirs.kind == "category"
    if not counts and not words:
        return unchanged
    if n_features is None:
        if counts:
            raise InputError(
                "max_features counts columns in your space and is their share in ours: give X and "
                "y, or let it be a float between 0 and 1"
            )
        n_features = 10  # words only: the order sqrt < None is what matters

    text = f"share of {n_features} columns; None is 1.0"
    return Conversion(
        text, partial(_share, float(n_features)), float(n_features) if counts else 1.0
    )


def _gamma(theirs: Axis | None, n_features: int | None) -> Conversion:
    if theirs is not None and theirs.kind != "category":
        return unchanged

    text = "" if n_features is None else f"'scale' is 1/{n_features} on standardised columns"
    return Conversion(text, partial(_scale, n_features))


def _share(p: float, value: Value) -> Value:
    known = {"sqrt": math.sqrt(p) / p, "log2": math.log2(max(p, 2)) / p, None: 1.0}
    if value is None or isinstance(value, str):
        if value not in known:
            raise InputError(f"max_features: {value!r} is neither a number, sqrt nor log2")
        return min(known[value], 1.0)
    return min(value / p, 1.0) if isinstance(value, int) else value


def _scale(n_features: int | None, value: Value) -> Value:
    if not isinstance(value, str):
        return value
    if n_features is None:
        raise InputError(f"gamma={value!r} depends on the number of columns: give X and y")
    return 1.0 / n_features
