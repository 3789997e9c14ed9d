"""auto-sklearn's files: losses become scores, inactive hyperparameters are left out."""

from __future__ import annotations

import json
from pathlib import Path

import arff
import numpy as np
import pandas as pd
import pytest

from metalearn.core.metric import metric_named
from metalearn.errors import InputError
from metalearn.harvesters.auto_sklearn import read
from tests.harvesters.published import load

RUNS = """@RELATION runs
@ATTRIBUTE instance_id STRING
@ATTRIBUTE repetition NUMERIC
@ATTRIBUTE algorithm STRING
@ATTRIBUTE {metric} NUMERIC
@ATTRIBUTE runstatus {{ok, timeout, memout, not_applicable, crash, other}}
@DATA
"""
CONFIGURATIONS = """idx,classifier:__choice__,classifier:svc:C,classifier:svc:gamma,x
1,svc,0.5,,None
2,nb,,,True
"""


def folder_of(top: Path, metric: str, rows: str, configurations: str = CONFIGURATIONS) -> Path:
    (top / "algorithm_runs.arff").write_text(RUNS.format(metric=metric) + rows)
    (top / "configurations.csv").write_text(configurations)
    return top


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_the_shared_set_equals_the_raw_runs(shared_data: Path, kind: str) -> None:
    top = shared_data / "metadatasets" / "auto-sklearn" / kind
    loaded = load(read(top))
    got = loaded.tables["evaluations"]
    n = 0
    for folder in sorted(p for p in top.iterdir() if p.is_dir()):
        reference = arff.loads((folder / "algorithm_runs.arff").read_text())
        raw = pd.DataFrame(reference["data"], columns=[a for a, _ in reference["attributes"]])
        raw = raw[raw["runstatus"] == "ok"]
        metric = metric_named(folder.name)
        mine = got[got["metric"] == metric.name]
        losses = metric.loss(mine["value"].to_numpy())
        np.testing.assert_allclose(losses, raw[folder.name], rtol=0, atol=1e-12)
        assert list(mine["task"]) == [f"auto-sklearn:{kind}:{x}" for x in raw["instance_id"]]
        n += len(raw)
    assert len(got) == n
    assert set(loaded.tables["tasks"]["kind"]) == {kind}
    assert not loaded.tables["tasks"]["task"].duplicated().any()
    assert sum(loaded.rejected.values()) == (80 if kind == "classification" else 0)
    assert loaded.tables["meta_features"]["name"].nunique() == (
        37 if kind == "classification" else 31
    )


def test_cells_are_typed_and_empty_ones_inactive(tmp_path: Path) -> None:
    loaded = load(read(folder_of(tmp_path, "accuracy", "d,1.0,1,0.25,ok\ne,1.0,2,0.5,ok\n")))
    first, second = (json.loads(t) for t in loaded.tables["configurations"]["hyperparameters"])
    assert first == {"classifier:__choice__": "svc", "classifier:svc:C": 0.5, "x": None}
    assert second == {"classifier:__choice__": "nb", "x": True}
    assert list(loaded.tables["evaluations"]["value"]) == [0.75, 0.5]
    assert list(loaded.tables["configurations"]["algorithm"]) == [
        "auto-sklearn:svc", "auto-sklearn:nb",
    ]  # fmt: skip


def test_rows_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    rows = "d,1.0,1,0.25,ok\nd,1.0,9,0.5,ok\ne,1.0,2,?,not_applicable\nf,1.0,2,1.5,ok\n"
    rows += "g,1.0,2,?,timeout\n"
    loaded = load(read(folder_of(tmp_path, "roc_auc", rows)))
    assert list(loaded.tables["evaluations"]["status"]) == ["ok", "timeout"]
    assert {reason.split(" (")[0] for reason in loaded.rejected} == {
        "configuration is not described", "roc_auc does not apply to the task",
        "roc_auc is outside its range",
    }  # fmt: skip


def test_missing_and_damaged_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found none"):
        list(read(tmp_path))
    folder_of(tmp_path, "niceness", "d,1.0,1,0.25,ok\n")
    with pytest.raises(InputError, match="niceness"):
        list(read(tmp_path))
    folder_of(tmp_path, "accuracy", "d,1.0,1,0.25,ok\n", CONFIGURATIONS + "3,nb\n")
    with pytest.raises(InputError, match="'3'"):
        list(read(tmp_path))
    folder_of(tmp_path, "accuracy", "d,1.0,1,0.25,ok\n", "number,C\n1,2\n")
    with pytest.raises(InputError, match="idx"):
        list(read(tmp_path))
    (tmp_path / "configurations.csv").unlink()
    with pytest.raises(InputError, match=r"configurations\.csv"):
        list(read(tmp_path))


def test_files_under_other_names(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "metadatasets" / "auto-sklearn" / "regression" / "r2"
    for old, new in (("algorithm_runs.arff", "best.arff"), ("configurations.csv.gz", "c.csv.gz")):
        (tmp_path / new).write_bytes((source / old).read_bytes())
    values = [len(batch.evaluations) for batch in read(tmp_path)]
    assert sum(values) == sum(len(batch.evaluations) for batch in read(source))
    assert sum(values) > 0
