"""Maps the axes of a learner to arguments of the estimators that it stands for.

Axes carry scikit-learn's names and values wherever these are single numbers or words. The
file of a learner lists the estimators that it stands for and the axes that differ from their
arguments; this module defines the terms of these lists.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from metalearn.catalogue import load
from metalearn.core.configuration import Value
from metalearn.core.task import Kind
from metalearn.errors import InputError

if TYPE_CHECKING:  # ConfigSpace is slow to import, and learners are loaded by most commands
    from metalearn.core.space import Axis
    from metalearn.core.space_mapping import Conversion
    from metalearn.learners.algorithm import Algorithm

__all__ = [
    "CLASS_WEIGHT", "GAMMA", "MAX_DEPTH", "MAX_FEATURES", "Argument", "KnownEstimator",
    "argument_names", "both_kinds", "conversion",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class KnownEstimator:
    """A class that a learner stands for.

    Attributes:
        path: Where it lives, `"module:Class"`.
        kind: Kind of task.
        fixed: Axes of the learner that the class itself decides.
        needs: Values of arguments with which the stored runs were made.
        unset: What the library uses for an argument that is None or not given.
    """

    path: str
    kind: Kind
    fixed: Mapping[str, Value] = field(default_factory=dict)
    needs: Mapping[str, Value] = field(default_factory=dict)
    unset: Mapping[str, Value] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the class."""
        return self.path.partition(":")[2]

    def load(self) -> type:
        """Return the class itself, importing its package."""
        loaded: type = load(self.path)
        return loaded


Convert = Callable[["Axis", "Axis | None", "int | None"], "Conversion"]


@dataclass(frozen=True, slots=True)
class Argument:
    """How one axis is an argument of the estimators.

    Attributes:
        names: Names of the argument, the estimator's own first; empty if it is that of the axis.
        convert: From our axis, the user's (None if it is not searched) and the columns that the
            estimator sees (None if unknown) to how their values become ours.
        words: The estimator's word for each category of ours, where they differ.
    """

    names: tuple[str, ...] = ()
    convert: Convert | None = None
    words: Mapping[Value, Value] = field(default_factory=dict)


_NOTHING = 1e-6  # a log axis that begins below this begins at nothing
_AS_IT_IS = Argument()


def both_kinds(path: str, **options: Mapping[str, Value]) -> tuple[KnownEstimator, ...]:
    """Return the classifier and the regressor of one name: `"sklearn.tree:DecisionTree"`."""
    return (
        KnownEstimator(f"{path}Classifier", "classification", **options),
        KnownEstimator(f"{path}Regressor", "regression", **options),
    )


def argument_names(algorithm: Algorithm, axis: str) -> tuple[str, ...]:
    """Return the names of an axis of ours as an argument of the estimators of a learner."""
    return algorithm.arguments.get(axis, _AS_IT_IS).names or (axis,)


def conversion(
    algorithm: Algorithm, axis: Axis, theirs: Axis | None, n_features: int | None
) -> Conversion:
    """Return how an argument becomes a value of our axis.

    Args:
        algorithm: The learner.
        axis: Ours.
        theirs: The user's axis; None if it is not searched.
        n_features: Columns that the estimator sees; None if unknown.

    Raises:
        InputError: If a count of columns is to become a share and their number is unknown.
    """
    from metalearn.core.space_mapping import Conversion, unchanged

    argument = algorithm.arguments.get(axis.name, _AS_IT_IS)
    if argument.words:
        text = ", ".join(f"{theirs} is {ours!r}" for ours, theirs in argument.words.items()
                         if theirs != ours)  # fmt: skip
        return Conversion(text, partial(_word, axis.name, argument.words))
    if argument.convert is not None:
        return argument.convert(axis, theirs, n_features)
    if axis.log and axis.lower < _NOTHING:
        return Conversion(f"0 is {axis.lower:g}", partial(_nothing, axis.lower))
    return unchanged


def _unlimited_above(axis: Axis, _theirs: Axis | None, _n_features: int | None) -> Conversion:
    from metalearn.core.space_mapping import Conversion

    return Conversion(f"None is {axis.upper:g}", partial(_unlimited, int(axis.upper)))


def _share_of_columns(_axis: Axis, theirs: Axis | None, n_features: int | None) -> Conversion:
    from metalearn.core.space_mapping import Conversion, unchanged

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


def _kernel_width(_axis: Axis, theirs: Axis | None, n_features: int | None) -> Conversion:
    from metalearn.core.space_mapping import Conversion, unchanged

    if theirs is not None and theirs.kind != "category":
        return unchanged

    text = "" if n_features is None else f"'scale' is 1/{n_features} on standardised columns"
    return Conversion(text, partial(_scale, n_features))


def _nothing(least: float, value: Value) -> Value:
    return least if value == 0 and not isinstance(value, bool) else value


def _word(axis: str, words: Mapping[Value, Value], value: Value) -> Value:
    for ours, theirs in words.items():
        if value == theirs and type(value) is type(theirs):
            return ours
    known = " nor ".join(repr(theirs) if theirs is not None else "None"
                         for theirs in words.values())  # fmt: skip
    raise InputError(f"{axis}: {value!r} is neither {known}")


def _unlimited(limit: int, value: Value) -> Value:
    return limit if value is None else value


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


CLASS_WEIGHT = Argument(words={"none": None, "balanced": "balanced"})
"""scikit-learn's `class_weight`, without weights per class."""
MAX_DEPTH = Argument(convert=_unlimited_above)
"""A depth for which None is no limit."""
MAX_FEATURES = Argument(convert=_share_of_columns)
"""Columns tried at a split: scikit-learn's count or word, our share."""
GAMMA = Argument(convert=_kernel_width)
"""Width of a kernel, a number or scikit-learn's word."""
