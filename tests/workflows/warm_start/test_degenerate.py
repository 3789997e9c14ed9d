"""Configurations below the dummy on most tasks stay in the store and out of initial designs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import metalearn
from metalearn.core.dummy import DUMMY
from metalearn.learners.joint import named_space
from metalearn.store import open_store
from tests.workflows.warm_start.planted import planted_store

NAMES = ("naive_bayes", "decision_tree")
N_TASKS, N_EACH = 6, 6
BAD = 4  # of each learner, the last two are below the dummy


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tasks of two classes, a balanced dummy, and no stored score of it."""
    space, _ = named_space(NAMES, "classification")
    rng = np.random.default_rng(0)
    configurations = [c for part in space.parts for c in part.sample(N_EACH, rng)]
    tasks = [(f"t{t}", f"t{t}", "classification", f"t{t}", "y", "{}", "", 100 + t, 5, 2)
             for t in range(N_TASKS)]  # fmt: skip
    rows = []
    for t in range(N_TASKS):
        for j, c in enumerate(configurations):
            good = 0.6 + 0.05 * ((j + t) % BAD)
            value = good if j % N_EACH < BAD or t == 0 else 0.4
            rows.append((f"t{t}", c.key, "balanced_accuracy", 0, 1.0, 0, value, "ok", None,
                         0.1, 0.0))  # fmt: skip
    path = tmp_path_factory.mktemp("kb") / "kb.duckdb"
    return planted_store(path, NAMES, configurations, tasks, rows)


@pytest.fixture(scope="module")
def bad_keys(kb: Path) -> set[str]:
    with open_store(kb) as store:
        table = store.evaluations("balanced_accuracy")
    assert DUMMY not in set(table["algorithm"])
    last = table[table["task"] == "t1"]
    return set(last.loc[last["value"] < 0.5, "configuration"])


def table() -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(80, 3)), columns=list("abc"))
    return X, pd.Series(np.where(X["a"] * X["b"] > 0, "yes", "no"))


@pytest.mark.parametrize("space", ["all", "decision_tree"])
def test_no_initial_design_holds_one(kb: Path, bad_keys: set[str], space: str) -> None:
    warm = metalearn.warm_start(*table(), space=space, k=50, kb=kb)
    n = len(NAMES) if space == "all" else 1
    assert len(warm.configurations) == n * BAD
    assert any("beats a dummy on most tasks" in note for note in warm.notes)
    assert all(len(source) == n * N_EACH for source in warm.sources)  # but models learn from it
    ours = {c.hyperparameters.get("max_depth") for c in warm.configurations}
    assert len(ours) > 1
    assert not {c.key for c in warm.configurations} & bad_keys


def test_no_recommended_list_holds_one(kb: Path, bad_keys: set[str]) -> None:
    found = metalearn.recommend(*table(), k=50, kb=kb)
    assert {item.configuration.key for item in found}.isdisjoint(bad_keys)
    assert len(bad_keys) == len(NAMES) * (N_EACH - BAD)
    assert 0 < len(found) <= len(NAMES) * BAD
