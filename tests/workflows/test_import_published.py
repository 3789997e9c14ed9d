"""Importing through the store: twice is once, what comes back is the raw file, all or nothing."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metalearn.core.records import Batch
from metalearn.core.space import Space
from metalearn.errors import InputError, UnknownNameError, UsageError
from metalearn.harvesters import FORMATS, Options
from metalearn.harvesters.aslib import read as read_aslib
from metalearn.harvesters.files import lines
from metalearn.store import open_store
from metalearn.workflows.import_published import import_published

SLOW = ("auto-sklearn", "oboe", "tst", "yahpo")  # sets of many rows
SETS = {
    "oboe": "oboe",
    "tst": "tst-svm",
    "aslib": "aslib-openml-weka-2017",
    "auto-sklearn": "auto-sklearn/regression",
    "yahpo": "yahpo/iaml_glmnet",
}


def test_every_format_has_a_reader() -> None:
    for name in FORMATS.names():
        assert callable(FORMATS.get(name))
    with pytest.raises(UnknownNameError, match="long-csv"):
        import_published("fax", Path("x"), Path("y"))


@pytest.fixture
def first_runs(shared_data: Path, tmp_path: Path) -> Path:
    """The first ten tasks of the random forest's runs, beside a copy of the qualities."""
    source = shared_data / "metadatasets" / "pimp-rf" / "random_forest.arff.gz"
    head = [line for i, line in enumerate(lines(source)) if i < 5017]
    (tmp_path / "set").mkdir()
    path = tmp_path / "set" / "runs.arff"
    path.write_text("".join(head))
    shutil.copy(shared_data / "metadatasets/pimp-published/task_qualities.json.gz", path.parent)
    return path


@pytest.mark.parametrize(
    "format_name",
    [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in SETS],
)
def test_a_second_import_changes_nothing(
    shared_data: Path, tmp_path: Path, format_name: str
) -> None:
    if format_name == "yahpo":
        pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
    options = Options(n_configurations=5) if format_name == "yahpo" else Options()
    path, kb = shared_data / "metadatasets" / SETS[format_name], tmp_path / "kb.duckdb"
    first = import_published(format_name, path, kb, options)
    with open_store(kb) as store:
        snapshot = store.snapshot
        assert store.verify() == []
    second = import_published(format_name, path, kb, options)
    with open_store(kb) as store:
        assert store.snapshot == snapshot
    for table in ("tasks", "algorithms", "configurations", "metrics", "evaluations",
                  "meta_features"):  # fmt: skip
        n = first.counts(table)["new"]
        assert first.counts(table)["changed"] == 0
        assert second.counts(table)["unchanged"] >= n
        assert second.counts(table)["new"] == second.counts(table)["changed"] == 0
    assert first.counts("evaluations")["new"] > 0
    assert first.load.rejected == second.load.rejected


def test_oboe_comes_back_as_it_was_published(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "metadatasets" / "oboe"
    import_published("oboe", folder, tmp_path / "kb.duckdb")
    with open_store(tmp_path / "kb.duckdb") as store:
        meta = store.meta_dataset("balanced_error_rate")
    raw = pd.read_csv(folder / "error_matrix.csv.gz", index_col=0)
    seconds = pd.read_csv(folder / "runtime_matrix.csv.gz", index_col=0)
    np.testing.assert_array_equal(meta.losses, raw.to_numpy())
    np.testing.assert_allclose(meta.runtimes_s, seconds.to_numpy(), rtol=1e-6, atol=6e-5)
    assert [task.name for task in meta.tasks] == [f"openml:{id_}" for id_ in raw.index]
    assert len(set(meta.groups)) == 418
    assert len(meta.meta_feature_names) == 48


@pytest.mark.slow
def test_tst_comes_back_as_it_was_published(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "metadatasets" / "tst-svm"
    import_published("tst", folder, tmp_path / "kb.duckdb")
    with open_store(tmp_path / "kb.duckdb") as store:
        meta = store.meta_dataset("accuracy")
    for task, losses in zip(meta.tasks, meta.losses, strict=True):
        raw = np.loadtxt(folder / f"{task.name}.gz")
        np.testing.assert_array_equal(losses, 1 - raw[:, 0])
    assert meta.meta_features.shape == (50, 22)


def test_aslib_comes_back_as_it_was_published(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "metadatasets" / "aslib-openml-weka-2017"
    import_published("aslib", folder, tmp_path / "kb.duckdb")
    with open_store(tmp_path / "kb.duckdb") as store:
        meta = store.meta_dataset("predictive_accuracy")
    text = (folder / "algorithm_runs.arff").read_text().split("@DATA\n")[1]
    names = ["instance", "repetition", "algorithm", "accuracy", "status"]
    raw = pd.DataFrame([t.split(",") for t in text.split("\n") if "," in t], columns=names)
    wide = raw.astype({"accuracy": float}).pivot(
        index="instance", columns="algorithm", values="accuracy"
    )
    expected = wide.loc[
        [task.name for task in meta.tasks], [c.algorithm for c in meta.configurations]
    ]
    np.testing.assert_array_equal(meta.losses, 1 - expected.to_numpy())
    assert [task.name for task in meta.tasks] == list(dict.fromkeys(raw["instance"]))


def test_runs_come_back_as_they_were_published(first_runs: Path, tmp_path: Path) -> None:
    kb = tmp_path / "kb.duckdb"
    first = import_published("arff-runs", first_runs, kb)
    second = import_published("arff-runs", first_runs, kb)
    assert first.counts("evaluations") == {"new": 5000, "changed": 0, "unchanged": 0}
    assert second.counts("evaluations") == {"new": 0, "changed": 0, "unchanged": 5000}
    with open_store(kb) as store:
        frame = store.evaluations("predictive_accuracy", algorithm="openml-flow-6969")
        space = store.space("openml-flow-6969")
        features = store.meta_features("arff-runs:00000003")
    assert isinstance(space, Space)
    assert len(features) == 119
    rows = [line.strip().split(",") for line in lines(first_runs)][16:]
    raw = sorted((int(row[-1]), float(row[-2])) for row in rows if len(row) == 12)
    mine = zip(frame["task"].str.split(":").str[1].astype(int), frame["value"], strict=True)
    assert sorted(mine) == raw


def test_sources_meet_in_one_store_and_stay_apart(tmp_path: Path) -> None:
    """Different procedures stay apart, but a data set is recognised as one family."""
    kb = tmp_path / "kb.duckdb"
    matrix = tmp_path / "errors.csv"
    matrix.write_text(",\"{'algorithm': 'DT', 'hyperparameters': {}}\"\n9,0.25\n3,0.5\n")
    import_published("oboe", matrix, kb)
    (tmp_path / "svm").mkdir()
    (tmp_path / "svm" / "vowel").write_text("0.5 1 7\n0.25 2 7\n")
    import_published("tst", tmp_path / "svm", kb)
    path = tmp_path / "runs.csv"
    rows = "mine,openml:3,x,error_rate,0.5\nvowel,,x,error_rate,0.5\n"
    path.write_text("task,dataset,algorithm,metric,value\n" + rows)
    import_published("long-csv", path, kb)
    with open_store(kb) as store:
        assert store.meta_dataset("balanced_error_rate").losses.tolist() == [[0.25], [0.5]]
        assert store.meta_dataset("accuracy").losses.tolist() == [[0.5, 0.75]]
        family = store.tasks().set_index("task")["family"]
        assert family["mine"] == family["oboe:00001:3"] == "openml:3"
        assert family["vowel"] == family["tst:vowel"] == "vowel"
        assert store.verify() == []


@pytest.mark.parametrize("is_new", [True, False])
def test_what_fails_late_leaves_the_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_data: Path, is_new: bool
) -> None:
    kb = tmp_path / "kb.duckdb"
    good = tmp_path / "good.csv"
    good.write_text("task,algorithm,metric,value\nt,a,auc,0.5\n")
    if not is_new:
        import_published("long-csv", good, kb)
        with open_store(kb) as store:
            before = store.snapshot

    def failing(path: Path, options: Options) -> Iterator[Batch]:
        yield from read_aslib(path, options)
        raise InputError("the disk was pulled out")

    monkeypatch.setattr("metalearn.harvesters.aslib.read", failing)
    with pytest.raises(InputError, match="pulled out"):
        import_published("aslib", shared_data / "metadatasets/aslib-openml-weka-2017", kb)
    if is_new:
        assert not kb.exists()
    else:
        with open_store(kb) as store:
            assert store.snapshot == before
    assert not [p for p in tmp_path.iterdir() if "writing" in p.name or "publishing" in p.name]


def test_a_set_that_cannot_be_read_makes_no_store(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv.gz"
    path.write_bytes(gzip.compress(b"task,algorithm,metric,value\n" * 9000)[:-12])
    with pytest.raises(InputError, match="cut off"):
        import_published("long-csv", path, tmp_path / "kb.duckdb")
    assert not (tmp_path / "kb.duckdb").exists()


def test_options_belong_to_a_format(tmp_path: Path) -> None:
    for options in (Options(n_configurations=3), Options(seed=1), Options(hyperparameters=("a",))):
        with pytest.raises(UsageError, match="has a meaning for"):
            import_published("oboe", tmp_path, tmp_path / "kb.duckdb", options)


def test_changed_content_is_reported_as_changed(tmp_path: Path) -> None:
    path, kb = tmp_path / "runs.csv", tmp_path / "kb.duckdb"
    path.write_text("task,algorithm,metric,value\nt,a,auc,0.5\nt,b,auc,0.25\n")
    import_published("long-csv", path, kb)
    path.write_text("task,algorithm,metric,value\nt,a,auc,0.75\nt,b,auc,0.25\nt,c,auc,0\n")
    report = import_published("long-csv", path, kb)
    assert report.counts("evaluations") == {"new": 1, "changed": 1, "unchanged": 1}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("format_name", "folder", "n"),
    [("arff-runs", "pimp-rf", 47_000), ("quantile-csv", "quantile-xgboost", 50_000),
     ("yahpo", "yahpo", 171_800)],
)  # fmt: skip
def test_large_sets_twice(
    shared_data: Path, tmp_path: Path, format_name: str, folder: str, n: int
) -> None:
    path = shared_data / "metadatasets" / folder
    first = import_published(format_name, path, tmp_path / "kb.duckdb")
    second = import_published(format_name, path, tmp_path / "kb.duckdb")
    assert first.counts("evaluations") == {"new": n, "changed": 0, "unchanged": 0}
    assert second.counts("evaluations") == {"new": 0, "changed": 0, "unchanged": n}
