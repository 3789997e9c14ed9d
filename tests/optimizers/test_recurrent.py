"""The recurrent optimizer: its points, its sources, and when it hands over."""

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float

from metalearn.core.history import History
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.optimizers import recurrent
from metalearn.optimizers.bayesian import Bayesian
from metalearn.optimizers.recurrent import HORIZON, Recurrent, trained_search
from metalearn.testing.optimizer import play


@pytest.fixture
def space():
    return Space("box", ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}))


def loss(X, at=0.7):
    return (X[:, 0] - at) ** 2 + 0.3 * (X[:, 1] - 0.2) ** 2


def warm_start(space, n_sources=4):
    sources = []
    for i in range(n_sources):
        X = np.random.default_rng(i).random((20, 2))
        sources.append(History(X, 5.0 + (1.0 + i) * loss(X, 0.6 + 0.05 * i), task=f"source {i}"))
    return WarmStart(space, sources=tuple(sources))


@pytest.fixture
def known(space):
    pytest.importorskip("autograd", reason="needs the extra neural")
    return warm_start(space)


def told(space, optimizer, n, at=0.68):
    return play(optimizer, n, lambda c: float(loss(space.encode([c]), at)[0]))


def test_its_first_points_are_near_the_best_of_the_sources(space, known, rng):
    done = told(space, Recurrent(space, initial=known, rng=rng), 4)
    assert min(trial.loss for trial in done) < 0.01


def test_the_order_and_the_weights_of_sources_change_nothing(space, known):
    turned = WarmStart(space, sources=known.sources[::-1], weights=np.array([0.7, 0.3, 0.0, 0.0]))
    seen = np.array([[0.2, 0.4], [0.6, 0.1]])
    points = [trained_search(w).next_point(seen, loss(seen)) for w in (known, turned)]
    np.testing.assert_array_equal(points[0], points[1])


def test_it_is_trained_as_long_as_sources_that_are_left_out_gain(space, monkeypatch):
    pytest.importorskip("autograd", reason="needs the extra neural")
    from metalearn.neural import training

    monkeypatch.setattr(recurrent, "HORIZON", 3)
    judged = []

    def two(estimate, start, schedule, seed, judge, *, every):
        judged.append((judge(start), schedule.n_steps))
        return 2

    monkeypatch.setattr(training, "best_length", two)
    known = warm_start(space, n_sources=6)
    plain, trained, again = (trained_search(known, n) for n in (0, None, None))
    assert len(judged) == 1  # the length is kept
    assert 0.0 <= judged[0][0] < 0.5  # a mean regret
    assert judged[0][1] == 24
    assert not np.array_equal(plain.weights["design"], trained.weights["design"])
    assert np.array_equal(again.weights["design"], trained.weights["design"])
    assert np.array_equal(trained_search(known, 2).weights["design"], trained.weights["design"])


def test_a_search_depends_only_on_the_losses_that_it_measured(space, known, rng):
    grid = space.snap(rng.random((60, 2)))

    def rows_of(losses):
        search = Recurrent(space, initial=known, rng=np.random.default_rng(0))
        rows, left = [], np.arange(60)
        for _ in range(6):
            row = int(left[search.choose(grid[left])[0]])
            search.tell(Trial(space.decode(grid[[row]])[0]).finished(float(losses[row])))
            rows.append(row)
            left = left[left != row]
        return rows

    losses = loss(grid, 0.66)
    rows = rows_of(losses)
    changed = np.where(np.isin(np.arange(60), rows), losses, rng.permutation(losses))
    assert rows_of(changed) == rows


def test_beyond_the_horizon_and_without_sources_it_is_bayesian(space, known):
    done = [Trial(c).finished(float(loss(space.encode([c]))[0]))
            for c in space.sample(HORIZON, np.random.default_rng(1))]  # fmt: skip
    for initial in (known, None):
        asked = []
        for kind in (Recurrent, Bayesian):
            search = kind(space, initial=initial, rng=np.random.default_rng(0))
            search.tell(done)
            asked.append(search.ask(2)[-1].configuration)
        assert asked[0] == asked[1]


def test_columns_of_a_conditional_space_return_to_its_points(rng):
    from metalearn.surrogates.points import Points

    config_space = ConfigurationSpace()
    kind = Categorical("kind", ["x", "y", "z"])
    rate, flag = Float("rate", (0.1, 10.0), log=True), Categorical("flag", ["on", "off"])
    config_space.add(kind, rate, flag)
    config_space.add(EqualsCondition(rate, kind, "y"))
    space = Space("conditional", config_space)
    X, points = space.snap(rng.random((50, 3))), Points.of(space)
    columns = points.expand(X)
    assert points.n_free == columns.shape[1] - 1
    np.testing.assert_allclose(points.positions(columns[:, : points.n_free]), X, equal_nan=True)
