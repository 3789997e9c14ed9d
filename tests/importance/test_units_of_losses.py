"""No unit and no offset of the loss changes an importance, or the answer says "doubtful"."""

from __future__ import annotations

from functools import cache

import ConfigSpace as cs
import numpy as np
import pytest

from metalearn.core.history import History
from metalearn.core.metric import Metric
from metalearn.core.space import Space
from metalearn.histories.runs import Runs
from metalearn.importance import (
    FanovaSettings,
    ablation_path,
    fanova,
    fanova_task,
    importance_summary,
    local_importance,
    marginals,
    ped_anova_task,
    pooled,
    tunability,
)
from metalearn.importance.ablation import task_forest
from metalearn.importance.forest import ForestSettings
from metalearn.importance.tunable import TunabilitySettings
from metalearn.priors import kde

METRIC = Metric("cost", False, 0.0, None)
UNITS = [(0.0, 10.0**k) for k in (-300, -100, -20, -10, -5, 5, 10, 20, 100, 300)]
OFFSETS = [(s * 10.0**k, 1.0) for k in range(0, 21, 2) for s in (1, -1)]
BOTH = [(1e-10, 1e-20), (1e5, 1e-5), (-1e20, 1e20), (1e-20, 1e-25), (1e3, 1e-12)]


def space():
    made = cs.ConfigurationSpace()
    made.add(*(cs.UniformFloatHyperparameter(name, 0.0, 1.0) for name in "abc"))
    return Space("planted", made)


def history(offset=0.0, scale=1.0, task="t", n=150):
    rng = np.random.default_rng(len(task))
    X = rng.random((n, 3))
    y = X[:, 0] + 2 * (X[:, 1] - 0.3 * len(task)) ** 2 + X[:, 0] * X[:, 1]
    return History(X, offset + scale * y, task)


def close_or_doubtful(found, truth, note, offset, scale):
    """A digit of the losses is lost with every power of ten of the offset."""
    if "doubtful" in note or "no answer" in note:
        assert abs(offset) > 1e9 * scale  # where nothing is lost there is nothing to doubt
        return
    assert found == pytest.approx(truth, abs=0.02, nan_ok=True)


ANALYSES = (
    lambda h: fanova_task(space(), h, np.random.default_rng(0)),
    lambda h: fanova_task(
        space(), h, np.random.default_rng(0),
        settings=FanovaSettings(cutoff_quantiles=(0.0, 0.5)),
    ),
    lambda h: ped_anova_task(space(), h),
    lambda h: local_importance(space(), h, np.random.default_rng(0)),
)  # fmt: skip


@cache
def plain_shares():
    return [analyse(history()) for analyse in ANALYSES]


@pytest.mark.in_turn("offset", "scale", each=8)
@pytest.mark.parametrize(("offset", "scale"), UNITS + OFFSETS + BOTH)
def test_shares_of_one_task(offset, scale):
    moved = history(offset, scale)
    for analyse, truth in zip(ANALYSES, plain_shares(), strict=True):
        found = analyse(moved)
        assert not truth.note
        close_or_doubtful(found.share, truth.share, found.note, offset, scale)


def path_of(h):
    ends = [space().configuration({"a": v, "b": w, "c": v}) for v, w in ((0.9, 0.9), (0.1, 0.4))]
    forest = task_forest(space(), h, np.random.default_rng(0))
    return ablation_path(space(), forest, *ends)


@cache
def plain_path():
    return path_of(history())


@pytest.mark.in_turn("offset", "scale", each=8)
@pytest.mark.parametrize(("offset", "scale"), UNITS + OFFSETS + BOTH)
def test_ablation(offset, scale):
    found = path_of(history(offset, scale))
    close_or_doubtful(found.shares, plain_path().shares, found.note, offset, scale)


def runs(offset=0.0, scale=1.0):
    tasks = ("t", "tt", "ttt")
    return Runs(space(), METRIC, tuple(history(offset, scale, task) for task in tasks))


TUNED = TunabilitySettings(order=1, n_points=200, forest=ForestSettings(8))


@cache
def plain_fanova():
    return fanova(runs())


@cache
def plain_pooled():
    return fanova(pooled(runs()))


@cache
def plain_tunability():
    return tunability(runs(), settings=TUNED)


@pytest.mark.in_turn("offset", "scale", each=3)
@pytest.mark.parametrize(("offset", "scale"), [UNITS[1], UNITS[8], *OFFSETS[6:20:3], *BOTH[:3]])
def test_over_tasks(offset, scale):
    moved = runs(offset, scale)
    table = fanova(moved)
    truth = importance_summary(plain_fanova()).set_index("item")
    found = importance_summary(table).set_index("item").loc[truth.index]
    note = " ".join(table.notes)
    for column in ("median", "mean_rank"):
        close_or_doubtful(found[column].to_numpy(), truth[column].to_numpy(), note, offset, scale)
    if "doubtful" in note or "no answer" in note:
        return
    assert fanova(pooled(moved)).share == pytest.approx(plain_pooled().share, abs=0.02)
    assert kde(moved).pool.points == pytest.approx(kde(runs()).pool.points)


@pytest.mark.in_turn("offset", "scale", each=3)
@pytest.mark.parametrize(("offset", "scale"), [UNITS[1], UNITS[8], *OFFSETS[6:20:3], *BOTH[:3]])
def test_marginals_and_tunability(offset, scale):
    moved = runs(offset, scale)
    found, truth = tunability(moved, settings=TUNED), plain_tunability()
    note = " ".join([*found.remarks, *found.notes.values()])
    if "doubtful" in note or "no answer" in note:
        assert abs(offset) > 1e9 * scale
        return
    gain, real = found.summary().set_index("item"), truth.summary().set_index("item")
    shares = gain.loc[real.index, "share"].to_numpy()
    assert shares == pytest.approx(real["share"].to_numpy(), abs=0.05)
    assert gain.loc["all", "tunability"] == pytest.approx(
        scale * real.loc["all", "tunability"], rel=0.05
    )
    (curve,), (line,) = (marginals(r, [("a",)]) for r in (moved, runs()))
    assert curve.centre == pytest.approx(scale * line.centre, abs=0.03 * scale)
    (curve,), (line,) = (marginals(r, [("a",)], task="t") for r in (moved, runs()))
    assert curve.centre - offset == pytest.approx(scale * line.centre, abs=0.03 * scale)
