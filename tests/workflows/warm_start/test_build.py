"""Warm starts: shared and unshared configurations, what is left out, and clear refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import metalearn
from metalearn.core.configuration import Configuration
from metalearn.core.records import COLUMNS, Batch, Source
from metalearn.core.space import Space
from metalearn.core.task import Task
from metalearn.errors import InputError, NotEnoughMetaDataError, UsageError
from metalearn.learners.tables import as_table
from metalearn.metafeatures import MetaFeatures
from metalearn.store import open_store, writing
from metalearn.workflows.describe import Description
from metalearn.workflows.warm_start.build import WarmStartRequest, warm_start_for
from metalearn.workflows.warm_start.stored_runs import moved, stored_runs

BUNDLED = Path(__file__).resolve().parents[3] / "data"
PLACE = {"low": 0.2, "high": 0.8}


def _space(lower: float = 0.0, upper: float = 1.0) -> Space:
    import ConfigSpace

    config_space = ConfigSpace.ConfigurationSpace()
    config_space.add(ConfigSpace.Float("x", (lower, upper)), ConfigSpace.Float("y", (0.0, 1.0)))
    return Space("planted", config_space)


def _frame(table: str, rows: list[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COLUMNS[table]))


def _store(path: Path, *, shared: bool, n_tasks: int = 16, n_runs: int = 40) -> Path:
    """Tasks of two kinds, told by one meta-feature: good at x = 0.2 or at x = 0.8."""
    tasks, evaluations, features = [], [], []
    configurations: dict[str, Configuration] = {}
    for t in range(n_tasks):
        key, kind = f"t{t:02d}", "low" if t % 2 else "high"
        family = "twins" if t in (2, 4) else ""
        tasks.append((key, key, "classification", key, "y", "{}", family, 100 + t, 5, 2))
        features.append((key, "telling", "planted-1", PLACE[kind], None))
        features.append((key, "noise", "planted-1", float(t), None))
        rng = np.random.default_rng(0 if shared else t)
        for x, y in rng.random((n_runs, 2)):
            c = Configuration("planted", {"x": float(x), "y": float(y)})
            configurations[c.key] = c
            score = 1.0 - (c.hyperparameters["x"] - PLACE[kind]) ** 2
            row = (key, c.key, "accuracy", 0, 1.0, 0, score - 0.02 * t / n_tasks, "ok", None)
            evaluations.append((*row, 0.1, 0.0))
    batch = Batch(
        Source("test"),
        tasks=_frame("tasks", tasks),
        algorithms=_frame("algorithms", [("planted", "none", "1", _space().to_json())]),
        configurations=_frame(
            "configurations", [(c.key, "planted", c.canonical) for c in configurations.values()]
        ),
        metrics=_frame("metrics", [("accuracy", True, 1.0, 0.0)]),
        evaluations=_frame("evaluations", evaluations),
        meta_features=_frame("meta_features", features),
    )
    with writing(path) as writer:
        writer.load(batch)
    return path


@pytest.fixture(scope="module", params=[True, False], ids=["shared", "unshared"])
def kb(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _store(tmp_path_factory.mktemp("kb") / "kb.duckdb", shared=request.param)


def _target(**values: float) -> Description:
    task = Task("new", "new", "classification", 90, 5, 2)
    return Description(task, MetaFeatures(values, {}, {}))


@pytest.mark.parametrize("kind", ["low", "high"])
def test_the_first_points_weights_and_prior_suit_the_kind_of_task(kb: Path, kind: str) -> None:
    warm = metalearn.warm_start(_target(telling=PLACE[kind]), space="planted", k=5, kb=kb)
    first = [c.hyperparameters["x"] for c in warm.configurations]
    assert len(first) == 5
    assert abs(first[0] - PLACE[kind]) < 0.2  # 0.6 lies between the two kinds
    of_kind = [int(source.task[1:]) % 2 == (kind == "low") for source in warm.sources]
    assert warm.weights[of_kind].sum() > 0.6
    assert np.all(np.diff(warm.weights) <= 0)
    assert warm.prior is not None
    y = np.linspace(0.025, 0.975, 20)
    places = [np.column_stack([np.full(20, x), y]) for x in (PLACE[kind], 1 - PLACE[kind])]
    here, there = (np.exp(warm.prior.log_density(points)).mean() for points in places)
    assert here > 1.2 * there
    assert warm.metric is not None
    assert warm.metric.name == "accuracy"
    assert warm.snapshot


def test_nothing_known_about_the_target_gives_every_task_its_vote(kb: Path) -> None:
    warm = metalearn.warm_start(_target(), space="planted", k=3, kb=kb)
    assert len(warm.configurations) == 3
    assert warm.weights.max() < 0.2


def test_excluded_tasks_leave_with_their_near_duplicates(kb: Path) -> None:
    warm = metalearn.warm_start(_target(telling=0.2), space="planted", kb=kb, exclude=["t02"])
    keys = {source.task for source in warm.sources}
    assert len(keys) == 14
    assert not keys & {"t02", "t04"}


def test_a_known_table_is_no_experience_for_itself(tmp_path: Path) -> None:
    task = Task("t03", "t03", "classification", 103, 5, 2)
    described = Description(task, MetaFeatures({"telling": 0.2}, {}, {}))
    kb = _store(tmp_path / "kb.duckdb", shared=True)
    warm = metalearn.warm_start(described, space="planted", kb=kb)
    assert "t03" not in {source.task for source in warm.sources}


def test_observed_configurations_are_told_and_not_asked_again(kb: Path) -> None:
    target = _target(telling=0.2)
    cold = metalearn.warm_start(target, space="planted", k=3, kb=kb)
    observed = {cold.configurations[0]: 0.4, cold.configurations[1]: float("nan")}
    warm = metalearn.warm_start(target, space="planted", k=3, kb=kb, observed=observed)
    assert not set(observed) & set(warm.configurations)
    assert [trial.status for trial in warm.observations] == ["ok", "failed"]
    assert warm.observations[0].loss == pytest.approx(0.6)


def test_observations_of_another_algorithm_are_refused(kb: Path) -> None:
    cold = metalearn.warm_start(_target(telling=0.2), space="planted", k=3, kb=kb)
    values = cold.configurations[0].hyperparameters  # the same names, another algorithm
    with pytest.raises(InputError, match=r"expected configurations of planted.*leave the others"):
        metalearn.warm_start(_target(telling=0.2), space="planted", k=3, kb=kb,
                             observed={Configuration("ridge", values): 0.4})  # fmt: skip


def test_the_same_twice(kb: Path) -> None:
    a, b = (metalearn.warm_start(_target(telling=0.2), space="planted", kb=kb) for _ in "ab")
    assert a.configurations == b.configurations
    assert np.array_equal(a.weights, b.weights)


def test_a_narrower_space_leaves_out_what_lies_outside(kb: Path) -> None:
    narrow = _space(0.5, 1.0)
    warm = metalearn.warm_start(_target(telling=0.2), space=narrow, k=5, kb=kb)
    assert all(0.5 <= c.hyperparameters["x"] <= 1.0 for c in warm.configurations)
    assert warm.space is narrow
    assert any("outside the space" in note for note in warm.notes)


def test_points_are_moved_to_the_same_values(kb: Path) -> None:
    with open_store(kb) as store:
        runs = stored_runs(store, "planted", "classification").runs
    wide = _space(-1.0, 3.0)
    histories, notes = moved(runs, wide)
    assert notes == []
    before, after = runs.space.decode(runs.histories[3].X), wide.decode(histories[3].X)
    assert [c.hyperparameters["x"] for c in before] == pytest.approx(
        [c.hyperparameters["x"] for c in after]
    )


def test_one_known_task_is_enough(tmp_path: Path) -> None:
    kb = _store(tmp_path / "kb.duckdb", shared=True, n_tasks=1)
    warm = metalearn.warm_start(_target(), space="planted", k=3, kb=kb)
    assert len(warm.configurations) == 3
    assert warm.weights.tolist() == [1.0]


def test_what_is_missing_is_said_with_what_is_there(kb: Path) -> None:
    with pytest.raises(NotEnoughMetaDataError, match="no runs of 'svc'; it has runs of planted"):
        metalearn.warm_start(_target(), space="svc", kb=kb)
    with pytest.raises(NotEnoughMetaDataError, match="no run of 'planted' on another"):
        metalearn.warm_start(
            _target(), space="planted", kb=kb, exclude=[f"t{t:02d}" for t in range(16)]
        )
    with pytest.raises(UsageError, match="metric for regression"):
        metalearn.warm_start(_target(), space="planted", kb=kb, metric="r2")
    with pytest.raises(UsageError, match="at least 0"):
        metalearn.warm_start(_target(), space="planted", kb=kb, k=-1)


def test_an_algorithm_for_the_other_kind_of_task_is_refused() -> None:
    described = Description(Task("x", "x", "regression", 50, 5), MetaFeatures({}, {}, {}))
    with pytest.raises(UsageError, match="'svc' does not do regression"):
        metalearn.warm_start(described, space="svc", kb=BUNDLED)


@pytest.mark.parametrize("algorithm", ["svc", "naive_bayes"])
def test_the_bundled_data_warm_starts_a_table(algorithm: str, rng: np.random.Generator) -> None:
    frame = pd.DataFrame(rng.normal(size=(80, 4)), columns=list("abcd"))
    frame["y"] = np.where(frame["a"] + frame["b"] > 0, "yes", "no")
    with open_store(BUNDLED) as store:
        warm = warm_start_for(as_table(frame, "y"), store, algorithm, WarmStartRequest(k=4))
    assert warm.configurations
    assert {c.algorithm for c in warm.configurations} == {algorithm}
    warm.space.encode(warm.configurations)
    assert len(warm.sources) > 90


def test_an_algorithm_without_a_task_under_the_metric_has_no_runs():
    with open_store(BUNDLED) as store:  # svc gives no probabilities
        found = stored_runs(store, "svc", "classification", metric="log_loss")
    assert found.histories == ()
