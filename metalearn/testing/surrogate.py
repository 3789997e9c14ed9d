"""The contract of a surrogate; run it over yours by overriding one fixture.

class TestMine(SurrogateContract):
    @pytest.fixture
    def build(self):
        return Mine
"""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.seams import Draws, Predictor, Values
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.surrogates import SurrogateFactory
from metalearn.testing.functions import FUNCTIONS

__all__ = ["SurrogateContract"]


def _loss(X: Floats) -> Floats:
    return np.asarray(((np.nan_to_num(X, nan=0.8) - 0.3) ** 2).sum(axis=1))


def _points(space: Space, n: int, seed: int) -> Floats:
    return space.snap(np.random.default_rng(seed).random((n, space.n_axes)))


def _history(space: Space, n: int, seed: int = 1) -> History:
    X = _points(space, n, seed)
    return History(X, _loss(X))


def _check(predictor: Predictor, at: Floats) -> None:
    predicted = predictor.predict(at)
    assert predicted.mean.shape == predicted.std.shape == (len(at),)
    assert np.isfinite(predicted.mean).all()
    assert np.isfinite(predicted.std).all()
    assert (predicted.std >= 0.0).all()
    if isinstance(predictor, Values):
        assert np.isfinite(predictor.log_value(at, 0.1)).all()
    if isinstance(predictor, Draws):
        drawn = predictor.draw(np.random.default_rng(0))
        assert np.array_equal(drawn(at), drawn(at))
        assert np.isfinite(drawn(at)).all()


class SurrogateContract:
    """Tests that every surrogate must pass, with and without sources."""

    @pytest.fixture
    def build(self) -> SurrogateFactory:
        """Return the surrogate's factory; override this."""
        raise NotImplementedError("override the fixture `build`")

    @pytest.fixture(params=["hartmann3", "conditional"])
    def space(self, request: pytest.FixtureRequest) -> Space:
        """Return a continuous space and a conditional one with categories."""
        return FUNCTIONS[request.param].space

    @pytest.fixture(params=["alone", "with sources"])
    def warm(self, request: pytest.FixtureRequest, space: Space) -> WarmStart | None:
        """Return nothing, or three sources, one of them constant, one with failures."""
        if request.param == "alone":
            return None
        good, flat = _history(space, 40, 2), _history(space, 20, 3)
        failed = np.where(np.arange(40) % 7 == 0, np.nan, _loss(good.X))
        sources = (good, History(flat.X, np.ones(20)), History(good.X, failed))
        return WarmStart(space, sources=sources)

    def test_every_size(
        self, build: SurrogateFactory, space: Space, warm: WarmStart | None
    ) -> None:
        """No, one, two and many evaluations."""
        for n in (0, 1, 2, 30):
            rng = np.random.default_rng(0)
            _check(build(space, warm).fit(_history(space, n), rng), _points(space, 20, 9))

    def test_failures_ties_and_repeats(
        self, build: SurrogateFactory, space: Space, warm: WarmStart | None
    ) -> None:
        """Some failed, all failed, all equal, the same point twice."""
        X = _points(space, 12, 4)
        some = np.where(np.arange(12) % 3 == 0, np.nan, _loss(X))
        for losses in (some, np.full(12, np.nan), np.ones(12)):
            predictor = build(space, warm).fit(History(X, losses), np.random.default_rng(0))
            _check(predictor, X)
        twice = History(X[[0, 0, 1]], np.array([1.0, 2.0, 3.0]))
        _check(build(space, warm).fit(twice, np.random.default_rng(0)), X)

    def test_same_generator_same_belief(
        self, build: SurrogateFactory, space: Space, warm: WarmStart | None
    ) -> None:
        """Deterministic given the generator."""
        at, found = _points(space, 20, 9), []
        for _ in range(2):
            predictor = build(space, warm).fit(_history(space, 15), np.random.default_rng(3))
            found.append(predictor.predict(at).mean)
        assert np.array_equal(found[0], found[1])

    def test_learns(self, build: SurrogateFactory, space: Space, warm: WarmStart | None) -> None:
        """After 60 evaluations it orders new points better than chance; not on shuffled losses."""
        at, history = _points(space, 60, 9), _history(space, 60)
        predictor = build(space, warm).fit(history, np.random.default_rng(0))
        assert np.corrcoef(predictor.predict(at).mean, _loss(at))[0, 1] > 0.6
