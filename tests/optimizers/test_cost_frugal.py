"""Cost-frugal search against the rules of its papers and FLAML's own implementation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace, UniformFloatHyperparameter

from metalearn.core.space import Space
from metalearn.optimizers.cost_frugal import Arm, CostFrugal, cost_of_improvement


def space(d):
    axes = [UniformFloatHyperparameter(f"x{j}", 0.0, 1.0, 0.1) for j in range(d)]
    return Space("toy", ConfigurationSpace(axes))


def values(configuration):
    return np.array(list(configuration.hyperparameters.values()))


def losses_of(f, d, n, seed):
    search, losses = CostFrugal(space(d), rng=np.random.default_rng(seed)), []
    for _ in range(n):
        (trial,) = search.ask()
        losses.append(float(f(values(trial.configuration))))
        search.tell(trial.finished(losses[-1], 1.0))
    return losses


def flow2(d, seed):
    flaml = pytest.importorskip("flaml")
    reference = pytest.importorskip("flaml.tune.searcher.flow2")
    start = {f"x{j}": 0.1 for j in range(d)}
    axes = {name: flaml.tune.uniform(0.0, 1.0) for name in start}
    search = reference.FLOW2(start, "loss", "min", axes, seed=seed)
    search.set_search_properties("loss", "min", axes)
    return search


def losses_of_flow2(f, d, n, seed):
    search = flow2(d, seed)
    losses = [float(f(np.full(d, 0.1)))]
    search._configs["0"] = (dict(search.best_config), search.step)
    search.on_trial_complete("0", {"loss": losses[0]})
    for i in range(1, n):
        asked = search.suggest(str(i))
        if asked is None:
            break
        losses.append(float(f(np.array([asked[f"x{j}"] for j in range(d)]))))
        search.on_trial_complete(str(i), {"loss": losses[-1]})
    return losses


@pytest.mark.parametrize("scales", [(1, 1), (10, 1, 1)])
def test_it_descends_at_least_as_fast_as_flaml(scales):
    def f(x):
        return float(np.dot(scales, (x - 0.7) ** 2))

    d = len(scales)
    ours = [math.log10(min(losses_of(f, d, 60, seed))) for seed in range(10)]
    theirs = [math.log10(min(losses_of_flow2(f, d, 60, seed))) for seed in range(10)]
    assert np.mean(ours) <= np.mean(theirs) + 0.1


def test_the_step_shrinks_when_flaml_shrinks_it():
    search, lengths = CostFrugal(space(3), rng=np.random.default_rng(0)), []
    for i in range(21):
        (trial,) = search.ask()
        search.tell(trial.finished(float(i > 0), 1.0))
        lengths.append(search._arms[0].step)
    reference, theirs = flow2(3, 0), []
    reference._configs["0"] = (dict(reference.best_config), reference.step)
    reference.on_trial_complete("0", {"loss": 0.0})
    for i in range(1, 21):
        reference.suggest(str(i))
        reference.on_trial_complete(str(i), {"loss": 1.0})
        theirs.append(reference.step)
    shrunk = np.flatnonzero(np.diff(lengths[1:]))
    assert shrunk.tolist() == np.flatnonzero(np.diff(theirs)).tolist()
    assert lengths[-1] == pytest.approx(0.1 * math.sqrt(3) * math.sqrt(1 / 21), rel=1e-9)


def test_every_trial_is_one_step_from_the_best_so_that_costs_rise_slowly():
    search = CostFrugal(space(2), rng=np.random.default_rng(1))
    best, at = math.inf, np.full(2, 0.1)
    for _ in range(40):
        (trial,) = search.ask()
        x = values(trial.configuration)
        assert np.linalg.norm(x - at) <= 0.1 * math.sqrt(2) + 1e-9
        loss = float(((x - 0.8) ** 2).sum())
        search.tell(trial.finished(loss, 1.0))
        if loss < best:
            best, at = loss, x
    assert best < 0.02


def test_a_search_that_is_stuck_starts_again_elsewhere():
    search = CostFrugal(space(1), rng=np.random.default_rng(0))
    starts = set()
    for _ in range(60):
        (trial,) = search.ask()
        search.tell(trial.finished(1.0, 1.0))
        search._arms[0].step = min(search._arms[0].step, 2e-4)
        starts.add(round(float(search._arms[0].x[0]), 1))
    assert len(starts) > 3


@pytest.mark.parametrize(
    ("arm", "expected"),
    [
        (Arm(np.zeros(1), 0.1, best=0.2, gain=0.1, spent=[10.0, 6.0, 1.0]), 5.0),
        (Arm(np.zeros(1), 0.1, best=0.2, gain=0.1, spent=[20.0, 6.0, 1.0]), 14.0),
        (Arm(np.zeros(1), 0.1, best=0.3, gain=0.1, spent=[10.0, 6.0, 1.0]), 2 * 0.1 * 9 / 0.1),
        (Arm(np.zeros(1), 0.1, spent=[3.0, 0.0, 0.0]), 3.0),
    ],
)
def test_estimated_cost_of_improvement(arm, expected):
    assert cost_of_improvement(arm, 0.2) == pytest.approx(expected)


def test_the_cost_of_an_arm_that_leads_is_that_of_flaml():
    state = pytest.importorskip("flaml.automl.state")
    of_theirs = state.SearchState.estimated_cost4improvement.fget
    rng = np.random.default_rng(0)
    for before, last, now in np.sort(rng.random((20, 3)), axis=1):
        theirs = type("State", (), {"time_best_found_old": before, "time_best_found": last,
                                    "total_time_used": now})  # fmt: skip
        arm = Arm(np.zeros(1), 0.1, best=0.2, gain=0.1, spent=[now, last, before])
        assert cost_of_improvement(arm, 0.2) == pytest.approx(of_theirs(theirs))
