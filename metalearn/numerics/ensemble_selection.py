"""Greedy ensemble selection with replacement (Caruana, Niculescu-Mizil, Crew & Ksikes 2004).

Starting from nothing, the member is added whose prediction lowers the loss of the mean most; the
best prefix is kept (METHODS A.1). All candidates of a round are evaluated in one array operation.
The bagged variant (Caruana, Munson & Niculescu-Mizil 2006) averages over random halves of the
library and damps over-fitting to few rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.errors import ShapeError

__all__ = ["Losses", "bagged_selection", "greedy_selection"]

Losses = Callable[[Floats], Floats]
"""From `(k, n, ...)` predictions of k candidates to their losses, `(k,)`; lower is better."""

_GAIN = 1e-12


def greedy_selection(library: Floats, losses: Losses, n_rounds: int = 40) -> Floats:
    """Return the weights of the best prefix of a greedy selection, `(m,)`, sum 1.

    Args:
        library: Predictions of m members, `(m, n, ...)`; finite.
        losses: The loss of predictions, vectorised over candidates.
        n_rounds: Members to add at most; a member may be added again.

    Raises:
        ShapeError: If the library is empty.

    >>> truth = np.array([1.0, 0.0])
    >>> squared = lambda p: ((p - truth) ** 2).mean(axis=1)
    >>> greedy_selection(np.array([[1.5, 0.5], [0.5, -0.5], [3.0, 3.0]]), squared, 4).tolist()
    [0.5, 0.5, 0.0]
    """
    if not len(library):
        raise ShapeError("library: expected at least one member, got none")
    total = np.zeros(library.shape[1:])
    counts = np.zeros(len(library), dtype=np.int64)
    best_counts, best_loss = counts, np.inf
    for size in range(1, n_rounds + 1):
        found = np.where(np.isnan(scores := losses((total + library) / size)), np.inf, scores)
        # Ties go to members already in: fewer models to fit and to ask.
        near = np.flatnonzero(found <= found.min() + _GAIN)
        chosen = int(near[np.argmax(counts[near])])
        total = total + library[chosen]
        counts = counts.copy()
        counts[chosen] += 1
        if found[chosen] < best_loss - _GAIN:
            best_counts, best_loss = counts, float(found[chosen])
    if not best_counts.any():  # no finite loss at all
        return np.full(len(library), 1.0 / len(library))
    return np.asarray(best_counts / best_counts.sum(), dtype=np.float64)


def bagged_selection(
    library: Floats,
    losses: Losses,
    rng: np.random.Generator,
    *,
    n_rounds: int = 25,
    n_bags: int = 10,
    share: float = 0.5,
) -> Floats:
    """Return weights averaged over greedy selections from random parts of the library, `(m,)`.

    Args:
        library: As in `greedy_selection`.
        losses: As in `greedy_selection`.
        rng: Draws the parts.
        n_rounds: Members to add in each selection.
        n_bags: Number of selections.
        share: Share of the members in each part.
    """
    m = len(library)
    size = max(1, round(share * m))
    weights = np.zeros(m)
    for _ in range(n_bags):
        part = np.sort(rng.choice(m, size, replace=False))
        weights[part] += greedy_selection(library[part], losses, n_rounds)
    return np.asarray(weights / weights.sum())
