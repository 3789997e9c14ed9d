"""Recommending from the bundled meta-dataset, and from a planted one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import metalearn
from metalearn.core.configuration import Configuration
from metalearn.core.records import COLUMNS, Batch, Source
from metalearn.errors import NotEnoughMetaDataError, UnknownNameError, UsageError
from metalearn.learners.common_list import common_list
from metalearn.store import open_store, writing
from metalearn.workflows.placed import recommend_placed
from metalearn.workflows.recommend.ask import RecommendRequest, recommend_for
from metalearn.workflows.tables.reading import checked_table

ROOT = Path(__file__).resolve().parents[3]
BUNDLED = ROOT / "data"


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    return pd.read_csv(ROOT / "examples" / "customers.csv").drop(columns="customer")


def frame(table: str, rows: list[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COLUMNS[table]))


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve tasks and six configurations: the first is best on long tables, the last on wide."""
    kb = tmp_path_factory.mktemp("planted") / "kb.duckdb"
    configurations = common_list("classification", 6)
    tasks, evaluations, features = [], [], []
    for t in range(12):
        is_long = t % 2 == 0
        key, size = f"t{t:02d}", (2000, 4) if is_long else (40, 60)
        tasks.append((key, key, "classification", key, "y", "{}", "", *size, 2))
        features.append((key, "nr_inst", "planted-1", float(size[0]), None))
        features.append((key, "nr_attr", "planted-1", float(size[1]), None))
        for j, c in enumerate(configurations):
            good = (j == 0) if is_long else (j == 5)
            status = "timeout" if j == 3 else "ok"
            value = None if j == 3 else 0.9 if good else 0.5 + 0.01 * j
            row = (key, c.key, "balanced_accuracy", 0, 1.0, 0, value, status)
            evaluations.append(
                (*row, None if value else "slow", 0.1 * (j + 1) * size[0] / 2000, 0.0)
            )
    batch = Batch(
        Source("collect"),
        tasks=frame("tasks", tasks),
        algorithms=frame(
            "algorithms", [(c.algorithm, "sklearn", "1", None) for c in configurations]
        ),
        configurations=frame(
            "configurations", [(c.key, c.algorithm, c.canonical) for c in configurations]
        ),
        metrics=frame("metrics", [("balanced_accuracy", True, 1.0, 0.0)]),
        evaluations=frame("evaluations", evaluations),
        meta_features=frame("meta_features", features),
    )
    with writing(kb) as writer:
        report = writer.load(batch)
    assert not report.rejected
    return kb


def table(n_rows: int, n_columns: int) -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(n_rows, n_columns)))
    return X, pd.Series(np.where(X[0] > 0, "u", "v"), name="y")


@pytest.mark.parametrize(("size", "best"), [((2500, 4), 0), ((50, 60), 5)])
def test_the_planted_best_comes_first(planted: Path, size: tuple[int, int], best: int) -> None:
    configurations = common_list("classification", 6)
    found = metalearn.recommend(*table(*size), k=3, kb=planted)
    assert found[0].configuration == configurations[best]
    assert found[0].evidence
    long = {f"t{t:02d}" for t in range(0, 12, 2)}
    assert {e.task for e in found[0].evidence} <= (
        long if best == 0 else set(map("t{:02d}".format, range(1, 12, 2)))
    )
    assert all(e.score == pytest.approx(0.9) for e in found[0].evidence)
    assert found[0].score_low <= found[0].expected_score <= found[0].score_high


def test_a_list_comes_with_the_place_of_the_table(planted: Path) -> None:
    request = RecommendRequest(k=3, exclude=("t00",))
    with open_store(planted) as store:
        found, near = recommend_placed(checked_table(*table(2500, 4)), store, request)
        alone = recommend_for(checked_table(*table(2500, 4)), store, request)
    assert [item.configuration for item in found] == [item.configuration for item in alone]
    assert near is not None
    assert "t00" not in {task.name for task in near.known}
    assert len(near.places) == 11 + 1
    assert {int(n.task.name[1:]) % 2 for n in near.neighbours[:3]} == {0}  # the long tables


def test_observations_change_the_list(planted: Path) -> None:
    X, y = table(2500, 4)
    first = metalearn.recommend(X, y, k=6, kb=planted)
    told = {first[0].configuration: 0.5, Configuration("svc", {"C": 3.0}): 0.9}
    after = metalearn.recommend(X, y, k=6, kb=planted, observed=told)
    assert first[0].configuration not in [item.configuration for item in after]
    assert any("C=3.0" in note for note in after.notes)


def test_what_always_timed_out_is_not_recommended(planted: Path) -> None:
    found = metalearn.recommend(*table(100, 5), k=10, kb=planted)
    timed_out = common_list("classification", 6)[3]
    assert timed_out not in [item.configuration for item in found]
    assert len(found) == 5
    assert any("5 configurations instead of 10" in note for note in found.notes)


def test_the_time_budget_holds(planted: Path) -> None:
    X, y = table(2000, 4)
    free = metalearn.recommend(X, y, k=5, kb=planted)
    total = sum(item.expected_seconds for item in free)
    tight = metalearn.recommend(X, y, k=5, kb=planted, time_budget_s=total / 2)
    assert sum(item.expected_seconds for item in tight) <= total / 2
    with pytest.raises(NotEnoughMetaDataError, match="raise --time-budget"):
        metalearn.recommend(X, y, kb=planted, time_budget_s=1e-6)


def test_filters(planted: Path) -> None:
    X, y = table(100, 5)
    only = metalearn.recommend(X, y, kb=planted, algorithms=["svc", "elastic_net"])
    assert {item.configuration.algorithm for item in only} <= {"svc", "elastic_net"}
    with pytest.raises(UnknownNameError, match="mystery"):
        metalearn.recommend(X, y, kb=planted, algorithms=["mystery"])
    with pytest.raises(UnknownNameError, match="recommender"):
        metalearn.recommend(X, y, kb=planted, recommender="mystery")
    with pytest.raises(UsageError, match="choose one of balanced_accuracy"):
        metalearn.recommend(X, y, kb=planted, metric="r2")
    with pytest.raises(NotEnoughMetaDataError):
        metalearn.recommend(X, y, kb=planted, exclude=[f"t{t:02d}" for t in range(12)])


def test_the_bundled_store_serves_a_messy_table(customers: pd.DataFrame) -> None:
    X, y = customers.drop(columns="churned"), customers["churned"]
    found = metalearn.recommend(X, y, k=3, kb=BUNDLED)
    assert [item.rank for item in found] == [1, 2, 3]
    document = json.loads(found.to_json())
    assert set(document) == {
        "task", "metric", "recommender", "snapshot", "dummy_score", "configurations",
    }  # fmt: skip
    assert document["dummy_score"] == 0.5
    assert document["metric"] == "balanced_accuracy"
    assert document["task"]["n_classes"] == 2
    with open_store(BUNDLED) as store:
        assert document["snapshot"] == store.snapshot
    entry = document["configurations"][0]
    assert set(entry) == {
        "rank", "algorithm", "hyperparameters", "expected_score", "score_low", "score_high",
        "expected_seconds", "evidence",
    }  # fmt: skip
    assert list(found.to_frame()["rank"]) == [1, 2, 3]
    best = found[0]
    assert 0 <= best.score_low <= best.expected_score <= best.score_high <= 1
    assert best.expected_seconds > 0
    model = best.build().fit(X, y)
    assert set(model.predict(X.head(20))) <= {"yes", "no"}


@pytest.mark.parametrize("metric", ["r2", "rmse", "mae"])
def test_regression_scores_are_on_the_scale_of_the_target(metric: str) -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(200, 3)))
    y = pd.Series(X[0] + 0.3 * X[1] ** 2 + 0.1 * rng.normal(size=200))
    small = metalearn.recommend(X, y, k=2, kb=BUNDLED, metric=metric)
    large = metalearn.recommend(X, 1000.0 * y, k=2, kb=BUNDLED, metric=metric)
    factor = 1.0 if metric == "r2" else 1000.0
    assert large[0].score_high == pytest.approx(factor * small[0].score_high, rel=0.3)
    if metric != "r2":
        assert 0.0 <= small[0].score_low < y.std()
