"""A process around its sources: one surprise moves all that goes with it among them."""

from __future__ import annotations

import ConfigSpace as CS
import numpy as np
import pytest

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.surrogates.gaussian_process import GaussianProcess
from metalearn.surrogates.prior_mean import around_sources
from metalearn.surrogates.source_tasks import SourceTasks, fit_sources


@pytest.fixture
def space() -> Space:
    return Space("line", CS.ConfigurationSpace({"x": (0.0, 1.0)}))


@pytest.fixture
def grid() -> Floats:
    return ((np.arange(64) + 0.5) / 64)[:, None]


def wave(X: Floats) -> Floats:
    """What some tasks have and others have not: too fine for a smooth process."""
    return np.asarray(np.sin(40.0 * X[:, 0]))


def bowl(X: Floats) -> Floats:
    return np.asarray(4.0 * (X[:, 0] - 0.4) ** 2)


def sources(space: Space, grid: Floats) -> SourceTasks:
    """Tasks with the wave, against it, and without it."""
    histories = tuple(History(grid, bowl(grid) + b * wave(grid)) for b in (-1.0, 0.0, 1.0))
    return fit_sources(WarmStart(space, sources=histories))


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_direction_of_the_sources_is_recognized(space: Space, grid: Floats, sign: float) -> None:
    known = sources(space, grid)
    seen = grid[[3, 20, 37, 50]]
    y = bowl(seen) + sign * 0.8 * wave(seen)
    found = around_sources(
        GaussianProcess(space), known, np.full(3, 1 / 3), seen, y, np.random.default_rng(0)
    )
    alone = GaussianProcess(space).fit(History(seen, y), np.random.default_rng(0))
    truth = bowl(grid) + sign * 0.8 * wave(grid)
    error = np.abs(found.predict(grid).mean - truth).mean()
    assert error < 0.3 * np.abs(alone.predict(grid).mean - truth).mean()


def test_where_sources_agree_there_is_no_direction(space: Space, grid: Floats) -> None:
    one = fit_sources(WarmStart(space, sources=(History(grid, bowl(grid)),)))
    seen = grid[[3, 20, 37]]
    found = around_sources(
        GaussianProcess(space), one, np.ones(1), seen, bowl(seen), np.random.default_rng(0)
    )
    np.testing.assert_allclose(found.process.linear(grid), 0.0, atol=1e-12)
    assert np.abs(found.predict(grid).mean - bowl(grid)).max() < 0.15
