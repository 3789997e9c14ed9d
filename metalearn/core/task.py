"""A task (data set, target, estimation procedure), and the observable part of a new task."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints, frozen_array
from metalearn.errors import InputError, ShapeError

__all__ = ["Kind", "TargetTask", "Task"]

Kind = Literal["classification", "regression"]


@dataclass(frozen=True, slots=True)
class Task:
    """A data set with its target and estimation procedure.

    Attributes:
        key: Natural key, unique in a store, for instance `openml:3` or `table:iris@<digest>`.
        name: Common name.
        kind: `classification` or `regression`.
        n_rows: Rows of the data set; None if the source does not say.
        n_features: Columns without the target; None if the source does not say.
        n_classes: Classes that occur; None for regression or if the source does not say.
    """

    key: str
    name: str
    kind: Kind = "classification"
    n_rows: int | None = None
    n_features: int | None = None
    n_classes: int | None = None

    def to_dict(self) -> dict[str, object]:
        """Return name, kind and sizes as plain values, in the form of `--json` output."""
        return {
            "name": self.name,
            "kind": self.kind,
            "n_rows": self.n_rows,
            "n_features": self.n_features,
            "n_classes": self.n_classes,
        }


def _no_floats() -> Floats:
    return np.empty(0, dtype=np.float64)


def _no_ints() -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class TargetTask:
    """The part of a new task that a recommender may use: meta-features and own evaluations.

    Attributes:
        meta_features: `(n_meta_features,)` in the order of the meta-dataset; NaN = unknown.
            An empty array means that none are known (uniform task weights).
        observed: Indices of the configurations evaluated so far, in order, `(n,)`.
        observed_losses: Their losses, `(n,)`; NaN = the evaluation failed.
        observed_runtimes_s: Their seconds, `(n,)`; NaN = unknown.
    """

    meta_features: Floats = field(default_factory=_no_floats)
    observed: Ints = field(default_factory=_no_ints)
    observed_losses: Floats = field(default_factory=_no_floats)
    # None is only an input, "nothing known"; after construction this is an array.
    observed_runtimes_s: Floats = None  # type: ignore[assignment]  # see above

    def __post_init__(self) -> None:
        observed = np.array(self.observed, dtype=np.int64)
        if observed.ndim != 1:
            raise ShapeError(f"observed: expected shape (any,), got {observed.shape}")
        if len(np.unique(observed)) != len(observed):
            raise InputError("observed: a configuration is listed twice; average its losses first")
        observed.flags.writeable = False
        n = len(observed)
        seconds = (
            np.full(n, np.nan) if self.observed_runtimes_s is None else self.observed_runtimes_s
        )
        set_ = object.__setattr__
        set_(self, "observed", observed)
        set_(self, "meta_features", frozen_array("meta_features", self.meta_features, (None,)))
        set_(self, "observed_losses", frozen_array("observed_losses", self.observed_losses, (n,)))
        set_(self, "observed_runtimes_s", frozen_array("observed_runtimes_s", seconds, (n,)))

    @property
    def n_observed(self) -> int:
        """Number of evaluations so far, including failed ones."""
        return len(self.observed)

    def lowest(self, scores: Floats, available: Bools) -> int:
        """Return the available configuration of lowest score that was not evaluated.

        Args:
            scores: `(n_configurations,)`, lower first.
            available: Same shape.
        """
        left = np.where(available, scores, np.inf)
        left[self.observed] = np.inf
        return int(np.argmin(left))

    def tell(self, index: int, loss: float, runtime_s: float = float("nan")) -> TargetTask:
        """Return the target with one more evaluation; `loss` is NaN if it failed."""
        return replace(
            self,
            observed=np.append(self.observed, index),
            observed_losses=np.append(self.observed_losses, loss),
            observed_runtimes_s=np.append(self.observed_runtimes_s, runtime_s),
        )
