"""PED-ANOVA: a dominated axis, agreement with Optuna where it is installed, conditions."""

from __future__ import annotations

import ConfigSpace as cs
import numpy as np
import pytest

from metalearn.core.history import History
from metalearn.core.metric import METRICS
from metalearn.core.space import Space
from metalearn.errors import UsageError
from metalearn.histories.runs import Runs
from metalearn.importance import PedAnovaSettings, ped_anova


def table(space, X, y, **settings):
    runs = Runs(space, METRICS["error_rate"], (History(X, y, "t"),))
    return ped_anova(runs, settings=PedAnovaSettings(**settings))


@pytest.fixture(scope="module")
def space():
    axes = cs.ConfigurationSpace()
    axes.add(
        cs.UniformFloatHyperparameter("x", -10.0, 10.0),
        cs.UniformFloatHyperparameter("z", 1e-3, 1.0, log=True),
        cs.CategoricalHyperparameter("k", ["a", "b", "c"]),
    )
    return Space("planted", axes)


def test_the_axis_that_decides_dominates(space):
    X = space.encode(space.sample(400, np.random.default_rng(0)))
    x, z = X[:, space.names.index("x")], X[:, space.names.index("z")]
    found = table(space, X, x + z / 1000)
    assert found.share[0].sum() == pytest.approx(1.0)
    assert found.share[0, found.names.index("x")] > 0.95
    uniform = table(space, X, x + z / 1000, against_uniform=True)
    assert uniform.share[0, found.names.index("x")] > 0.9


def test_agrees_with_optuna(space):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rng = np.random.default_rng(1)
    configurations = space.sample(300, rng)
    X = space.encode(configurations)
    at = {name: j for j, name in enumerate(space.names)}
    y = (X[:, at["x"]] - 0.3) ** 2 + 0.2 * (X[:, at["k"]] > 0.6) + 0.1 * X[:, at["z"]]
    D = optuna.distributions
    kinds = {
        "x": D.FloatDistribution(-10, 10),
        "z": D.FloatDistribution(1e-3, 1, log=True),
        "k": D.CategoricalDistribution(["a", "b", "c"]),
    }
    study = optuna.create_study()
    study.add_trials(
        [optuna.trial.create_trial(params=dict(c.hyperparameters), distributions=kinds, value=v)
         for c, v in zip(configurations, y, strict=True)]
    )  # fmt: skip
    theirs = optuna.importance.get_param_importances(
        study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
    )
    found = table(space, X, y)
    ours = dict(zip(found.names, found.share[0], strict=True))
    # Numbers only: Optuna smooths a category by the number of its distinct values, not of runs.
    assert ours["x"] / ours["z"] == pytest.approx(theirs["x"] / theirs["z"], rel=0.05)
    assert min(ours, key=ours.get) == min(theirs, key=theirs.get) == "k"


def test_conditional_axis_counts_where_it_is_active():
    axes = cs.ConfigurationSpace()
    kind = cs.CategoricalHyperparameter("kind", ["on", "off"])
    child = cs.UniformFloatHyperparameter("child", 0.0, 1.0)
    axes.add(kind, child, cs.UniformFloatHyperparameter("idle", 0.0, 1.0))
    axes.add(cs.EqualsCondition(child, kind, "on"))
    space = Space("planted", axes)
    X = space.encode(space.sample(600, np.random.default_rng(0)))
    c = X[:, space.names.index("child")]
    found = table(space, X, np.where(np.isnan(c), 1.0, c))
    share = dict(zip(found.names, found.share[0], strict=True))
    assert share["child"] > share["kind"] > share["idle"]


def test_degenerate(space):
    X = space.encode(space.sample(40, np.random.default_rng(0)))
    assert "no variance" in table(space, X, np.ones(40)).notes[0]
    tied = np.r_[np.ones(1), np.zeros(39)]
    assert "ties" in table(space, X, tied, region=0.5).notes[0]
    assert "only 4 runs" in table(space, X, np.arange(40.0)).notes[0]
    assert "5 runs" in table(space, X[:5], np.arange(5.0)).notes[0]
    with pytest.raises(UsageError):
        PedAnovaSettings(top=0.5, region=0.2)
