"""Symbolic defaults: a planted formula beats the constant, none is made up without one."""

from __future__ import annotations

import ConfigSpace as cs
import numpy as np
import pandas as pd
import pytest

import metalearn
from metalearn.core.history import History
from metalearn.core.metric import METRICS
from metalearn.core.space import Space
from metalearn.errors import NotEnoughMetaDataError, UsageError
from metalearn.histories.runs import Runs
from metalearn.importance import symbolic_defaults, task_symbols
from tests.importance.planted_store import planted_store

N_TASKS = 24


def symbols():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "n": rng.integers(100, 20_000, N_TASKS).astype(float),
            "p": np.exp(rng.uniform(np.log(2), np.log(500), N_TASKS)),
            "classes": np.full(N_TASKS, np.nan),  # unknown: must not be used
        },
        index=[f"t{i:02d}" for i in range(N_TASKS)],
    )


def world(optimum):
    """Squared distance to the optimum on gamma's log axis; the depth of trees does nothing."""
    space = cs.ConfigurationSpace()
    space.add(
        cs.UniformFloatHyperparameter("gamma", 1e-4, 10.0, log=True),
        cs.UniformIntegerHyperparameter("idle", 1, 20),
        cs.CategoricalHyperparameter("kind", ["a", "b"]),
    )
    space = Space("svm", space)
    at, axis = space.names.index("gamma"), space.axes[space.names.index("gamma")]
    histories = []
    for number, (task, row) in enumerate(symbols().iterrows()):
        X = space.encode(space.sample(60, np.random.default_rng(number)))
        (goal,) = axis.encode([optimum(row)])
        histories.append(History(X, (X[:, at] - goal) ** 2, str(task)))
    return Runs(space, METRICS["error_rate"], tuple(histories))


def test_a_planted_formula_is_found_and_beats_the_constant():
    found = symbolic_defaults(world(lambda row: 0.5 / row["p"]), symbols=symbols(), max_depth=2)
    frame = found.to_frame().set_index("hyperparameter")
    assert found.symbols == ("n", "p")
    factor, _, rest = frame.loc["gamma", "formula"].partition(" / ")
    assert rest == "p"
    assert float(factor) == pytest.approx(0.5, rel=0.35)
    assert frame.loc["gamma", "is_better"]
    # Variance of the optimum along the axis: what a constant loses on new tasks.
    goal = np.log(0.5 / symbols()["p"]) / np.log(1e5)
    assert frame.loc["gamma", "gain"] == pytest.approx(goal.var(), abs=0.35 * goal.var())
    assert not frame.loc["idle", "is_better"]
    assert "kind" not in frame.index


def test_without_a_formula_in_the_world_none_is_called_better():
    rng = np.random.default_rng(5)
    noise = dict(zip(symbols().index, np.exp(rng.uniform(-6, 1, N_TASKS)), strict=True))
    frame = symbolic_defaults(world(lambda row: noise[row.name]), symbols=symbols()).to_frame()
    assert not frame["is_better"].any()
    assert np.isfinite(frame[["gain", "low", "high"]]).all(axis=None)


def test_the_order_of_rows_of_symbols_does_not_matter():
    runs = world(lambda row: 0.5 / row["p"])
    forwards, backwards = (
        symbolic_defaults(runs, symbols=table, max_depth=1).to_frame()
        for table in (symbols(), symbols()[::-1])
    )
    pd.testing.assert_frame_equal(forwards, backwards)


def test_a_store_gives_its_symbols_and_too_few_tasks_are_refused(tmp_path):
    with metalearn.open(planted_store(tmp_path / "planted.duckdb", n_runs=30)) as kb:
        table = task_symbols(kb)
        assert table.loc["planted:left", ["n", "p", "classes"]].tolist() == [100.0, 5.0, 2.0]
        assert table["majority"].isna().all()
        with pytest.raises(NotEnoughMetaDataError, match="at least 10 tasks"):
            symbolic_defaults(kb, "svm")
    with pytest.raises(UsageError, match="symbols="):
        symbolic_defaults(world(lambda row: 1.0))
    with pytest.raises(UsageError, match="max_depth"):
        symbolic_defaults(world(lambda row: 1.0), symbols=symbols(), max_depth=4)
