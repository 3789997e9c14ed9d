"""The contract of an optimizer; run it over yours by overriding one fixture.

class TestMine(OptimizerContract):
    @pytest.fixture
    def build(self):
        return Mine

The check of `choose` is skipped for optimizers without that method; no other check is optional. A
slow optimizer may lower `n_trials`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import cycle
from typing import ClassVar

import numpy as np
import pytest
from ConfigSpace import (
    Categorical,
    Constant,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    ForbiddenInClause,
    Integer,
    OrdinalHyperparameter,
)

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.joint_space import JointSpace
from metalearn.core.seams import Chooses, Optimizer, Resumes
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import InputError, SpaceExhaustedError
from metalearn.testing.functions import FUNCTIONS, shifted_source, space_with

__all__ = ["SPACES", "OptimizerContract", "play"]

Build = Callable[..., Optimizer]  # called as build(space, initial=..., rng=...)


def _forbidden() -> Space:
    kernel = Categorical("kernel", ["rbf", "linear"])
    size = Integer("size", (1, 8))
    space = space_with("forbidden", kernel, size, Float("C", (0.1, 10.0), log=True))
    space.config_space.add(
        ForbiddenAndConjunction(
            ForbiddenEqualsClause(kernel, "rbf"),
            ForbiddenInClause(size, [1, 2, 3]),
        )
    )
    return space


def _finite() -> Space:
    model = Categorical("model", ["a", "b"])
    depth = Integer("depth", (1, 3))
    level = OrdinalHyperparameter("level", ["low", "high"])
    space = space_with("finite", model, depth, level)
    space.config_space.add(EqualsCondition(depth, model, "b"))
    space.config_space.add(
        ForbiddenAndConjunction(
            ForbiddenEqualsClause(model, "b"),
            ForbiddenEqualsClause(level, "high"),
        )
    )
    return Space("finite", space.config_space)  # (a, low), (a, high), (b, 1..3, low)


def _joint() -> Space:
    """Three algorithms: conditional axes, forbidden clauses, and one axis."""
    line = space_with("line", Float("x", (0.0, 1.0)))
    return JointSpace("joint", [FUNCTIONS["conditional"].space, _forbidden(), line])


SPACES: dict[str, Callable[[], Space]] = {
    "continuous": lambda: FUNCTIONS["hartmann3"].space,
    "one axis": lambda: space_with("line", Float("x", (0.0, 1.0))),
    "categories": lambda: space_with(
        "categories",
        *(Categorical(name, list("abcdef")) for name in ("one", "two", "three")),
    ),
    "mixed": lambda: FUNCTIONS["mixed"].space,
    "conditional": lambda: FUNCTIONS["conditional"].space,
    "forbidden": _forbidden,
    "joint": _joint,
    "with a constant": lambda: space_with(
        "constant",
        Constant("seed", 3),
        Float("x", (0.0, 1.0)),
        Integer("k", (1, 900)),
    ),
}


def _rng(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


def _loss(space: Space, configuration: Configuration) -> float:
    point = np.nan_to_num(space.encode([configuration])[0], nan=0.8)
    return float(((point - 0.3) ** 2).sum())


def play(
    optimizer: Optimizer,
    n: int,
    loss: Callable[[Configuration], float],
    batch: int = 1,
    into: list[Trial] | None = None,
) -> list[Trial]:
    """Return `n` finished trials: ask, evaluate, tell; a NaN loss is a failure.

    If a list `into` is given, they are added to it as they finish.
    """
    done: list[Trial] = [] if into is None else into
    while len(done) < n:
        trials = optimizer.ask(min(batch, n - len(done)))
        done.extend(trial.finished(loss(trial.configuration)) for trial in trials)
        optimizer.tell(done[-len(trials) :])
    return done


def _signature(trials: list[Trial]) -> list[tuple[str, float]]:
    return [(trial.configuration.key, trial.fidelity) for trial in trials]


def _with_sources(space: Space, *, observed: bool = False) -> WarmStart:
    rng = _rng(11)
    sources = []
    for task in ("first", "second"):
        drawn = space.sample(40, rng)
        losses = np.array([_loss(space, c) for c in drawn])
        losses[3] = np.nan
        sources.append(History(space.encode(drawn), losses, task))
    seen = [Trial(c).finished(_loss(space, c)) for c in space.sample(3, rng)] if observed else []
    return WarmStart(space, (), tuple(sources), np.array([0.75, 0.25]), observations=tuple(seen))


class OptimizerContract:
    """Tests that every optimizer must pass.

    Attributes:
        n_trials: Number of trials of the longer checks.
    """

    n_trials: ClassVar[int] = 40

    @pytest.fixture
    def build(self) -> Build:
        """Return the optimizer's factory; override this."""
        raise NotImplementedError("override the fixture `build`")

    @pytest.fixture(params=list(SPACES))
    def space(self, request: pytest.FixtureRequest) -> Space:
        """Return a space of each kind."""
        return SPACES[request.param]()

    def test_proposals_lie_in_the_space_and_are_new(self, build: Build, space: Space) -> None:
        """Proposals are allowed, complete, numbered, pending, and distinct at each fidelity."""
        optimizer = build(space, rng=_rng())
        done = play(optimizer, self.n_trials, lambda c: _loss(space, c))
        assert [trial.number for trial in done] == list(range(self.n_trials))
        assert len(set(_signature(done))) == self.n_trials
        for trial in done:
            (point,) = space.encode([trial.configuration])
            assert space.is_allowed(trial.configuration)
            assert np.array_equal(~np.isnan(point), space.active(point[None, :])[0])

    def test_initial_design_comes_first(self, build: Build, space: Space) -> None:
        """In its order, duplicates once; also as a plain list."""
        design = space.sample(4, _rng(2))
        for initial in (WarmStart(space, (*design, design[0])), design):
            trials = build(space, initial=initial, rng=_rng()).ask(4)
            assert [trial.configuration for trial in trials] == design

    def test_same_generator_same_search(self, build: Build, space: Space) -> None:
        """Deterministic given the generator, also with source tasks."""
        warm = _with_sources(space)
        loss = partial(_loss, space)
        first, second = (
            play(build(space, initial=warm, rng=_rng(3)), self.n_trials // 2, loss, 2)
            for _ in range(2)
        )
        assert _signature(first) == _signature(second)

    def test_batches_are_pending_and_distinct(self, build: Build, space: Space) -> None:
        """Two calls of `ask(8)` before any `tell`; results arrive in another order."""
        optimizer = build(space, rng=_rng())
        trials = [*optimizer.ask(8), *optimizer.ask(8)]
        assert all(trial.status == "pending" for trial in trials)
        assert len(set(_signature(trials))) == 16
        optimizer.tell([t.finished(_loss(space, t.configuration)) for t in reversed(trials)])
        more = play(optimizer, self.n_trials // 2, lambda c: _loss(space, c), 8)
        assert len(set(_signature([*trials, *more]))) == 16 + len(more)

    def test_failures_are_survived(self, build: Build, space: Space) -> None:
        """First all trials fail, then every third; timeouts too. Proposals contain no NaN."""
        optimizer = build(space, rng=_rng())
        for trial in optimizer.ask(6):
            optimizer.tell(trial.failed(status="timeout"))
        count, loss = iter(range(100)), partial(_loss, space)
        n = max(6, self.n_trials // 2)
        done = play(optimizer, n, lambda c: np.nan if next(count) % 3 == 0 else loss(c))
        assert {trial.status for trial in done} == {"ok", "failed"}

    def test_strangers_are_welcome(self, build: Build, space: Space) -> None:
        """Trials that `ask` did not return, one of them failed, are not proposed again."""
        optimizer = build(space, rng=_rng())
        known = space.sample(12, _rng(9))
        optimizer.tell([Trial(c).finished(_loss(space, c)) for c in known[:11]])
        optimizer.tell(Trial(known[11]).failed())
        done = play(optimizer, self.n_trials // 4, lambda c: _loss(space, c))
        full = {t.configuration for t in done if t.fidelity == 1.0}
        assert not full & set(known)

    def test_ties_and_extremes(self, build: Build, space: Space) -> None:
        """Constant losses, then huge and tiny ones."""
        optimizer = build(space, rng=_rng())
        play(optimizer, self.n_trials // 2, lambda _: 1.0)
        signs = cycle([1e300, -1e300, 0.0, 1e-300])
        play(optimizer, 4 + self.n_trials // 5, lambda _: next(signs))

    def test_takes_experience(self, build: Build, space: Space) -> None:
        """Works with sources with failures, weights and observations; inputs stay unchanged."""
        warm = _with_sources(space, observed=True)
        before = [(source.X.copy(), source.y.copy()) for source in warm.sources]
        optimizer = build(space, initial=warm, rng=_rng())
        done = play(optimizer, self.n_trials // 3, lambda c: _loss(space, c))
        seen = {trial.configuration for trial in warm.observations}
        assert not seen & {t.configuration for t in done if t.fidelity == 1.0}
        for source, (X, y) in zip(warm.sources, before, strict=True):
            assert np.array_equal(source.X, X, equal_nan=True)
            assert np.array_equal(source.y, y, equal_nan=True)

    def test_optimum_in_the_design_is_the_first(self, build: Build) -> None:
        """If the initial design starts with the optimum, the first trial is the optimum."""
        function = FUNCTIONS["branin"]
        best = function.space.configuration(function.best)
        optimizer = build(function.space, initial=[best], rng=_rng())
        (first,) = optimizer.ask()
        assert function.loss(first.configuration) < function.minimum + 1e-4

    def test_finite_space_comes_to_an_end(self, build: Build) -> None:
        """Each configuration once at full fidelity, then an error instead of a repetition."""
        space = _finite()
        optimizer = build(space, rng=_rng())
        done: list[Trial] = []
        with pytest.raises(SpaceExhaustedError, match="no configuration left"):
            play(optimizer, 40, lambda c: _loss(space, c), into=done)
        full = [trial.configuration for trial in done if trial.fidelity == 1.0]
        assert len(full) == len(set(full)) == 5
        assert len(set(_signature(done))) == len(done)

    def test_finite_space_asked_for_too_many(self, build: Build) -> None:
        """A batch ends with the space; no configuration twice at one fidelity."""
        trials = build(_finite(), rng=_rng()).ask(30)
        assert 1 <= len(trials) < 30
        assert len(set(_signature(trials))) == len(trials)

    def test_resumes_exactly(self, build: Build, space: Space) -> None:
        """A search that is saved and restored with pending trials continues identically."""
        warm = _with_sources(space, observed=True)
        design = WarmStart(space, tuple(space.sample(5, _rng(1))), warm.sources, warm.weights)
        lengths = (3, self.n_trials // 2 + 2) if self.n_trials > 4 else (3,)
        for n_before in lengths:
            straight = build(space, initial=design, rng=_rng(8))
            assert isinstance(straight, Resumes)
            play(straight, n_before, lambda c: _loss(space, c))
            hanging = straight.ask(2)
            resumed = build(space, initial=design, rng=_rng(99))
            assert isinstance(resumed, Resumes)
            resumed.restore(straight.to_json())
            assert resumed.to_json() == straight.to_json()
            after = []
            for optimizer in (straight, resumed):
                optimizer.tell([t.finished(_loss(space, t.configuration)) for t in hanging])
                more = play(optimizer, 2 + self.n_trials // 4, lambda c: _loss(space, c))
                after.append(_signature(more))
            assert after[0] == after[1]

    def test_refuses_bad_input(self, build: Build) -> None:
        """Errors for pending trials, `ask(0)`, foreign configurations and foreign states."""
        space = FUNCTIONS["branin"].space
        optimizer = build(space, rng=_rng())
        with pytest.raises(InputError, match="pending"):
            optimizer.tell(optimizer.ask())
        with pytest.raises(InputError, match="at least 1"):
            optimizer.ask(0)
        with pytest.raises(InputError, match="outside"):
            optimizer.tell(Trial(Configuration("branin", {"x1": 99.0, "x2": 1.0})).finished(0.0))
        other = build(FUNCTIONS["hartmann3"].space, rng=_rng())
        assert isinstance(optimizer, Resumes)
        assert isinstance(other, Resumes)
        with pytest.raises(InputError, match="saved state"):
            other.restore(optimizer.to_json())

    def test_improves_on_what_it_started_from(self, build: Build) -> None:
        """On a bowl, the best trial is far better than the median of random ones."""
        space = SPACES["continuous"]()
        random = np.median([_loss(space, c) for c in space.sample(200, _rng(4))])
        n = max(20, 3 * self.n_trials // 2)
        done = play(build(space, rng=_rng()), n, lambda c: _loss(space, c))
        assert min(trial.loss for trial in done) < random / 3

    def test_uses_a_source_that_resembles_the_target(self, build: Build) -> None:
        """With planted sources (nearly the same function) it still improves."""
        function = FUNCTIONS["mixed"]
        warm = WarmStart(function.space, (), (shifted_source(function, 100, _rng(6)),))
        optimizer = build(function.space, initial=warm, rng=_rng())
        done = play(optimizer, max(4, self.n_trials // 3), function.loss)
        assert all(np.isfinite(trial.loss) for trial in done)

    def test_chooses_rows_of_a_table(self, build: Build, space: Space) -> None:
        """If it can choose: distinct rows, the initial design's nearest first, deterministic."""
        design = space.sample(2, _rng(2))
        table = space.encode([*space.sample(30, _rng(3)), *design])
        table.flags.writeable = False
        chosen: list[Floats] = []
        for _ in range(2):
            optimizer = build(space, initial=design, rng=_rng())
            if not isinstance(optimizer, Chooses):
                return
            first = optimizer.choose(table, 4)
            measured = space.decode(table[first])
            optimizer.tell([Trial(c).finished(_loss(space, c)) for c in measured])
            left = np.setdiff1d(np.arange(len(table)), first)
            second = left[optimizer.choose(table[left], min(self.n_trials, len(left)))]
            assert len({*first, *second}) == len(first) + len(second)
            assert np.array_equal(table[first[:2]], space.encode(design), equal_nan=True)
            chosen.append(np.concatenate([first, second]))
        assert np.array_equal(chosen[0], chosen[1])
