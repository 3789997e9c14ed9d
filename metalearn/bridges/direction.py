"""Direction of the objective of a library: conversion of its values to losses and back.

A library minimises or maximises what an objective reports, under a name of the user's. In
this package every value is a loss. This module converts between the two, so that no search runs in
the wrong direction. A name that implies a direction decides it, a contradicting option is refused,
and several objectives are never read as one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metalearn.core.metric import Metric, metric_named
from metalearn.core.warm_start import WarmStart
from metalearn.errors import UnknownNameError, UsageError

__all__ = [
    "Reading",
    "check_same",
    "measured_metric",
    "reading_of",
    "refuse_several",
    "several",
    "single",
]

_NEGATED = "neg_"
_MORE_IS_BETTER = {"score", "accuracy", "acc", "auc", "auroc", "f1", "r2", "precision", "recall",
                   "reward", "gain", "likelihood"}  # fmt: skip
_LESS_IS_BETTER = {"loss", "error", "err", "cost", "risk", "regret", "rmse", "mse", "mae",
                   "deviance", "nll"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """How the reported values of a search are read.

    Attributes:
        metric: What the losses measure; None if it is unknown.
        maximised: Whether the search maximises its values.
    """

    metric: Metric | None
    maximised: bool

    def loss(self, value: float) -> float:
        """Return the loss of a value: of a score if it is maximised, else the value itself."""
        if not self.maximised:
            return value
        if self.metric is not None and self.metric.greater_is_better:
            return float(self.metric.loss(value))
        return -value

    def value(self, loss: float) -> float:
        """Return the value of a loss; the inverse of `loss`."""
        if not self.maximised:
            return loss
        if self.metric is not None and self.metric.greater_is_better:
            return float(self.metric.score(loss))
        return -loss

    @property
    def mode(self) -> str:
        """`max` or `min`, as in the Ray family."""
        return "max" if self.maximised else "min"


def reading_of(
    warm: WarmStart, name: str = "loss", *, maximised: bool | None = None, mode: str | None = None
) -> Reading:
    """Return how values that are reported under a name are read.

    Args:
        warm: The warm start.
        name: Name that the objective reports its value under: `loss`, or one of a quantity,
            for instance a metric of ours or `val_accuracy`.
        maximised: Whether the search maximises it; None goes by the name, and minimises if the
            name implies no direction.
        mode: The same as `max` or `min`.

    Raises:
        UsageError: If the direction contradicts the name, or there are observations and the name
            is that of another metric.
    """
    if mode is not None:
        if mode not in ("min", "max"):
            raise UsageError(f"mode must be 'min' or 'max', got {mode!r}")
        maximised = mode == "max"
    said = _more_is_better(name)
    if said is not None and maximised is not None and said != maximised:
        wrong, right = ("maximised", "min") if maximised else ("minimised", "max")
        raise UsageError(
            f"wrong direction: {name!r} must not be {wrong}; use mode={right!r}, or report "
            "another value, for instance metric='loss' with warm.metric.loss(score)"
        )
    metric = measured_metric(name)
    if warm.observations:
        check_same(warm, name)
    chosen = said if maximised is None else maximised
    return Reading(warm.metric or metric, bool(chosen))


def measured_metric(name: str) -> Metric | None:
    """Return the metric of ours that a name denotes, also with its sign turned (`neg_...`)."""
    try:
        return metric_named(name.removeprefix(_NEGATED))
    except UnknownNameError:
        return None


def check_same(warm: WarmStart, name: str) -> None:
    """Check that values reported under a name are not those of another metric.

    Raises:
        UsageError: If they are.
    """
    metric = measured_metric(name)
    if metric is not None and warm.metric is not None and metric != warm.metric:
        raise UsageError(
            f"the search is for {name}, the warm start and its observations are for "
            f"{warm.metric.name}: make both for one metric"
        )


def single(value: Any) -> float | None:
    """Return what an objective reported as one number; None if it reported none.

    Raises:
        UsageError: If it reported several.
    """
    if value is None or isinstance(value, int | float):
        return None if value is None else float(value)
    if isinstance(value, Mapping):
        value = list(value.values())
    size = getattr(value, "size", None)
    n = size if isinstance(size, int) else len(value)
    if n != 1:
        raise several(n)
    return float(value.item() if hasattr(value, "item") else value[0])


def several(n: int) -> UsageError:
    """Return the error for a search with several objectives where one is meant."""
    return UsageError(
        f"the search has {n} objectives, a warm start is about one metric: its results can "
        "neither be remembered nor given as observations. Give trials of one objective by hand: "
        "Trial(configuration).finished(loss)"
    )


def refuse_several(warm: WarmStart, n: int) -> None:
    """Check that nothing of a warm start needs the search to have one objective.

    Raises:
        UsageError: If there are several, and observations or a memory.
    """
    if n > 1 and warm.observations:
        raise UsageError(
            f"observations have one value each, the search has {n} objectives: leave observed= "
            "out of the warm start, or search one objective"
        )
    if n > 1 and warm.memory is not None:
        raise UsageError(
            f"trials with {n} objectives cannot be remembered: use warm_start(remember=False), or "
            "search one objective"
        )


def _more_is_better(name: str) -> bool | None:
    """Return whether a name implies that more is better; None if it implies no direction."""
    if name.startswith(_NEGATED):
        return True
    metric = measured_metric(name)
    if metric is not None:
        return metric.greater_is_better
    words = set(re.split(r"[^a-z0-9]+", name.lower()))
    more, less = bool(words & _MORE_IS_BETTER), bool(words & _LESS_IS_BETTER)
    return None if more == less else more
