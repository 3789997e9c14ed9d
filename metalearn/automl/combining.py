"""Which members to combine, and with what weights: several ways, judged on held-out folds.

The loss on the rows of the selection is optimistic, and on noisy tables greedy selection loses to
a plain mean or to a single model (METHODS A.1). Each way is therefore repeated on all folds but
one and evaluated on the fold left out. With few folds these losses are noisy. The default is
greedy selection; another way replaces it only if it is better by a one-sided paired t-test over
folds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from metalearn.automl.objective import MetricLoss, Truth
from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.numerics.ensemble_selection import bagged_selection, greedy_selection

__all__ = ["Combination", "combined", "weighted_mean"]

_LARGEST_LIBRARY = 60
_MOST_ROWS = 10_000
_SMALLEST_WEIGHT = 0.015
_COPY = 0.9999
_LEVEL = 0.01
"""Level of the test by which a way must beat those before it."""

Way = Callable[[Floats, MetricLoss, Truth, np.random.Generator], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Combination:
    """Weights of members.

    Attributes:
        weights: Non-negative, sum 1, `(m,)`.
        way: Name of the way that was chosen.
        loss: Loss on the rows that the weights were chosen on: optimistic.
        nested_loss: Loss on folds left out of the choice of the weights.
    """

    weights: Floats
    way: str
    loss: float
    nested_loss: float


def weighted_mean(library: Floats, weights: Floats) -> Floats:
    """Return the weighted mean of predictions `(m, n, ...)`."""
    used = np.flatnonzero(weights)
    return np.asarray(np.tensordot(weights[used], library[used], axes=1))


def combined(
    library: Floats,
    objective: MetricLoss,
    truth: Truth,
    fold_of: Ints,
    rng: np.random.Generator,
    *,
    thorough: bool = True,
    ways: Sequence[str] | None = None,
    rounds: int = 40,
    deciding: Bools | None = None,
) -> Combination:
    """Return the combination of members, by the way chosen on left-out folds.

    Args:
        library: Out-of-fold predictions, best member first, `(m, n, ...)`.
        objective: What is minimised.
        truth: True values, `(n,)`.
        fold_of: The fold of each row, `(n,)`.
        rng: Draws of the bagged way, and rows where there are many.
        thorough: Whether to compare ways; else the first one alone.
        ways: Names of the ways, the one to prefer first; None for all.
        rounds: Additions of greedy selection.
        deciding: Which rows decide on the weights, `(n,)`; None for all. Losses are those of all.
    """
    usable = _ways(tuple(_WAYS) if ways is None else ways, rounds)
    members = _distinct(library)[:_LARGEST_LIBRARY]
    rows = np.arange(len(fold_of))
    if len(rows) > _MOST_ROWS:
        rows = np.sort(rng.choice(rows, _MOST_ROWS, replace=False))
    part, some, folds = library[members][:, rows], truth.take(rows), fold_of[rows]
    decides = np.ones(len(rows), dtype=np.bool_) if deciding is None else deciding[rows]
    if len(np.unique(folds)) < 2:  # a single hold-out part: split it
        folds = rng.permutation(len(rows)) % 3
    way, nested = next(iter(usable)), float("nan")
    if thorough and len(members) > 1 and len(usable) > 1:
        way, nested = _chosen_way(usable, part, objective, some, folds, decides, rng)
    weights = np.zeros(len(library))
    found = usable[way](part[:, decides], objective, some.take(decides), rng)
    weights[members] = _pruned(found)
    loss = objective.loss(truth, weighted_mean(library, weights))
    return Combination(weights, way, loss, nested if np.isfinite(nested) else loss)


def _chosen_way(
    ways: Mapping[str, Way],
    library: Floats,
    objective: MetricLoss,
    truth: Truth,
    folds: Ints,
    decides: Bools,
    rng: np.random.Generator,
) -> tuple[str, float]:
    """Return the first way, or a clearly better later one, and its nested loss."""
    from scipy.special import stdtrit  # quantiles of Student's t

    losses = {name: _nested(way, library, objective, truth, folds, decides, rng)
              for name, way in ways.items()}  # fmt: skip
    best = next(iter(losses))
    n = len(losses[best])
    least = stdtrit(n - 1, 1.0 - _LEVEL) / np.sqrt(n) if n > 1 else np.inf
    for name, found in losses.items():
        gap = losses[best] - found
        if gap.mean() > least * gap.std(ddof=min(n - 1, 1)):
            best = name
    return best, float(losses[best].mean())


def _nested(
    way: Way,
    library: Floats,
    objective: MetricLoss,
    truth: Truth,
    folds: Ints,
    decides: Bools,
    rng: np.random.Generator,
) -> Floats:
    """Return the loss on each fold of weights chosen without it."""
    losses = []
    for fold in np.unique(folds):
        held, rest = folds == fold, (folds != fold) & decides
        weights = way(library[:, rest], objective, truth.take(rest), rng)
        losses.append(objective.loss(truth.take(held), weighted_mean(library[:, held], weights)))
    return np.array(losses)


def _member_losses(library: Floats, objective: MetricLoss, truth: Truth) -> Floats:
    reduced, losses = objective.reduced(truth, library)
    return losses(reduced)


def _single(
    library: Floats, objective: MetricLoss, truth: Truth, rng: np.random.Generator
) -> Floats:
    del rng
    weights = np.zeros(len(library))
    weights[int(np.argmin(_member_losses(library, objective, truth)))] = 1.0
    return weights


def _mean_of_best(
    library: Floats, objective: MetricLoss, truth: Truth, rng: np.random.Generator
) -> Floats:
    del rng
    order = np.argsort(_member_losses(library, objective, truth), kind="stable")[:8]
    weights = np.zeros(len(library))
    weights[order] = 1.0 / len(order)
    return weights


def _greedy(
    library: Floats,
    objective: MetricLoss,
    truth: Truth,
    rng: np.random.Generator,
    rounds: int = 40,
) -> Floats:
    del rng
    reduced, losses = objective.reduced(truth, library)
    return greedy_selection(reduced, losses, rounds)


def _bagged(
    library: Floats, objective: MetricLoss, truth: Truth, rng: np.random.Generator
) -> Floats:
    reduced, losses = objective.reduced(truth, library)
    return bagged_selection(reduced, losses, rng, n_rounds=20, n_bags=8)


def _shrunk(
    library: Floats, objective: MetricLoss, truth: Truth, rng: np.random.Generator
) -> Floats:
    """Half greedy selection, half the mean of the best."""
    return np.asarray(
        0.5 * _greedy(library, objective, truth, rng)
        + 0.5 * _mean_of_best(library, objective, truth, rng)
    )


_WAYS: dict[str, Way] = {
    "greedy": _greedy,
    "bagged": _bagged,
    "shrunk": _shrunk,
    "mean": _mean_of_best,
    "single": _single,
}


def _ways(names: Sequence[str], rounds: int) -> dict[str, Way]:
    """Return the ways of these names; greedy selection with a number of rounds."""
    known = _WAYS | {"greedy": partial(_greedy, rounds=rounds)}
    return {name: known[name] for name in names}


def _distinct(library: Floats) -> Ints:
    """Return positions of members, best first, without near-copies of better ones."""
    flat = library.reshape(len(library), -1)
    if flat.shape[1] > 20_000:
        flat = flat[:, :: flat.shape[1] // 20_000 + 1]
    centered = flat - flat.mean(axis=1, keepdims=True)
    norms = np.maximum(np.sqrt((centered**2).sum(axis=1)), 1e-12)
    correlation = np.abs(centered @ centered.T) / np.outer(norms, norms)
    kept: list[int] = []
    for i in range(len(library)):
        if not kept or correlation[i, kept].max() < _COPY:
            kept.append(i)
    return np.array(kept, dtype=np.int64)


def _pruned(weights: Floats) -> Floats:
    """Return the weights without negligible ones, normalised to sum 1."""
    kept = np.where(weights >= min(_SMALLEST_WEIGHT, weights.max()), weights, 0.0)
    return np.asarray(kept / kept.sum())
