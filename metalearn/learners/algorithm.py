"""The type of a learner: its search spaces, and how a configuration becomes an estimator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from metalearn.core.configuration import Configuration, Value
from metalearn.core.task import Kind
from metalearn.errors import EvaluationError, MissingPackageError, UsageError
from metalearn.learners.arguments import Argument, KnownEstimator
from metalearn.learners.preparation import Preparation, PreparationRecipe

if TYPE_CHECKING:  # ConfigSpace is slow to import, and most commands need no space
    import ConfigSpace

    from metalearn.core.space import Space

__all__ = ["Algorithm", "Estimator", "Values", "category", "class_weight", "real", "whole"]

Estimator = Any  # scikit-learn is untyped; an object with fit and predict
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Algorithm:
    """A learner.

    Attributes:
        name: Name in the store, the same for both kinds of task.
        kinds: Kinds of task that it can learn.
        preparation: How raw tables are prepared for it.
        axes: From a kind of task to the axes and conditions of its space.
        build: From kind, active hyperparameters and seed to an unfitted estimator.
        package: Module that it needs.
        extra: Extra of metalearn that installs the package; empty if there is none.
        estimators: Classes of libraries that it stands for, for spaces of users.
        arguments: The axes that differ from the arguments of these classes.
        scales_target: Whether regression sees a target of mean 0 and standard deviation 1.
        growth: Power of the rows with which the seconds of a fit, and of predictions for a share
            of as many rows, grow on large tables: 1 for passes over the rows, about 1.1 where
            these are sorted, 2 where all pairs are compared, more for a kernel machine.
    """

    name: str
    kinds: tuple[Kind, ...]
    preparation: Preparation
    axes: Callable[[Kind], list[Any]]
    build: Callable[[Kind, Values, int], Estimator]
    package: str = "sklearn"
    extra: str = ""
    estimators: tuple[KnownEstimator, ...] = field(default=(), hash=False)
    arguments: Mapping[str, Argument] = field(default_factory=dict, hash=False)
    scales_target: bool = False
    growth: float = 1.0

    def space(self, kind: Kind) -> Space:
        """Return its search space for a kind of task.

        Raises:
            UsageError: If it cannot learn this kind.
        """
        if kind not in self.kinds:
            raise UsageError(f"{self.name!r} does not do {kind}; it does {', '.join(self.kinds)}")
        return _space(self, kind)

    @property
    def is_installed(self) -> bool:
        """Whether its package is installed here."""
        return find_spec(self.package) is not None

    def pipeline(self, kind: Kind, configuration: Configuration, seed: int = 0) -> Estimator:
        """Return an unfitted scikit-learn Pipeline: preparation, then the estimator.

        Raises:
            MissingPackageError: If its package is not installed.
        """
        from sklearn.pipeline import Pipeline

        model = self.estimator(kind, configuration, seed)
        prepare = self.recipe(kind, configuration).pipeline()
        return Pipeline([("prepare", prepare), ("model", model)])

    def recipe(self, kind: Kind, configuration: Configuration) -> PreparationRecipe:  # noqa: ARG002  # pipelines differ by configuration
        """Return how raw tables are prepared for a configuration."""
        return PreparationRecipe(self.preparation)

    def estimator(self, kind: Kind, configuration: Configuration, seed: int = 0) -> Estimator:
        """Return the unfitted estimator alone, for prepared matrices.

        Raises:
            EvaluationError: If the configuration is of another algorithm, or incomplete.
            MissingPackageError: If its package is not installed.
        """
        if configuration.algorithm != self.name:
            raise EvaluationError(f"{configuration} is not a configuration of {self.name!r}")
        if not self.is_installed:
            raise MissingPackageError(self.package, self.extra, f"learner {self.name!r}")
        try:
            return self.build(kind, configuration.hyperparameters, seed)
        except KeyError as error:
            raise EvaluationError(
                f"{configuration} lacks the hyperparameter {error.args[0]!r}; give each active "
                "one (the default of the space has them all)"
            ) from error


@cache
def _space(algorithm: Algorithm, kind: Kind) -> Space:
    import ConfigSpace

    from metalearn.core.space import Space

    config_space = ConfigSpace.ConfigurationSpace()
    config_space.add(algorithm.axes(kind))
    return Space(algorithm.name, config_space)


def real(
    name: str, low: float, high: float, default: float, *, log: bool = False
) -> ConfigSpace.UniformFloatHyperparameter:
    """Return a float axis."""
    import ConfigSpace

    return ConfigSpace.UniformFloatHyperparameter(name, low, high, default_value=default, log=log)


def whole(
    name: str, low: int, high: int, default: int, *, log: bool = False
) -> ConfigSpace.UniformIntegerHyperparameter:
    """Return an integer axis."""
    import ConfigSpace

    return ConfigSpace.UniformIntegerHyperparameter(
        name, low, high, default_value=default, log=log
    )


def category(name: str, choices: list[Value]) -> ConfigSpace.CategoricalHyperparameter:
    """Return a categorical axis; its first choice is the default."""
    import ConfigSpace

    return ConfigSpace.CategoricalHyperparameter(name, choices, default_value=choices[0])


def class_weight() -> ConfigSpace.CategoricalHyperparameter:
    """Return the axis of class weights: none, or equal total weight of all classes."""
    return category("class_weight", ["none", "balanced"])
