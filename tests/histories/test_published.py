"""Published names of our learners: every axis is said, and no value changes."""

from __future__ import annotations

import ast
import csv
import gzip
import io
from pathlib import Path

import pytest

from metalearn.histories.algorithm_runs import exactly_ours
from metalearn.histories.published import (
    TABLES,
    Fixed,
    Ignored,
    Only,
    Published,
    Same,
    Unstated,
    published,
)
from metalearn.learners import CATALOGUE

ENTRIES = [entry for entries in TABLES.values() for entry in entries]


def space_of(entry: Published):
    return CATALOGUE.get(entry.algorithm).space("classification")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_each_axis_of_the_learner_is_said_once(entry):
    ours = [line.ours for line in entry.lines if isinstance(line, (Fixed, Unstated))]
    ours += [line.our_name for line in entry.lines if isinstance(line, Same)]
    theirs = [line.theirs for line in entry.lines if isinstance(line, (Same, Only, Ignored))]
    axes = set(space_of(entry).names)
    assert len(theirs) == len(set(theirs))
    assert sorted(ours) == sorted(axes)
    types = {"integer": int, "float": float, "category": str | bool}
    for name, value in entry.fixed.items():
        axis = space_of(entry).axes[space_of(entry).names.index(name)]
        assert isinstance(value, types[axis.kind])


def oboe_headers(folder: Path) -> list[dict[str, object]]:
    text = gzip.decompress((folder / "error_matrix.csv.gz").read_bytes()).decode()
    header = next(csv.reader(io.StringIO(text)))
    return [ast.literal_eval(cell) for cell in header if cell.startswith("{")]


def test_no_value_of_oboe_changes_and_nothing_is_lost(shared_data):
    counts = {}
    for header in oboe_headers(shared_data / "metadatasets" / "oboe"):
        name, values = header["algorithm"], header["hyperparameters"]
        entry = published("oboe", name, values)
        if entry is None:
            assert name in ("GBT", "Perceptron")
            continue
        renamed = entry.renamed(values)
        assert list(renamed.values()) == list(values.values())
        assert list(map(type, renamed.values())) == list(map(type, values.values()))
        (exact,) = exactly_ours(entry, space_of(entry), [values])
        assert isinstance(exact, str) or exact.items() <= (renamed | entry.fixed).items()
        counts[name] = counts.get(name, 0) + (not isinstance(exact, str))
    assert counts == {"AB": 10, "DT": 1, "ExtraTrees": 0, "RF": 0, "GNB": 1, "KNN": 16,
                      "Logit": 16, "MLP": 6, "kSVM": 0, "lSVM": 9}  # fmt: skip


FOREST = {
    "columntransformer__numeric__imputer__strategy": "mean",
    "randomforestclassifier__bootstrap": True,
    "randomforestclassifier__criterion": "gini",
    "randomforestclassifier__max_depth": None,
    "randomforestclassifier__max_features": 0.4,
    "randomforestclassifier__min_samples_leaf": 3,
    "randomforestclassifier__min_samples_split": 5,
    "randomforestclassifier__n_estimators": 100,
}


def exact_forest(**changes):
    entry = published("openml", "openml-flow-6969", FOREST)
    assert entry is not None
    values = FOREST | {f"randomforestclassifier__{name}": v for name, v in changes.items()}
    return exactly_ours(entry, space_of(entry), [values])[0]


def test_a_flow_is_found_by_the_step_of_its_learner():
    entry = published("openml", "openml-flow-6969", FOREST)
    assert entry is not None
    assert entry.algorithm == "random_forest"
    renamed = entry.renamed(FOREST)
    assert list(renamed.values()) == list(FOREST.values())
    assert "columntransformer__numeric__imputer__strategy" in renamed
    assert renamed["max_features"] == 0.4
    assert published("openml", "openml-flow-1", ["j48__C"]) is None
    assert published("long-csv", "RF", ["criterion"]) is None  # another set's RF may be another


def test_only_what_means_the_same_is_on_our_axes():
    assert exact_forest() == {
        "bootstrap": True, "class_weight": "none", "criterion": "gini", "max_features": 0.4,
        "min_samples_leaf": 3, "min_samples_split": 5, "n_estimators": 100,
    }  # fmt: skip
    assert exact_forest(n_estimators=5000)["n_estimators"] == 5000  # outside the bounds
    assert exact_forest(min_samples_split=0.1) == "min_samples_split is a whole number here"
    assert exact_forest(criterion="log_loss") == "criterion is one of gini, entropy here"
    assert exact_forest(max_features=1).endswith("max_features is a count, not a share")
    assert exact_forest(max_depth=3) == "randomforestclassifier__max_depth is not None"
    assert "no hyperparameter of ours" in exact_forest(max_samples=0.5)
    entry = published("openml", "f", FOREST)
    short = {k: v for k, v in FOREST.items() if not k.endswith("max_features")}
    assert exactly_ours(entry, space_of(entry), [short]) == ["max_features has no value"]


def test_an_inactive_axis_needs_no_value_and_shows_none():
    values = {"svc__C": 1.0, "svc__kernel": "rbf", "svc__gamma": 0.1, "svc__coef0": 0.5,
              "svc__tol": 1e-3}  # fmt: skip
    entry = published("openml", "openml-flow-7707", values)
    poly = values | {"svc__kernel": "poly"}
    rbf, no_degree = exactly_ours(entry, space_of(entry), [values, poly])
    assert rbf == {"C": 1.0, "kernel": "rbf", "gamma": 0.1, "class_weight": "none"}
    assert no_degree == "degree has no value"
