"""Learners whose fit can be continued with other hyperparameters, for population-based training.

A network or a linear model continues by further epochs, boosting by further trees. Hyperparameters
that shape the model (layers) are fixed at the start; those of `mutable` may change midway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from metalearn.core.space import Space
from metalearn.core.task import Kind
from metalearn.learners.algorithm import Values, category, real, whole
from metalearn.learners.preparation import Preparation

__all__ = ["RESUMABLE", "Resumable", "ResumableLearner"]


class Resumable(Protocol):
    """A learner whose fit can be continued."""

    @property
    def preparation(self) -> Preparation:
        """How raw tables are prepared for it."""
        ...

    @property
    def unit(self) -> str:
        """The resource: `epochs` or `trees`."""
        ...

    @property
    def mutable(self) -> tuple[str, ...]:
        """Hyperparameters that may change midway."""
        ...

    def space(self, kind: Kind) -> Space:
        """Return the space of its hyperparameters."""
        ...

    def begin(self, kind: Kind, values: Values, seed: int) -> Any:
        """Return an unfitted model."""
        ...

    def continue_fit(self, model: Any, X: Any, y: Any, more: int, values: Values) -> None:
        """Fit a model by `more` units of the resource, with the mutable hyperparameters given."""
        ...


@dataclass(frozen=True)
class ResumableLearner:
    """A resumable learner made of functions.

    Attributes:
        name: Its name.
        preparation: How raw tables are prepared for it.
        unit: The resource: `epochs` or `trees`.
        mutable: Hyperparameters that may change midway.
        axes: Axes of its space.
        build: From kind, hyperparameters and seed to an unfitted model.
        resume: Fits a model further, see `Resumable.continue_fit`.
    """

    name: str
    preparation: Preparation
    unit: str
    mutable: tuple[str, ...]
    axes: Callable[[Kind], list[Any]]
    build: Callable[[Kind, Values, int], Any]
    resume: Callable[[Any, Any, Any, int, Values], None]

    def space(self, kind: Kind) -> Space:
        """Return the space of its hyperparameters."""
        import ConfigSpace

        config_space = ConfigSpace.ConfigurationSpace()
        config_space.add(self.axes(kind))
        return Space(self.name, config_space)

    def begin(self, kind: Kind, values: Values, seed: int) -> Any:
        """Return an unfitted model."""
        return self.build(kind, values, seed)

    def continue_fit(self, model: Any, X: Any, y: Any, more: int, values: Values) -> None:
        """Fit a model by `more` units of the resource, with the mutable hyperparameters given."""
        self.resume(model, X, y, more, {name: values[name] for name in self.mutable})


def _network_axes(kind: Kind) -> list[Any]:
    del kind
    return [
        whole("n_layers", 1, 3, 1),
        whole("layer_size", 8, 256, 100, log=True),
        category("activation", ["relu", "tanh"]),
        real("alpha", 1e-7, 0.1, 1e-4, log=True),
        real("learning_rate_init", 1e-4, 0.03, 1e-3, log=True),
    ]


def _network(kind: Kind, values: Values, seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    made = MLPRegressor if kind == "regression" else MLPClassifier
    return made(
        hidden_layer_sizes=(values["layer_size"],) * values["n_layers"],
        activation=values["activation"], alpha=values["alpha"],
        learning_rate_init=values["learning_rate_init"], random_state=seed,
    )  # fmt: skip


def _epochs(model: Any, X: Any, y: Any, more: int, values: Values) -> None:
    """Train by epochs of `partial_fit`; networks keep the state of Adam."""
    model.set_params(**values)
    if hasattr(model, "_optimizer"):  # made at the first epoch, with the rate of that time
        model._optimizer.learning_rate_init = values["learning_rate_init"]
    options: Mapping[str, Any] = {}
    if hasattr(model, "predict_proba") and not hasattr(model, "classes_"):
        options = {"classes": np.unique(y)}
    for i in range(more):
        model.partial_fit(X, y, **(options if i == 0 else {}))


def _linear_axes(kind: Kind) -> list[Any]:
    del kind
    return [
        real("alpha", 1e-7, 0.1, 1e-4, log=True),
        real("eta0", 1e-4, 0.3, 0.01, log=True),
    ]


def _linear(kind: Kind, values: Values, seed: int) -> Any:
    from sklearn.linear_model import SGDClassifier, SGDRegressor

    arguments = {**values, "learning_rate": "constant", "random_state": seed}
    return SGDRegressor(**arguments) if kind == "regression" else (
        SGDClassifier("log_loss", **arguments)
    )  # fmt: skip


def _boosting_axes(kind: Kind) -> list[Any]:
    del kind
    return [
        real("learning_rate", 0.01, 0.5, 0.1, log=True),
        real("l2_regularization", 1e-8, 10.0, 1e-4, log=True),
        whole("max_leaf_nodes", 3, 64, 31, log=True),
        whole("min_samples_leaf", 2, 100, 20, log=True),
    ]


def _boosting(kind: Kind, values: Values, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    made = (
        HistGradientBoostingRegressor if kind == "regression" else HistGradientBoostingClassifier
    )
    return made(
        **values, max_iter=0, warm_start=True, early_stopping=False, random_state=seed
    )  # max_iter grows as the fit continues


def _trees(model: Any, X: Any, y: Any, more: int, values: Values) -> None:
    model.set_params(**values, max_iter=model.max_iter + more)
    model.fit(X, y)


_MLP = ResumableLearner(
    "mlp", "scaled", "epochs", ("alpha", "learning_rate_init"), _network_axes, _network, _epochs
)
_SGD = ResumableLearner(
    "sgd", "scaled", "epochs", ("alpha", "eta0"), _linear_axes, _linear, _epochs
)
_BOOSTING = ResumableLearner(
    "gradient_boosting", "ordinal", "trees",
    ("learning_rate", "l2_regularization", "max_leaf_nodes", "min_samples_leaf"),
    _boosting_axes, _boosting, _trees,
)  # fmt: skip

RESUMABLE = {learner.name: learner for learner in (_MLP, _SGD, _BOOSTING)}
"""Resumable learners by name."""
