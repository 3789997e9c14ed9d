"""Episodes of few-shot learning: small tasks with a support set to learn from and queries.

An N-way K-shot episode draws N classes, K labelled rows of each, and further rows of them as
queries (Vinyals et al. 2016). Episodes of one batch are stacked, so that one pass learns all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.errors import InputError

__all__ = ["Draw", "Episodes", "class_episodes", "sine_episodes"]


@dataclass(frozen=True, slots=True)
class Episodes:
    """Stacked tasks.

    Attributes:
        x: `(n_episodes, n_support, n_inputs)` inputs to learn from.
        y: `(n_episodes, n_support, n_outputs)` their targets: numbers, or classes one-hot.
        query_x: `(n_episodes, n_queries, n_inputs)` inputs to predict.
        query_y: `(n_episodes, n_queries, n_outputs)` their targets.
    """

    x: Floats
    y: Floats
    query_x: Floats
    query_y: Floats

    def __len__(self) -> int:
        return len(self.x)


Draw = Callable[[int, np.random.Generator], Episodes]
"""Draws that many episodes."""


def class_episodes(
    X: Floats,
    labels: Ints,
    *,
    ways: int = 5,
    shots: int = 5,
    n_queries: int = 15,
    n_outputs: int | None = None,
) -> Draw:
    """Return draws of classification episodes from the rows of some classes.

    Args:
        X: `(n, n_inputs)`, finite.
        labels: `(n,)` class of each row.
        ways: Classes of an episode, numbered anew in random order.
        shots: Support rows of each class.
        n_queries: Query rows of each class; no row is both.
        n_outputs: Columns of the targets; None = `ways`, and more are always 0.

    Raises:
        InputError: If there are fewer classes than `ways`, or a class has too few rows.
    """
    rows = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    needed = shots + n_queries
    if len(rows) < ways or min(map(len, rows)) < needed:
        raise InputError(
            f"episodes need {ways} classes of {needed} rows or more, got {len(rows)} classes, the "
            f"smallest of {min(map(len, rows), default=0)} rows; ask for fewer ways or shots"
        )
    width = max(ways, n_outputs or ways)

    def draw(n_episodes: int, rng: np.random.Generator) -> Episodes:
        chosen = np.empty((n_episodes, ways, needed), dtype=np.int64)
        for episode in chosen:
            for way, label in enumerate(rng.choice(len(rows), ways, replace=False)):
                episode[way] = rng.choice(rows[label], needed, replace=False)
        hot = np.eye(width)[np.repeat(np.arange(ways), shots)]
        query_hot = np.eye(width)[np.repeat(np.arange(ways), n_queries)]
        return Episodes(
            X[chosen[:, :, :shots].reshape(n_episodes, -1)],
            np.broadcast_to(hot, (n_episodes, *hot.shape)),
            X[chosen[:, :, shots:].reshape(n_episodes, -1)],
            np.broadcast_to(query_hot, (n_episodes, *query_hot.shape)),
        )

    return draw


def sine_episodes(shots: int = 10, n_queries: int = 50) -> Draw:
    """Return draws of sine waves: amplitude 0.1 to 5, phase 0 to pi, x in [-5, 5].

    The regression tasks of Finn et al. 2017, section 5.1.
    """

    def draw(n_episodes: int, rng: np.random.Generator) -> Episodes:
        amplitude = rng.uniform(0.1, 5.0, (n_episodes, 1, 1))
        phase = rng.uniform(0.0, np.pi, (n_episodes, 1, 1))
        x = rng.uniform(-5.0, 5.0, (n_episodes, shots + n_queries, 1))
        y = amplitude * np.sin(x - phase)
        return Episodes(x[:, :shots], y[:, :shots], x[:, shots:], y[:, shots:])

    return draw
