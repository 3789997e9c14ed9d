"""Definition of a meta-feature, and the groups of them.

A meta-feature is a documented function of a `DatasetView`: it returns one number, or one value for
each attribute, pair, fold or node, which is then summarised (`mean`, `sd`, ...). A group is one
module with a `GROUP`; a function joins it by the decorator `@GROUP.feature(...)` and nothing else.
Intermediates that several features need are functions marked `@shared`: computed once per view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.task import Kind
from metalearn.errors import MetalearnError
from metalearn.metafeatures.undefined import Undefined

if TYPE_CHECKING:
    from metalearn.metafeatures.view import DatasetView

__all__ = ["Group", "MetaFeature", "Value", "shared"]

Value = float | int | np.number | Floats
Compute = Callable[["DatasetView"], Value]
T = TypeVar("T")
F = TypeVar("F", bound=Compute)
BOTH: tuple[Kind, ...] = ("classification", "regression")


@dataclass(frozen=True, slots=True)
class MetaFeature:
    """One meta-feature.

    Attributes:
        name: Unique over all groups; pymfe's name where the meaning is the same.
        compute: Function of a view.
        kinds: Kinds of task that it is defined for.
        summarised: True if it returns several values (per column, pair, ...) to be summarised.
        formula: What is computed, in one line.
        source: Paper or system that it comes from.
    """

    name: str
    compute: Compute
    kinds: tuple[Kind, ...]
    summarised: bool
    formula: str
    source: str


class Group:
    """The meta-features of one module, in the order in which they were written.

    Args:
        name: Name of the group, as in `extract(groups=...)`.
        about: One sentence for the documentation.
        needs: Modules that its features import when called. They are loaded before the group's
            clock starts, since the loading time does not depend on the table.
    """

    def __init__(self, name: str, about: str, *, needs: tuple[str, ...] = ()) -> None:
        self.name, self.about, self.needs = name, about, needs
        self._features: dict[str, MetaFeature] = {}

    @property
    def features(self) -> Mapping[str, MetaFeature]:
        """Name -> meta-feature, read-only."""
        return MappingProxyType(self._features)

    def feature(
        self,
        formula: str,
        source: str,
        *,
        name: str = "",
        kinds: tuple[Kind, ...] = BOTH,
        summarised: bool = False,
    ) -> Callable[[F], F]:
        """Return a decorator that adds a function under its own name (or `name`)."""

        def add(compute: F) -> F:
            self.add(
                MetaFeature(name or compute.__name__, compute, kinds, summarised, formula, source)
            )
            return compute

        return add

    def add(self, feature: MetaFeature) -> None:
        """Add one meta-feature.

        Raises:
            MetalearnError: If the group has one of that name.
        """
        if feature.name in self._features:
            raise MetalearnError(
                f"the meta-feature name {feature.name!r} is used twice in group {self.name!r}; "
                "rename one of the functions"
            )
        self._features[feature.name] = feature


def shared(compute: Callable[[DatasetView], T]) -> Callable[[DatasetView], T]:
    """Return `compute` with its result or error cached in the view."""

    def once(view: DatasetView) -> T:
        known = view.memory.get(once)
        if known is None:
            known = view.memory[once] = _outcome(compute, view)
        if known[1] is not None:
            raise known[1]
        result: T = known[0]
        return result

    once.__doc__, once.__name__ = compute.__doc__, compute.__name__
    once.__wrapped__ = compute  # type: ignore[attr-defined]  # as functools.wraps does
    return once


def _outcome(
    compute: Callable[[DatasetView], Any], view: DatasetView
) -> tuple[Any, Exception | None]:  # Any: each shared function has its own type of result
    """Return the result of a function, or its error."""
    try:
        return compute(view), None
    except (Undefined, *FAILURES) as failure:
        return None, failure


FAILURES = (ArithmeticError, ValueError, MemoryError, np.linalg.LinAlgError)
"""What a hostile table may raise inside numpy or scikit-learn: the reason of a NaN."""
