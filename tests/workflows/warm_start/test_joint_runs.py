"""The joint space of a planted store: runs, failures, order, observations, search, memory."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import metalearn
from metalearn.cli.main import main
from metalearn.core.configuration import Configuration
from metalearn.core.joint_space import JointSpace
from metalearn.errors import (
    InputError,
    NotEnoughMetaDataError,
    UnknownNameError,
    UsageError,
)
from metalearn.learners.evaluation import Procedure
from metalearn.learners.joint import named_space
from metalearn.store import open_store
from metalearn.workflows.warm_start.joint_runs import joint_runs
from tests.workflows.warm_start.planted import planted_store

NAMES = ("naive_bayes", "decision_tree", "k_nearest_neighbors")
N_TASKS, N_EACH = 6, 5


def _configurations() -> list[Configuration]:
    space, _ = named_space(NAMES, "classification")
    assert isinstance(space, JointSpace)
    rng = np.random.default_rng(0)
    return [c for part in space.parts for c in part.sample(N_EACH, rng)]


def _score(task: int, j: int) -> float:
    """Trees are best, naive Bayes is worst, and the order within each varies with the task."""
    return 0.5 + 0.1 * {0: 0, 1: 3, 2: 2}[j // N_EACH] + 0.015 * ((j + task) % N_EACH)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six tasks; on task 0 the first run of naive Bayes failed."""
    configurations = _configurations()
    tasks, evaluations = [], []
    for t in range(N_TASKS):
        key = f"t{t}"
        tasks.append((key, key, "classification", key, "y", "{}", "", 100 + t, 5, 2))
        for j, c in enumerate(configurations):
            row = (key, c.key, "balanced_accuracy", 0, 1.0, 0)
            failed = (t, j) == (0, 0)
            end = (None, "failed", "planted", 0.1, 0.0) if failed else (
                _score(t, j), "ok", None, 0.1, 0.0)  # fmt: skip
            evaluations.append((*row, *end))
    path = tmp_path_factory.mktemp("kb") / "kb.duckdb"
    return planted_store(path, NAMES, configurations, tasks, evaluations)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    found = pd.DataFrame(rng.normal(size=(80, 3)), columns=list("abc"))
    found["y"] = np.where(found["a"] * found["b"] > 0, "yes", "no")
    return found


def test_the_runs_of_all_algorithms_are_one_history_per_task(kb: Path) -> None:
    space, _ = named_space("all", "classification")
    assert isinstance(space, JointSpace)
    with open_store(kb) as store:
        runs = joint_runs(store, space, "classification")
    assert [len(h) for h in runs.histories] == [3 * N_EACH] * N_TASKS
    by_configuration = dict(
        zip(space.decode(runs.histories[0].X), runs.histories[0].y, strict=True)
    )
    listed = _configurations()
    for j in range(1, 3 * N_EACH):
        assert by_configuration[listed[j]] == pytest.approx(1.0 - _score(0, j))
    # A failed run has the worst loss of its task over all algorithms (METHODS 0.3 D3).
    worst = max(1.0 - _score(0, j) for j in range(1, 3 * N_EACH))
    assert by_configuration[listed[0]] == pytest.approx(worst)


def test_a_subset_has_the_runs_of_its_algorithms(kb: Path) -> None:
    space, _ = named_space("naive_bayes,decision_tree", "classification")
    assert isinstance(space, JointSpace)
    with open_store(kb) as store:
        runs = joint_runs(store, space, "classification").without(["t1"])
    assert [len(h) for h in runs.histories] == [2 * N_EACH] * (N_TASKS - 1)
    assert {c.algorithm for c in space.decode(runs.histories[0].X)} == {
        "naive_bayes", "decision_tree",
    }  # fmt: skip


def test_the_design_is_what_recommend_lists(kb: Path, frame: pd.DataFrame) -> None:
    warm = metalearn.warm_start(frame, "y", space="all", k=6, kb=kb)
    listed = metalearn.recommend(frame, "y", k=6, kb=kb)
    assert list(warm.configurations) == [item.configuration for item in listed]
    assert warm.configurations[0].algorithm == "decision_tree"
    assert len(warm.sources) == N_TASKS
    assert warm.prior is not None
    assert warm.prior.sample_points(3, np.random.default_rng(0)).shape == (3, warm.space.n_axes)


def test_the_next_of_the_design_follows_the_results(kb: Path, frame: pd.DataFrame) -> None:
    warm = metalearn.warm_start(frame, "y", space=list(NAMES), k=8, kb=kb)
    first = warm.next_of_design([])
    assert first == warm.configurations[0]
    from metalearn.core.trial import Trial

    told = Trial(first).finished(0.4)
    again = metalearn.warm_start(frame, "y", space=list(NAMES), k=8, kb=kb, observed={first: 0.6})
    assert again.observations[0].configuration == first
    assert warm.next_of_design([told]) == again.configurations[0]


def test_wrong_names_and_observations_are_refused(kb: Path, frame: pd.DataFrame) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'decision_tree'"):
        metalearn.warm_start(frame, "y", space=["naive_bayes", "decision_treee"], kb=kb)
    with pytest.raises(InputError, match="decision_tree or naive_bayes"):
        metalearn.warm_start(
            frame, "y", space="naive_bayes,decision_tree", kb=kb,
            observed={Configuration("svc", {"C": 1.0}): 0.5},
        )  # fmt: skip
    with pytest.raises(UsageError, match="of one algorithm"):
        metalearn.warm_start(frame, "y", space="all", algorithm="svc", kb=kb)
    with pytest.raises(NotEnoughMetaDataError, match="no runs of svc, mlp"):
        metalearn.warm_start(frame, "y", space="svc,mlp", kb=kb)


def test_a_search_chooses_algorithms_and_remembers_each(
    kb: Path, frame: pd.DataFrame, tmp_path: Path
) -> None:
    own = tmp_path / "own.duckdb"
    own.write_bytes(kb.read_bytes())
    chosen = {"space": list(NAMES), "optimizer": "tpe", "warm_start": 3, "kb": own,
              "procedure": Procedure(n_folds=2)}  # fmt: skip
    found = metalearn.optimize(frame, "y", trials=5, **chosen)
    document = json.loads(found.to_json())
    assert document["space"] == ",".join(NAMES)
    assert all(trial["algorithm"] in NAMES for trial in document["trials"])
    assert list(found.to_frame()["algorithm"]) == [t["algorithm"] for t in document["trials"]]
    with open_store(own) as store:
        rows = store.evaluations("balanced_accuracy")
    stored = rows[rows["task"] == found.task.key] if found.task.key in set(rows["task"]) else (
        rows[~rows["task"].isin([f"t{t}" for t in range(N_TASKS)])])  # fmt: skip
    assert set(zip(stored["algorithm"], stored["configuration"], strict=True)) >= {
        (t.configuration.algorithm, t.configuration.key) for t in found.trials
    }
    again = metalearn.optimize(frame, "y", trials=2, **chosen)
    assert {t.configuration for t in again.remembered} == {t.configuration for t in found.trials}
    assert not {t.configuration for t in again.trials} & {t.configuration for t in found.trials}


def test_the_command_shows_the_algorithm(
    kb: Path, frame: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "t.csv"
    frame.to_csv(table, index=False)
    start = ["optimize", str(table), "--target", "y", "--kb", str(kb), "--no-remember"]
    spaces = ["--space", "naive_bayes,decision_tree"]
    assert main([*start, *spaces, "--trials", "3", "--optimizer", "random"]) == 0
    shown = capsys.readouterr().out
    assert "algorithm" in shown
    assert "random on naive_bayes, decision_tree" in shown
    assert main([*start, "--space", "naive_bayes,tree", "--trials", "3"]) == 2
    assert "did you mean" in capsys.readouterr().err
