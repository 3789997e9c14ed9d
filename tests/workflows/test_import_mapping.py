"""The report of an import says which algorithms are ours, and the store keeps their names."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from metalearn.cli import main
from metalearn.store import open_store
from metalearn.workflows.import_published import import_published

COLUMNS = [
    {"algorithm": "KNN", "hyperparameters": {"n_neighbors": 1, "p": 1}},
    {"algorithm": "KNN", "hyperparameters": {"n_neighbors": 5, "p": 2}},
    {"algorithm": "Logit", "hyperparameters": {"C": 1, "penalty": "l1", "solver": "saga"}},
    {"algorithm": "Logit", "hyperparameters": {"C": 1, "penalty": "l2", "solver": "saga"}},
    {"algorithm": "GBT", "hyperparameters": {"max_depth": 3}},
]


@pytest.fixture
def matrix(tmp_path: Path) -> Path:
    path = tmp_path / "error_matrix.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", *map(str, COLUMNS)])
        for task in range(3, 9):
            writer.writerow([task, *(f"{0.1 + (task * j) % 7 / 20:.3f}" for j in range(5))])
    return path


def test_an_import_counts_what_is_ours_and_keeps_the_names(matrix: Path, tmp_path: Path) -> None:
    kb = tmp_path / "kb.duckdb"
    report = import_published("oboe", matrix, kb)
    assert report.to_json()["mapping"] == {
        "algorithms": {"KNN": "k_nearest_neighbors", "Logit": "logistic_regression"},
        "own_names": ["GBT"],
        "configurations": 5,
        "exact": 3,
        "reasons": {"Logit: penalty is not 'l2'": 1},
    }
    assert report.notes == (
        "mapped 2 of 3 algorithms: KNN is k_nearest_neighbors, Logit is logistic_regression; "
        "their own names keep GBT",
        "3 of 5 configurations are exactly ours; of the others: Logit: penalty is not 'l2' (1)",
    )
    with open_store(kb) as store:
        assert store.libraries() == {"GBT": "oboe", "KNN": "oboe", "Logit": "oboe"}
        names = {c.algorithm for c in store.meta_dataset("balanced_error_rate").configurations}
    assert names == {"GBT", "KNN", "Logit"}


def test_importance_finds_imported_runs_by_our_name(
    matrix: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kb = str(tmp_path / "kb.duckdb")
    assert main(["import", "oboe", str(matrix), "--kb", kb, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mapping"]["exact"] == 3
    shares = []
    for name in ("Logit", "logistic_regression"):
        assert main(["importance", name, "--kb", kb, "--json", "--trees", "2"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["algorithm"] == name
        shares.append([task["share"] for task in document["tasks"]])
    assert shares[0] == shares[1]


def test_a_set_without_a_table_of_names_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("task,algorithm,hp_C,metric,value\na,RF,1.0,accuracy,0.5\n")
    report = import_published("long-csv", path, tmp_path / "kb.duckdb")
    assert report.notes == ()
    assert report.mapping.learners == {}
