"""Reading: the meta-dataset, frames, SQL that cannot write, and where stores lie."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ConfigurationSpace

import metalearn
from metalearn.core.records import Batch, Source
from metalearn.core.space import Space
from metalearn.errors import InputError, UnknownNameError, UsageError
from metalearn.store import Store, bundled_store, default_store, open_store, user_store, writing
from tests.store.worlds import batch, configurations, evaluation, frame

T = [f"table:t{i:04d}" for i in range(4)]
C = [c.key for c in configurations(3)]


def failed(task: str, configuration: str, fold: int) -> tuple[object, ...]:
    return evaluation(task, configuration, fold=fold, value=None, status="timeout", reason="20 s")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("store") / "kb.duckdb"
    space = Space("svc", ConfigurationSpace({"C": (0.5, 4.0)}))
    base = batch()
    tasks = base.tasks.assign(
        family=["", "heart", "", "heart"], kind=["classification"] * 3 + ["regression"]
    )
    rows = [
        *(evaluation(T[0], C[0], fold=f, value=v) for f, v in enumerate((0.5, 0.75))),
        evaluation(T[0], C[0], fold=-1, value=0.1),  # superseded by the folds
        evaluation(T[0], C[1], fold=-1, value=0.25, fit_s=None),
        evaluation(T[1], C[0], fold=0, value=0.5),
        failed(T[1], C[0], 1),
        *(evaluation(T[1], C[1], seed=s, value=v) for s, v in enumerate((0.1, 0.2, 0.9))),
        failed(T[2], C[2], 0),
        evaluation(T[2], C[1], fidelity=0.5, value=0.9),  # not at full fidelity
        evaluation(T[3], C[2], metric="log_loss", value=2.0),
    ]
    features = [
        (T[0], "entropy", "own 9", 1.0, None),
        (T[0], "entropy", "own 10", 2.0, None),
        (T[1], "entropy", "own 10", None, "too large"),
        (T[0], "skew", "own 10", 3.0, None),
        (T[1], "skew", "own 9", 4.0, None),  # not renewed yet
        (T[0], "hopeless", "own 10", None, "constant"),
    ]
    given = replace(
        base, tasks=tasks, evaluations=frame("evaluations", rows),
        meta_features=frame("meta_features", features),
        algorithms=frame("algorithms", [("svc", "scikit-learn", "1.9", space.to_json()),
                                        ("bare", None, None, None)]),
    )  # fmt: skip
    other = Batch(
        Source("elsewhere", time="2026-02-02"),
        evaluations=frame("evaluations", [evaluation(T[1], C[1], value=0.4)]),
    )
    with writing(path) as writer:
        writer.load(given)
        writer.load(other)
    with open_store(path) as opened:
        yield opened


def test_cells_are_means_over_folds_and_medians_over_repetitions(store: Store) -> None:
    meta = store.meta_dataset("accuracy")
    assert [task.key for task in meta.tasks] == T[:3]
    assert [c.key for c in meta.configurations] == C
    nan = np.nan
    np.testing.assert_allclose(
        meta.losses,
        [[1 - 0.625, 0.75, nan], [nan, 1 - 0.3, nan], [nan, nan, nan]],
        atol=1e-12,
    )
    assert meta.failed.tolist() == [[False] * 3, [True, False, False], [False, False, True]]
    np.testing.assert_allclose(meta.runtimes_s[0], [0.75, nan, nan])
    assert meta.snapshot == store.snapshot
    assert len(set(meta.groups.tolist())) == 3


def test_meta_features_are_those_of_the_latest_version_of_each_task(store: Store) -> None:
    meta = store.meta_dataset("accuracy")
    assert meta.meta_feature_names == ("entropy", "skew")
    np.testing.assert_array_equal(
        meta.meta_features, [[2.0, 3.0], [np.nan, 4.0], [np.nan, np.nan]]
    )


def test_filters(store: Store) -> None:
    assert store.meta_dataset("accuracy", tasks=[T[1]]).losses.shape == (1, 2)
    assert store.meta_dataset("log_loss", kind="regression").n_tasks == 1
    assert store.meta_dataset("log_loss", kind="classification").n_tasks == 0
    assert store.meta_dataset("accuracy", algorithms=["svc"]).n_configurations == 3
    with pytest.raises(UnknownNameError, match="unknown algorithm 'bayes'"):
        store.meta_dataset("accuracy", algorithms=["bayes"])
    with pytest.raises(UnknownNameError, match="unknown task"):
        store.meta_dataset("accuracy", tasks=["nowhere"])
    with pytest.raises(UnknownNameError, match="accuracy, log_loss"):
        store.meta_dataset("beauty")
    with pytest.raises(UsageError):
        store.meta_dataset("accuracy", kind="clustering")


def test_evaluations_as_a_table(store: Store) -> None:
    frame = store.evaluations("accuracy", algorithm="svc")
    assert list(frame.columns) == [
        "task", "configuration", "algorithm", "hyperparameters", "value", "status", "runtime_s",
    ]  # fmt: skip
    assert frame["status"].tolist() == ["ok", "ok", "timeout", "ok", "timeout"]
    assert json.loads(frame["hyperparameters"][0]) == {"C": 1.0, "kernel": "rbf"}
    values = frame["value"].to_numpy()
    np.testing.assert_allclose(values, [0.625, 0.25, np.nan, 0.3, np.nan])


def test_spaces(store: Store) -> None:
    space = store.space("svc")
    assert space is not None
    assert space.names == ("C",)
    assert store.space("bare") is None
    with pytest.raises(UnknownNameError):
        store.space("unheard")


def test_sql_reads_and_cannot_write(store: Store, tmp_path: Path) -> None:
    answer = store.sql("SELECT task, value FROM evaluation WHERE metric = 'log_loss'")
    assert answer.to_dict("list") == {"task": [T[3]], "value": [2.0]}
    assert "evaluation" in store.sql("SHOW TABLES")["name"].tolist()
    out = tmp_path / "out.csv"
    for text in (
        "DROP TABLE task", "DELETE FROM task", "INSERT INTO dataset VALUES ('x', 0)",
        f"COPY task TO '{out}'", "SELECT 1; SELECT 2", "", "ATTACH 'x.db'", "SELECT * FROM nix",
        "SET enable_external_access = true", f"SELECT * FROM '{__file__}'", "SELEKT",
    ):  # fmt: skip
        with pytest.raises(InputError, match=r"SHOW TABLES|only reads"):
            store.sql(text)
    assert not out.exists()
    assert store.sql_rows("SELECT 1 AS one, NULL AS none") == (("one", "none"), [(1, None)])


def test_info_and_frames(store: Store) -> None:
    info = store.info()
    assert (info.rows["evaluation"], info.n_failed) == (13, 2)
    assert info.metrics == {"accuracy": 12, "log_loss": 1}
    assert info.sources == {"collect": 12, "elsewhere": 1}
    assert store.tasks()["family"].tolist() == ["", "heart", "", "heart"]
    assert len(store.meta_features(T[0])) == 4
    assert len(store.meta_features()) == 6
    assert isinstance(store.meta_features(), pd.DataFrame)
    assert store.snapshot[:12] in repr(store)


def test_where_a_store_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("METALEARN_KB", raising=False)
    own = user_store()
    assert own == tmp_path / "metalearn" / "metalearn.duckdb"
    with contextlib.suppress(InputError):  # a checkout without the bundled data
        assert default_store() == bundled_store()
    with writing(own) as writer:
        writer.load(batch(n_tasks=1))
    assert default_store() == own
    monkeypatch.setenv("METALEARN_KB", str(store.path))
    with metalearn.open() as opened:
        assert opened.snapshot == store.snapshot


def test_the_database_draws_no_progress_bars(store: Store) -> None:
    setting = "SELECT current_setting('enable_progress_bar') AS is_on"
    assert store.sql_rows(setting) == (("is_on",), [(False,)])


@pytest.mark.parametrize("address", ["s3://bucket/lake/", "https://example.org/kb.duckdb"])
def test_an_address_is_not_opened(address: str) -> None:
    with pytest.raises(InputError, match=rf"{address.rstrip('/')} is an address; .* Copy it here"):
        open_store(address)
