"""The operators of pipelines: transformers from matrix to matrix with their hyperparameters.

Sizes are shares of the columns, so one configuration has a meaning on every table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from metalearn.core.task import Kind
from metalearn.errors import UnknownNameError
from metalearn.learners import CATALOGUE
from metalearn.learners.algorithm import Estimator, Values, category, real, whole

if TYPE_CHECKING:
    from metalearn.core.space import Space

__all__ = ["OPERATORS", "STAGES", "Operator", "Stage", "operator", "operator_space"]

Stage = Literal["scale", "reduce", "generate", "select", "stack"]
STAGES: tuple[Stage, ...] = ("scale", "reduce", "generate", "select", "stack")
_STACKABLE = (
    "logistic_regression", "ridge", "naive_bayes", "discriminant_analysis", "decision_tree",
    "k_nearest_neighbors", "random_forest", "extra_trees", "gradient_boosting",
)  # fmt: skip


@dataclass(frozen=True)
class Operator:
    """A transformer.

    Attributes:
        name: Its name in configurations.
        stage: What it is for.
        axes: From a kind of task to the axes and conditions of its space.
        build: From kind, active hyperparameters and seed to an unfitted transformer.
    """

    name: str
    stage: Stage
    axes: Callable[[Kind], list[Any]]
    build: Callable[[Kind, Values, int], Estimator]


def operator(name: str) -> Operator:
    """Return the operator of that name.

    Raises:
        UnknownNameError: If there is none.
    """
    if name not in OPERATORS:
        raise UnknownNameError("operator", name, tuple(OPERATORS))
    return OPERATORS[name]


@cache
def operator_space(name: str, kind: Kind) -> Space:
    """Return the space of an operator's hyperparameters; it may have no axes."""
    import ConfigSpace

    from metalearn.core.space import Space

    config_space = ConfigSpace.ConfigurationSpace()
    config_space.add(operator(name).axes(kind))
    return Space(name, config_space)


def _none(kind: Kind) -> list[Any]:
    return []


def _share(kind: Kind) -> list[Any]:
    return [real("share", 0.1, 1.0, 0.5)]


def _scaler(name: str, **options: Any) -> Callable[[Kind, Values, int], Estimator]:
    def build(kind: Kind, values: Values, seed: int) -> Estimator:
        from sklearn import preprocessing

        return getattr(preprocessing, name)(**options)

    return build


def _quantile(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.preprocessing import QuantileTransformer

    return QuantileTransformer(
        n_quantiles=200, output_distribution=values["distribution"], random_state=seed
    )


def _pca(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.decomposition import PCA

    from metalearn.pipelines.transformers import SizedByColumns

    inner = PCA(whiten=values["whiten"] == "yes", random_state=seed)
    return SizedByColumns(inner, "n_components", float(values["share"]), by_rows=True)


def _ica(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.decomposition import FastICA

    from metalearn.pipelines.transformers import SizedByColumns

    inner = FastICA(whiten="unit-variance", max_iter=200, random_state=seed)
    return SizedByColumns(inner, "n_components", float(values["share"]), by_rows=True)


def _agglomeration(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.cluster import FeatureAgglomeration

    from metalearn.pipelines.transformers import SizedByColumns

    return SizedByColumns(FeatureAgglomeration(), "n_clusters", float(values["share"]))


def _polynomial(kind: Kind, values: Values, seed: int) -> Estimator:
    from metalearn.pipelines.transformers import Polynomial

    return Polynomial(values["squares"] == "no")


def _kernel_axes(kind: Kind) -> list[Any]:
    return [whole("n_components", 10, 200, 50, log=True), real("gamma", 1e-3, 10.0, 0.1, log=True)]


def _nystroem(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.kernel_approximation import Nystroem

    return Nystroem(gamma=values["gamma"], n_components=values["n_components"], random_state=seed)


def _rbf_sampler(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.kernel_approximation import RBFSampler

    return RBFSampler(
        gamma=values["gamma"], n_components=values["n_components"], random_state=seed
    )


def _score_axis(kind: Kind) -> Any:
    return category("score", ["f", "mutual_information"])


def _score(kind: Kind, values: Values) -> Any:
    from sklearn import feature_selection

    prefix = "f" if values["score"] == "f" else "mutual_info"
    suffix = "regression" if kind == "regression" else "classif"
    return getattr(feature_selection, f"{prefix}_{suffix}")


def _percentile(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.feature_selection import SelectPercentile

    return SelectPercentile(_score(kind, values), percentile=values["percentile"])


def _k_best(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.feature_selection import SelectKBest

    from metalearn.pipelines.transformers import SizedByColumns

    return SizedByColumns(SelectKBest(_score(kind, values)), "k", int(values["k"]))


def _variance(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.feature_selection import VarianceThreshold

    return VarianceThreshold(values["threshold"])


def _elimination(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
    from sklearn.feature_selection import RFE

    from metalearn.pipelines.transformers import SizedByColumns

    made = ExtraTreesRegressor if kind == "regression" else ExtraTreesClassifier
    trees = made(n_estimators=30, max_features=0.5, random_state=seed)
    inner = RFE(trees, step=0.3)
    return SizedByColumns(inner, "n_features_to_select", float(values["share"]))


def _stack_axes(kind: Kind) -> list[Any]:
    suited = [name for name in _STACKABLE if kind in CATALOGUE.get(name).kinds]
    return [category("learner", list(suited))]


def _stack(kind: Kind, values: Values, seed: int) -> Estimator:
    from metalearn.pipelines.transformers import StackedEstimator

    learner = CATALOGUE.get(values["learner"])
    model = learner.estimator(kind, learner.space(kind).default(), seed)
    return StackedEstimator(model, kind, seed)


_ALL = (
    Operator("standard_scaler", "scale", _none, _scaler("StandardScaler")),
    Operator("robust_scaler", "scale", _none, _scaler("RobustScaler")),
    Operator("min_max_scaler", "scale", _none, _scaler("MinMaxScaler", clip=True)),
    Operator(
        "quantile_transformer",
        "scale",
        lambda _: [category("distribution", ["uniform", "normal"])],
        _quantile,
    ),
    Operator("power_transformer", "scale", _none, _scaler("PowerTransformer")),
    Operator("pca", "reduce", lambda k: [*_share(k), category("whiten", ["no", "yes"])], _pca),
    Operator("ica", "reduce", _share, _ica),
    Operator("agglomeration", "reduce", _share, _agglomeration),
    Operator(
        "polynomial", "generate", lambda _: [category("squares", ["yes", "no"])], _polynomial
    ),
    Operator("nystroem", "generate", _kernel_axes, _nystroem),
    Operator("rbf_sampler", "generate", _kernel_axes, _rbf_sampler),
    Operator(
        "select_percentile",
        "select",
        lambda k: [whole("percentile", 5, 95, 50), _score_axis(k)],
        _percentile,
    ),
    Operator(
        "select_k_best",
        "select",
        lambda k: [whole("k", 1, 50, 10, log=True), _score_axis(k)],
        _k_best,
    ),
    Operator(
        "variance_threshold",
        "select",
        lambda _: [real("threshold", 1e-4, 0.2, 1e-3, log=True)],
        _variance,
    ),
    Operator("recursive_elimination", "select", _share, _elimination),
    Operator("stacked_estimator", "stack", _stack_axes, _stack),
)
OPERATORS: Mapping[str, Operator] = {each.name: each for each in _ALL}
"""All operators by name."""
