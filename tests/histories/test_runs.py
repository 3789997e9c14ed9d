"""A store as histories: spaces declared, inferred and widened; failures; branches; errors."""

from __future__ import annotations

import json

import ConfigSpace as cs
import numpy as np
import pandas as pd
import pytest

from metalearn.core.inferred_space import inferred_space, widened_space
from metalearn.core.metric import METRICS
from metalearn.core.space import Space
from metalearn.errors import NotEnoughMetaDataError, UsageError
from metalearn.histories.runs import as_runs, runs_of


class Source:
    """Rows in memory, offered as a store offers them."""

    def __init__(self, rows, space=None, metric="accuracy"):
        columns = ["task", "hyperparameters", "value", "status"]
        self.table = pd.DataFrame(
            [(t, json.dumps(h), v, s) for t, h, v, s in rows], columns=columns
        )
        self.declared, self.metric = space, metric
        self.others = self.table[:0]  # runs of other algorithms

    def evaluations(self, metric, *, algorithm=None):
        table = self.table if metric == self.metric else self.table[:0]
        return pd.concat([table, self.others]) if algorithm is None else table

    def space(self, algorithm):
        return self.declared

    def metrics(self):
        return {name: METRICS[name] for name in ("roc_auc", self.metric)}


ROWS = [
    ("2", {"kernel": "rbf", "gamma": 0.001}, 0.9, "ok"),
    ("2", {"kernel": "rbf", "gamma": 10.0}, 0.5, "ok"),
    ("2", {"kernel": "linear"}, None, "failed"),
    ("10", {"kernel": "linear"}, 0.7, "ok"),
    ("10", {"kernel": "rbf", "gamma": 0.1}, 0.8, "ok"),
]


def test_inferred_space_histories_and_failures():
    runs = runs_of(Source(ROWS), "svm")
    assert runs.tasks == ("2", "10")
    gamma = runs.space.axes[runs.space.names.index("gamma")]
    assert gamma.log
    assert (gamma.lower, gamma.upper) == (0.001, 10.0)
    first = runs.histories[0]
    assert first.y == pytest.approx([0.1, 0.5, 0.5])  # the failed run counts as the worst
    j = runs.space.names.index("gamma")
    assert first.X[:2, j] == pytest.approx([0.0, 1.0])
    assert np.isnan(first.X[2, j])
    assert any("inferred" in note for note in runs.notes)
    assert any("1 of 5 runs failed" in note for note in runs.notes)
    dropped = runs_of(Source(ROWS), "svm", failed="drop")
    assert len(dropped.histories[0]) == 2
    assert not runs.space.active(first.X)[2, j]  # gamma was found to be conditional


def test_a_diverging_run_comes_to_the_fence_of_its_task_where_no_value_is_the_worst():
    rows = [("1", {"C": float(i)}, 0.1 * i, "ok") for i in range(9)] + [
        ("1", {"C": 9.0}, -4e5, "ok")
    ]
    runs = runs_of(Source(rows, metric="r2"), "svm")
    loss = 1.0 - 0.1 * np.arange(9)
    low, high = np.quantile(np.r_[loss, 1 + 4e5], [0.25, 0.75])
    assert runs.histories[0].y == pytest.approx(np.r_[loss, high + 3 * (high - low)])
    assert any("1 of 10 values of r2" in note for note in runs.notes)
    bounded = runs_of(Source([(t, h, max(v, 0.0), s) for t, h, v, s in rows]), "svm")
    assert bounded.histories[0].y.max() == 1.0
    assert not any("fence" in note for note in bounded.notes)


def test_an_algorithm_that_mostly_diverges_is_fenced_by_what_others_did():
    rows = [("1", {"C": float(i)}, v, "ok") for i, v in enumerate([0.9, 0.8, -1e5, -2e5, -4e5])]
    source = Source(rows, metric="r2")
    assert runs_of(source, "svm").histories[0].y.max() == 1 + 4e5  # its own quartiles say nothing
    assert runs_of(source, "svm", fences={"1": 3.0}).histories[0].y.max() == 3.0
    source.others = Source([("1", {}, 0.5 + 0.01 * i, "ok") for i in range(20)], metric="r2").table
    y = runs_of(source, "svm").histories[0].y
    assert y[:2] == pytest.approx([0.1, 0.2])
    assert (y[2:] < 2.0).all()


def test_branch():
    runs = as_runs(Source(ROWS), "svm", where={"kernel": "rbf"})
    assert [len(history) for history in runs.histories] == [2, 1]
    assert runs.fixed == {"kernel": "rbf"}
    assert as_runs(runs) is runs


def test_declared_space_is_widened_and_foreign_names_ignored():
    declared = cs.ConfigurationSpace()
    declared.add(
        cs.CategoricalHyperparameter("kernel", ["rbf", "poly"]),
        cs.UniformFloatHyperparameter("C", 0.1, 1.0),
    )
    rows = [("1", {"kernel": "linear", "C": 5.0, "verbose": 1}, 0.5, "ok")]
    runs = runs_of(Source(rows, Space("svm", declared)), "svm")
    c = runs.space.axes[runs.space.names.index("C")]
    assert (c.lower, c.upper) == (0.1, 5.0)
    assert "linear" in runs.space.axes[runs.space.names.index("kernel")].choices
    assert len(runs.notes) == 3
    assert sum("widened" in note or "added" in note for note in runs.notes) == 2


def test_space_of_our_own_learner_when_the_store_has_none():
    rows = [("1", {"C": 1.0, "class_weight": "balanced", "kernel": "rbf"}, 0.5, "ok")]
    runs = runs_of(Source(rows), "svc")
    assert "gamma" in runs.space.names
    assert not runs.notes
    other = runs_of(Source([("1", {"cost": 1.0}, 0.5, "ok")]), "svc")
    assert other.space.names == ("cost",)


def test_errors():
    with pytest.raises(NotEnoughMetaDataError, match="metalearn kb info"):
        runs_of(Source(ROWS), "svm", "roc_auc")
    with pytest.raises(NotEnoughMetaDataError):
        runs_of(Source([("1", {}, 0.5, "ok")]), "nothing")
    with pytest.raises(UsageError, match="name the algorithm"):
        as_runs(Source(ROWS))


def test_inferred_axes():
    rng = np.random.default_rng(0)
    rows = [
        {"share": float(rng.uniform(0.1, 0.9)), "rate": float(10 ** rng.uniform(-4, 0)),
         "n": int(rng.integers(1, 20)), "big": int(10 ** rng.uniform(0, 3)),
         "flag": bool(rng.integers(2)), "only": 3}
        for _ in range(200)
    ]  # fmt: skip
    axes = {axis.name: axis for axis in inferred_space("x", rows).axes}
    assert [axes[name].log for name in ("share", "rate", "n", "big")] == [False, True, False, True]
    assert axes["n"].kind == axes["big"].kind == "integer"
    assert axes["flag"].choices == (False, True)
    assert axes["only"].n_cells == 1
    same, notes = widened_space(inferred_space("x", rows), rows)
    assert notes == []
    assert same.names == tuple(axis.name for axis in same.axes)


def test_spaces_of_importers_and_of_runs_have_the_same_log_axes():
    from metalearn.harvesters.spaces import SpaceSurvey

    rng = np.random.default_rng(1)
    rows = [
        {"share": float(rng.uniform(0.05, 0.9)), "rate": float(10 ** rng.uniform(-2, 0)),
         "alpha": float(rng.choice([0.0, 10 ** rng.uniform(-5, 0)])),
         "n": int(2 ** rng.integers(0, 5)),
         "off": int(rng.choice([0, 1, 8, 64, 512])), "signed": float(rng.normal())}
        for _ in range(200)
    ]  # fmt: skip
    survey = SpaceSurvey("x")
    for row in rows:
        survey.add(row)
    imported = {axis.name: axis for axis in Space.from_json("x", survey.to_json()).axes}
    inferred = {axis.name: axis for axis in inferred_space("x", rows).axes}
    for name, (log, zero) in {
        "share": (False, False), "rate": (True, False), "alpha": (False, True),
        "n": (True, False), "off": (False, True), "signed": (False, False),
    }.items():  # fmt: skip
        for axes in (imported, inferred):
            assert (axes[name].log, axes[name].shift > 0) == (log, zero), name
    widened, _ = widened_space(inferred_space("x", rows), [{"alpha": -1.0}])
    axis = widened.axes[widened.names.index("alpha")]
    assert axis.is_even
    assert axis.encode([-1.0])[0] == 0.0


@pytest.mark.parametrize(("least", "log", "even"), [(0.0, False, False), (-1.0, False, True)])
def test_zero_and_less_on_a_declared_log_axis(least, log, even):
    declared = cs.ConfigurationSpace()
    declared.add(
        cs.UniformFloatHyperparameter("alpha", 1e-4, 1.0, log=True),
        cs.UniformIntegerHyperparameter("n", 1, 1000, log=True),
    )
    rows = [{"alpha": v, "n": n} for v, n in ((least, int(least)), (1e-5, 10), (1.0, 1000))]
    space, notes = widened_space(Space("x", declared), rows)
    alpha, n = space.axes
    assert len(notes) == 2
    for axis in (alpha, n):
        assert (axis.log, axis.is_even) == (log, even)
    unit = space.encode(rows)
    assert (np.diff(unit, axis=0) > 0).all()
    if not even:  # log(v + 1e-5) from 0 to 1: half of the axis is below 0.003
        assert unit[1, 0] == pytest.approx(np.log(2) / np.log1p(1e5))
        assert unit[1, 1] == pytest.approx(np.log(11 / 0.5) / np.log(1001.5 / 0.5))
