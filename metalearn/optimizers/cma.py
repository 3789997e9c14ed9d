"""CMA-ES over mixed spaces, started from source tasks as in WS-CMA-ES (METHODS 11.8).

The normal distribution is defined on the ordered axes of the unit cube. Further rules:
- Numbers with few cells are rounded when evaluated. Once the distribution is narrower than a cell,
  they move to a neighbouring cell with a small probability (Hansen 2011).
- A category is drawn from a vector of probabilities. The recombination weights move it towards the
  better half; no probability falls below a bound (as in CatCMA, Hamano et al. 2024).
- An inactive axis keeps the value that was drawn, so selection does not act on it.
- Points outside the cube are drawn again up to 100 times, then reflected.
- When the distribution has shrunk to a point, the search restarts at a random point with twice the
  population (IPOP, Auger & Hansen 2005).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.search.cma import (
    SearchDistribution,
    constants,
    promising_distribution,
    update,
)
from metalearn.optimizers.bookkeeping import AskTell
from metalearn.optimizers.source_points import top_points

__all__ = ["CMA"]

_REDRAWS = 100
_POINT = 1e-6
_CATEGORY_RATE = 0.2


class CMA(AskTell):
    """Covariance matrix adaptation.

    Uses of a warm start the initial design, and the weighted top tenth of the sources for mean,
    step size, covariance and probabilities of categories. Without sources the search starts at the
    best trial before the first proposal (from design and observations), or in the middle. Trials
    that it did not propose do not change the distribution.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        population: Trials per generation; 4 + floor(3 ln n) if None.
        sigma: First step size on the unit cube, without sources.

    Overview:
        idea: CMA-ES with restarts of doubled population; categories by probabilities, small
            integers by margins (Hansen 2016; Hamano et al. 2024)
        warm start: mean, step size and covariance from the sources' top tenth (WS-CMA-ES,
            Nomura et al. 2021); without sources the best of design and observations is the first
            mean
    """

    kept = ("_population", "_numbers", "_shares", "_drawn", "_arrived", "_has_begun")

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
        population: int | None = None,
        sigma: float = 1 / 6,
    ) -> None:
        self._population = population or 0
        self.sigma = sigma
        super().__init__(space, initial=initial, rng=rng)

    def _prepare(self) -> None:
        varying = [j for j, axis in enumerate(self.space.axes) if axis.n_cells != 1]
        self._ordered = [j for j in varying if self.space.axes[j].is_ordered]
        self._categories = [j for j in varying if not self.space.axes[j].is_ordered]
        self._population = self._population or 4 + math.floor(3 * math.log(max(len(varying), 1)))
        self._drawn: dict[int, Floats] = {}
        self._arrived: list[tuple[float, Floats]] = []
        self._has_begun = False
        n = len(self._ordered)
        self._gaussian = SearchDistribution.start(np.full(n, 0.5), self.sigma)
        sizes = [self.space.axes[j].n_cells for j in self._categories]
        self._shares = [np.full(size, 1.0 / size) for size in sizes]
        points, weights = top_points(self.warm)
        if len(points):
            self._has_begun = True
            filled = _filled(points, weights)
            if n:
                self._gaussian = promising_distribution(filled[:, self._ordered], weights)
            for share, j in zip(self._shares, self._categories, strict=True):
                known = ~np.isnan(points[:, j])
                cell = (points[known, j] * len(share)).astype(np.int64)
                drawn = np.bincount(cell, weights[known], len(share))
                share += drawn
                share /= share.sum()

    def _propose(self) -> Configuration:
        if not self._has_begun:
            self._begin_at_best()
        drawn: dict[str, Floats] = {}

        def draw() -> Configuration:
            point = self._draw()
            configuration = self.space.decode(point[None, :])[0]
            drawn[configuration.key] = point
            return configuration

        chosen = self._fresh(draw)
        if chosen.key in drawn:
            self._drawn[self._n_asked] = drawn[chosen.key]
        return chosen

    def _learn(self, trial: Trial) -> None:
        point = None if trial.number is None else self._drawn.pop(trial.number, None)
        if point is None:
            return
        self._arrived.append((trial.loss, point))
        if len(self._arrived) >= self._population:
            self._next_generation()

    def _begin_at_best(self) -> None:
        self._has_begun = True
        if self.incumbent is not None:
            (best,) = self.space.encode([self.incumbent.configuration])
            mean = np.where(np.isnan(best), 0.5, best)[self._ordered]
            self._gaussian = SearchDistribution.start(mean, self.sigma)

    def _draw(self) -> Floats:
        """Return a point of the cube with a value on every axis."""
        point = np.full(self.space.n_axes, 0.5)
        if self._ordered:
            many = self._gaussian.draw(_REDRAWS, self.rng)
            inside = np.flatnonzero(((many >= 0) & (many <= 1)).all(axis=1))
            point[self._ordered] = many[inside[0]] if len(inside) else _reflected(many[0])
            self._jump(point)
        for share, j in zip(self._shares, self._categories, strict=True):
            point[j] = (self.rng.choice(len(share), p=share) + 0.5) / len(share)
        return point

    def _jump(self, point: Floats) -> None:
        """Move to a neighbouring cell, once per generation and axis, if none is likely reached."""
        for j, std in zip(self._ordered, self._gaussian.std, strict=True):
            edges = self.space.axes[j].cell_edges()
            if edges is None or self.rng.random() > 1.0 / self._population:
                continue
            cell = int(np.clip(np.searchsorted(edges, point[j], "right") - 1, 0, len(edges) - 2))
            if std < (edges[cell + 1] - edges[cell]) / 2:
                to = int(np.clip(cell + self.rng.choice([-1, 1]), 0, len(edges) - 2))
                point[j] = (edges[to] + edges[to + 1]) / 2

    def _next_generation(self) -> None:
        losses = np.array([loss for loss, _ in self._arrived])
        order = np.argsort(losses, kind="stable")  # failures (NaN) come last
        X = np.array([self._arrived[i][1] for i in order[: self._population // 2]])
        self._arrived = []
        k = constants(max(len(self._ordered), 1), self._population)
        if self._ordered:
            self._gaussian = update(self._gaussian, X[:, self._ordered], k)
        for share, j in zip(self._shares, self._categories, strict=True):
            cell = (X[:, j] * len(share)).astype(np.int64)
            pulled = np.bincount(cell, k.weights, len(share))
            share += _CATEGORY_RATE * (pulled - share)
            least = 1.0 / (self._population * len(share))
            share[:] = np.maximum(share, least) / np.maximum(share, least).sum()
        if self._ordered and self._gaussian.std.max() < _POINT:
            self._population *= 2
            middle = self.rng.random(len(self._ordered))
            self._gaussian = SearchDistribution.start(middle, self.sigma)

    @property
    def _numbers(self) -> list[Floats | float]:
        """The distribution as plain values, to be saved."""
        now = self._gaussian
        return [now.mean, now.sigma, now.C, now.p_sigma, now.p_c, now.generation]

    @_numbers.setter
    def _numbers(self, values: list[Floats | float]) -> None:
        self._gaussian = SearchDistribution(*values)  # type: ignore[arg-type]  # as saved above


def _filled(points: Floats, weights: Floats) -> Floats:
    """Return points with inactive axes set to the mean over active ones, or to the middle."""
    known = ~np.isnan(points)
    mass = weights @ known
    mean = np.where(mass > 0, weights @ np.nan_to_num(points) / np.maximum(mass, 1e-300), 0.5)
    return np.where(known, points, mean)


def _reflected(point: Floats) -> Floats:
    return np.asarray(1.0 - np.abs(1.0 - np.mod(point, 2.0)))
