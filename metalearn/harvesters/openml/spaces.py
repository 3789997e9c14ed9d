"""Conversion of a learner's parameters to the axes of our spaces, or the reason against it.

One entry per learner declares which parameters are axes (and under which names), which must have
the value that our pipeline uses, and which are irrelevant. Harvesters do not import the spaces;
the user of a `Mapped` checks it against them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from metalearn.core.configuration import Value
from metalearn.core.task import Kind

__all__ = ["Context", "Mapped", "UnmappableError", "map_learner"]

Values = Mapping[str, Value]


class UnmappableError(Exception):
    """The setting cannot be represented in our space; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """Values on the axes of one of our algorithms."""

    algorithm: str
    kind: Kind
    values: dict[str, Value]


@dataclass(slots=True)
class Context:
    """Inputs of a conversion besides the parameters.

    Attributes:
        kind: Kind of the task: some defaults depend on it.
        n_features: Columns of the task's data set, for counts that are shares in our space.
        inner: Typed parameters of the learner inside an ensemble.
        inner_name: Its class.
        has_used_columns: Set if the conversion used the number of columns.
    """

    kind: Kind
    n_features: int | None
    inner: Values | None = None
    inner_name: str = ""
    has_used_columns: bool = False


Convert = Callable[[Value, Context], Value]


@dataclass(frozen=True)
class _Learner:
    algorithm: str
    axes: Mapping[str, tuple[str, Convert]]
    fixed: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    active: Callable[[dict[str, Value]], dict[str, Value]] = lambda values: values


def map_learner(class_name: str, values: Values, defaults: Values, context: Context) -> Mapped:
    """Return the values on our axes of a learner's parameters.

    Args:
        class_name: `SVC`, `mlr.classif.svm`, ...
        values: Typed parameters of the learner, defaults filled in.
        defaults: Its declared defaults.
        context: The task and the inner learner; records whether columns were used.

    Raises:
        UnmappableError: If there is no such learner, or a value is outside our space.
    """
    learner = _LEARNERS.get(class_name)
    if learner is None:
        raise UnmappableError(f"no space of ours for {class_name}")
    found: dict[str, Value] = {}
    for name, (axis, convert) in learner.axes.items():
        if name in values or name.startswith("inner:"):
            try:
                found[axis] = convert(values.get(name), context)
            except UnmappableError as error:
                link = " around" if name.startswith("inner:") else f": {name} is"
                raise UnmappableError(f"{class_name}{link} {error}") from None
    for name, value in values.items():
        if name in learner.axes or name in learner.ignored:
            continue
        allowed = learner.fixed.get(name, (defaults.get(name, value),))
        if value not in allowed:
            raise UnmappableError(f"{class_name}: {name} is not {_listed(allowed)}")
    return Mapped(learner.algorithm, context.kind, learner.active(found))


def _listed(allowed: tuple[Value, ...]) -> str:
    return " or ".join(repr(value) for value in allowed[:3])


def _same(value: Value, _: Context) -> Value:
    return value


def _number(value: Value, _: Context) -> Value:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UnmappableError("not a number")
    return value


def _whole(value: Value, _: Context) -> Value:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        raise UnmappableError("not a whole number")
    return int(value)


def _weight(value: Value, _: Context) -> Value:
    if value is None:
        return "none"
    if value == "balanced":
        return value
    raise UnmappableError("neither null nor balanced")


def _columns(context: Context) -> int:
    context.has_used_columns = True
    if not context.n_features:
        raise UnmappableError("relative to an unknown number of columns")
    return context.n_features


def _share(value: Value, context: Context) -> Value:
    """`max_features`: a share stays, a count or a name becomes the share of the task's columns."""
    if value is None or (value == "auto" and context.kind == "regression"):
        return 1.0
    if isinstance(value, float):
        return value
    p = _columns(context)
    if value in ("sqrt", "auto"):
        return max(1, int(math.sqrt(p))) / p
    if value == "log2":
        return max(1, int(math.log2(p))) / p
    if isinstance(value, int) and not isinstance(value, bool):
        return min(1.0, value / p)
    raise UnmappableError("neither share, count nor name")


def _gamma(value: Value, context: Context) -> Value:
    """`auto` is 1/p, and so is `scale` on standardised columns."""
    if value in ("auto", "auto_deprecated", "scale", None):
        return 1.0 / _columns(context)
    number = _number(value, context)
    return number if number else 1.0 / _columns(context)  # 0.0 meant auto once


def _kernel(value: Value, _: Context) -> Value:
    known = {"rbf": "rbf", "radial": "rbf", "poly": "poly", "polynomial": "poly",
             "sigmoid": "sigmoid", None: "rbf"}  # fmt: skip
    if value not in known:
        raise UnmappableError("neither rbf, poly nor sigmoid")
    return known[value]


def _depth(value: Value, context: Context) -> Value:
    return 32 if value is None else min(32, int(_whole(value, context) or 0))


def _criterion(value: Value, context: Context) -> Value:
    if context.kind == "regression":
        if value not in ("mse", "squared_error", "friedman_mse", None):
            raise UnmappableError("not the squared error")
        return None
    if value not in ("gini", "entropy", "log_loss"):
        raise UnmappableError("neither gini nor entropy")
    return "entropy" if value == "log_loss" else value


def _layers(value: Value, _: Context) -> Value:
    if isinstance(value, int) and not isinstance(value, bool):
        return json.dumps([value])
    try:
        sizes = json.loads(str(value))
    except ValueError:
        raise UnmappableError("no list of sizes") from None
    if not isinstance(sizes, list) or not sizes or len(set(sizes)) != 1:
        raise UnmappableError("a list of different sizes")
    return json.dumps(sizes)


def _split_layers(values: dict[str, Value]) -> dict[str, Value]:
    sizes = json.loads(str(values.pop("layers", "[100]")))
    return {**values, "n_layers": len(sizes), "layer_size": sizes[0]}


def _inner_depth(_: Value, context: Context) -> Value:
    """Depth of the trees inside, which must be as the boosting of our space has them otherwise."""
    inner = context.inner
    if inner is None:
        return 3 if context.kind == "regression" else 1
    if context.inner_name not in ("DecisionTreeClassifier", "DecisionTreeRegressor"):
        raise UnmappableError(f"a {context.inner_name}")
    for name, allowed in _INNER_TREE.items():
        if inner.get(name, allowed[0]) not in allowed:
            raise UnmappableError(f"a tree whose {name} is not {_listed(allowed)}")
    if inner.get("max_depth") is None:
        raise UnmappableError("a tree without max_depth")
    return _whole(inner["max_depth"], context)


def _metric(values: dict[str, Value]) -> dict[str, Value]:
    """Distances with names of their own are those of Minkowski with p = 1 and 2."""
    p = {"manhattan": 1, "cityblock": 1, "l1": 1, "euclidean": 2, "l2": 2}
    name = values.pop("metric", "minkowski")
    if name == "minkowski":
        return values
    if name not in p:
        raise UnmappableError("KNeighbors: metric is not one of Minkowski's with p = 1 or 2")
    return {**values, "p": p[str(name)]}


def _penalty(value: Value, context: Context) -> Value:
    number = _number(value, context)
    return 1e-10 if number == 0 else number


def _of_kernel(values: dict[str, Value]) -> dict[str, Value]:
    kernel = values.setdefault("kernel", "rbf")
    inactive = {"rbf": {"degree", "coef0"}, "sigmoid": {"degree"}}.get(str(kernel), set())
    return {name: value for name, value in values.items() if name not in inactive}


def _given(values: dict[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}


def _axes(convert: Convert, *names: str) -> dict[str, tuple[str, Convert]]:
    return {name: (name, convert) for name in names}


_FOREST = _axes(_whole, "n_estimators", "min_samples_leaf", "min_samples_split") | {
    "max_features": ("max_features", _share),
    "bootstrap": ("bootstrap", _same),
    "criterion": ("criterion", _criterion),
    "class_weight": ("class_weight", _weight),
}
_TREE_FIXED: dict[str, tuple[Value, ...]] = {
    "max_depth": (None,), "max_leaf_nodes": (None,), "min_weight_fraction_leaf": (0.0, 0),
    "min_impurity_decrease": (0.0, 0), "min_impurity_split": (None, 1e-7, 0.0, 0),
    "ccp_alpha": (0.0, 0), "max_samples": (None, 1.0), "monotonic_cst": (None,),
}  # fmt: skip
_INNER_TREE: dict[str, tuple[Value, ...]] = {
    **{name: allowed for name, allowed in _TREE_FIXED.items() if name != "max_depth"},
    "criterion": ("gini", "mse", "squared_error"), "splitter": ("best",),
    "max_features": (None, 1.0), "min_samples_leaf": (1,), "min_samples_split": (2,),
    "class_weight": (None,),
}  # fmt: skip
_QUIET = frozenset({"warm_start", "oob_score", "presort", "store_covariance"})
_KERNEL = {
    "C": ("C", _number), "kernel": ("kernel", _kernel), "gamma": ("gamma", _gamma),
    "degree": ("degree", _whole), "coef0": ("coef0", _number),
}  # fmt: skip
_SVM_FIXED: dict[str, tuple[Value, ...]] = {"max_iter": (-1,)}
_SVM_IGNORED = frozenset({"probability", "decision_function_shape", "shrinking",
                          "break_ties", "tol"})  # fmt: skip
_BOOSTING_FIXED: dict[str, tuple[Value, ...]] = {
    "max_depth": (None,), "early_stopping": (False, "auto"), "max_bins": (255, 256),
    "loss": ("log_loss", "squared_error", "auto", "least_squares", "binary_crossentropy",
             "categorical_crossentropy"),
}  # fmt: skip
_BOOSTING_IGNORED = frozenset({"scoring", "validation_fraction", "tol", "n_iter_no_change",
                               "warm_start"})  # fmt: skip
_ADABOOST = {
    "n_estimators": ("n_estimators", _whole), "learning_rate": ("learning_rate", _number),
    "inner:max_depth": ("max_depth", _inner_depth),
}  # fmt: skip
_ADABOOST_IGNORED = frozenset({"algorithm", "base_estimator", "estimator"})
_HIST = _axes(_whole, "max_iter", "max_leaf_nodes", "min_samples_leaf") | {
    "learning_rate": ("learning_rate", _number), "max_features": ("max_features", _share),
    "l2_regularization": ("l2_regularization", _penalty),
    "class_weight": ("class_weight", _weight),
}  # fmt: skip
_MLP = _axes(_number, "alpha", "learning_rate_init") | {
    "hidden_layer_sizes": ("layers", _layers), "activation": ("activation", _same),
    "max_iter": ("max_iter", _whole),
}  # fmt: skip
_MLP_IGNORED = frozenset({
    "batch_size", "beta_1", "beta_2", "epsilon", "learning_rate", "max_fun", "momentum", "tol",
    "n_iter_no_change", "nesterovs_momentum", "power_t", "shuffle", "validation_fraction",
    "warm_start",
})  # fmt: skip
_TREE = _axes(_whole, "min_samples_leaf") | {
    "max_depth": ("max_depth", _depth), "max_features": ("max_features", _share),
    "criterion": ("criterion", _criterion), "class_weight": ("class_weight", _weight),
}  # fmt: skip
_KNN = _axes(_whole, "n_neighbors", "p") | _axes(_same, "weights", "metric")
_KNN_IGNORED = frozenset({"algorithm", "leaf_size"})
_LINEAR_IGNORED = frozenset({"tol", "max_iter", "dual", "solver", "intercept_scaling",
                             "multi_class", "warm_start", "l1_ratio"})  # fmt: skip
_C_WEIGHT = {"C": ("C", _number), "class_weight": ("class_weight", _weight)}

_FORESTS = {
    f"{name}{kind}": _Learner(algorithm, _FOREST, _TREE_FIXED, _QUIET, _given)
    for name, algorithm in (("RandomForest", "random_forest"), ("ExtraTrees", "extra_trees"))
    for kind in ("Classifier", "Regressor")
}
_BY_KIND = {
    f"{name}{kind}": learner
    for name, learner in (
        ("AdaBoost", _Learner("adaboost", _ADABOOST, {}, _ADABOOST_IGNORED)),
        ("HistGradientBoosting", _Learner(
            "gradient_boosting", _HIST, _BOOSTING_FIXED, _BOOSTING_IGNORED)),
        ("KNeighbors", _Learner("k_nearest_neighbors", _KNN, {}, _KNN_IGNORED, _metric)),
        ("MLP", _Learner("mlp", _MLP, {"solver": ("adam",), "early_stopping": (False,)},
                         _MLP_IGNORED, _split_layers)),
        ("DecisionTree", _Learner("decision_tree", _TREE, {
            **{k: v for k, v in _TREE_FIXED.items() if k != "max_depth"},
            "min_samples_split": (2,), "splitter": ("best",)}, _QUIET, _given)),
        ("LGBM", _Learner("lightgbm", _axes(_whole, "n_estimators", "num_leaves",
                                            "min_child_samples")
                          | _axes(_number, "learning_rate", "colsample_bytree")
                          | {"reg_lambda": ("reg_lambda", _penalty)})),
    )
    for kind in ("Classifier", "Regressor")
}  # fmt: skip
_LEARNERS: dict[str, _Learner] = {
    **_FORESTS,
    **_BY_KIND,
    "SVC": _Learner("svc", {**_KERNEL, "class_weight": ("class_weight", _weight)},
                    _SVM_FIXED, _SVM_IGNORED, _of_kernel),
    "SVR": _Learner("svr", {**_KERNEL, "epsilon": ("epsilon", _number)}, _SVM_FIXED,
                    _SVM_IGNORED, _of_kernel),
    "LinearSVC": _Learner("linear_svm", _C_WEIGHT,
                          {"loss": ("squared_hinge",), "penalty": ("l2",)}, _LINEAR_IGNORED),
    "LogisticRegression": _Learner("logistic_regression", _C_WEIGHT,
                                   {"penalty": ("l2", "deprecated")}, _LINEAR_IGNORED),
    "Ridge": _Learner("ridge", _axes(_number, "alpha"), {"positive": (False,)}, _LINEAR_IGNORED),
    "ElasticNet": _Learner("elastic_net", _axes(_number, "alpha", "l1_ratio"), {},
                           frozenset({"max_iter", "tol", "selection", "warm_start",
                                      "precompute"})),
    "GaussianNB": _Learner("naive_bayes", _axes(_number, "var_smoothing"), {"priors": (None,)}),
    "mlr.classif.svm": _Learner(
        "svc", {**{k: v for k, v in _KERNEL.items() if k != "C"}, "cost": ("C", _number)}, {},
        frozenset({"tolerance", "shrinking", "cachesize", "fitted", "type", "scale"}),
        lambda values: _of_kernel({**values, "class_weight": "none"})),
}  # fmt: skip
