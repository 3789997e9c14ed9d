"""Tunability: a planted world whose gains are known, both corrections, and degenerate inputs."""

from __future__ import annotations

import ConfigSpace as cs
import numpy as np
import pytest

from metalearn.core.history import History
from metalearn.core.metric import METRICS
from metalearn.core.space import Space
from metalearn.histories.runs import Runs
from metalearn.importance import TunabilitySettings, tunability
from metalearn.importance.forest import ForestSettings

FAST = TunabilitySettings(
    n_points=1200, n_item_points=150, n_defaults=3, forest=ForestSettings(n_trees=12)
)


def world(noise=0.0, n_tasks=12, n_runs=300):
    """`place` must be tuned (its optimum moves), `level` has one good value, `idle` is idle."""
    space = cs.ConfigurationSpace()
    space.add(
        cs.UniformFloatHyperparameter("place", 0.0, 1.0),
        cs.UniformFloatHyperparameter("level", 0.0, 1.0),
        cs.CategoricalHyperparameter("idle", ["x", "y"]),
    )
    space = Space("planted", space)
    at = {name: j for j, name in enumerate(space.names)}
    rng = np.random.default_rng(0)
    histories = []
    for number in range(n_tasks):
        X = space.encode(space.sample(n_runs, rng))
        optimum = 0.1 + 0.8 * (number % 4) / 3
        y = 0.5 * (X[:, at["place"]] - optimum) ** 2 + 0.5 * (1 - X[:, at["level"]])
        histories.append(History(X, y + noise * rng.standard_normal(n_runs), f"t{number:02d}"))
    return Runs(space, METRICS["error_rate"], tuple(histories))


@pytest.fixture(scope="module")
def found():
    return tunability(world(), settings=FAST)


def test_importance_is_not_tunability(found):
    # Default: place in the middle; gain of place 0.5 (optimum - 0.5)^2, mean over tasks 0.0444.
    frame = found.summary().set_index("item")
    assert frame.loc["place", "tunability"] == pytest.approx(0.5 * (0.4**2 + 0.4**2 / 9) / 2,
                                                             abs=0.012)  # fmt: skip
    assert frame.loc["level", "tunability"] < 0.012
    assert frame.loc["idle", "tunability"] < 0.003
    assert frame.loc["place", "low"] > frame.loc["level", "high"]
    assert found.default.hyperparameters["level"] > 0.93
    assert 0.35 < found.default.hyperparameters["place"] < 0.65


def test_risk_tells_what_may_stay(found):
    frame = found.summary(margin=0.02).set_index("item")
    assert bool(frame.loc["idle", "may_stay"])
    assert bool(frame.loc["level", "may_stay"])
    assert not bool(frame.loc["place", "may_stay"])
    assert frame.loc["place", "risk"] > 0.02


def test_plain_gains_are_never_negative_and_pairs_contain_their_parts(found):
    assert (found.plain.overall >= -1e-12).all()
    assert (found.plain.item >= -1e-12).all()
    at = {item: place for place, item in enumerate(found.items)}
    for item, place in at.items():
        if len(item) == 2:
            for name in item:
                assert (found.plain.item[:, place] >= found.plain.item[:, at[(name,)]]).all()


def test_ranges_and_default_set(found):
    place = next(r for r in found.ranges if r.name == "place")
    assert place.low < 0.2
    assert place.high > 0.8
    level = next(r for r in found.ranges if r.name == "level")
    assert level.low > 0.8
    steps = found.default_set
    assert [step.rank for step in steps] == [1, 2, 3]
    assert steps[0].regret >= steps[1].regret >= steps[2].regret
    assert len({round(float(step.configuration.hyperparameters["place"]), 1)
                for step in steps}) == 3  # fmt: skip


def test_correction_takes_the_curse_off_pure_noise():
    noise = world(noise=0.0)
    rng = np.random.default_rng(1)
    flat = tuple(History(h.X, 0.1 * rng.standard_normal(len(h)), h.task)
                 for h in noise.histories)  # fmt: skip
    found = tunability(Runs(noise.space, noise.metric, flat), settings=FAST)
    assert found.plain.overall.mean() > 0.05
    assert abs(found.corrected.overall.mean()) < 0.02


def test_held_out_default_gains_more_than_its_own(found):
    assert found.held_out.overall.mean() >= found.plain.overall.mean() - 0.003


def test_child_of_the_other_branch_is_tuned_with_its_parent():
    space = cs.ConfigurationSpace()
    kernel = cs.CategoricalHyperparameter("kernel", ["linear", "rbf"])
    gamma = cs.UniformFloatHyperparameter("gamma", 0.0, 1.0)
    space.add(kernel, gamma)
    space.add(cs.EqualsCondition(gamma, kernel, "rbf"))
    space = Space("svm", space)
    rng = np.random.default_rng(0)
    histories = []
    for number in range(4):
        X = space.encode(space.sample(200, rng))
        g = X[:, space.names.index("gamma")]
        # rbf is poor on three tasks, and on the last one good at large gamma only.
        rbf = np.where(number == 3, 1.0 - np.nan_to_num(g), 2.0)
        histories.append(History(X, np.where(np.isnan(g), 0.5, rbf), f"t{number}"))
    found = tunability(Runs(space, METRICS["error_rate"], tuple(histories)), settings=FAST)
    assert found.default.hyperparameters["kernel"] == "linear"
    gain = found.plain.item[:, found.names.index("gamma")]
    assert gain[:3] == pytest.approx(0, abs=0.02)
    assert gain[3] == pytest.approx(0.5, abs=0.05)


def test_one_task_has_no_tunability():
    one = world(n_tasks=1)
    found = tunability(one, settings=FAST)
    assert found.default is None
    assert np.isnan(found.plain.overall).all()
    assert "at least 2" in found.remarks[-1]
    assert found.summary()["tunability"].isna().all()
