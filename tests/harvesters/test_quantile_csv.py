"""Tables of the quantile paper: equal to the raw table; hostile variants."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metalearn.core.space import Space
from metalearn.errors import InputError, UsageError
from metalearn.harvesters.options import Options
from metalearn.harvesters.quantile_csv import read
from tests.harvesters.published import load

HEAD = "hp_eta,hp_log2_gamma,metric_error,blackbox,task\n"


@pytest.fixture
def some_rows(shared_data: Path, tmp_path: Path) -> tuple[Path, pd.DataFrame]:
    source = shared_data / "metadatasets" / "quantile-xgboost" / "XGBoost.csv.gz"
    text = pd.read_csv(source, nrows=6000, dtype=str)
    path = tmp_path / "renamed.csv"
    text.to_csv(path, index=False)
    return path, pd.read_csv(source, nrows=6000)


def test_rows_equal_the_raw_table(some_rows: tuple[Path, pd.DataFrame]) -> None:
    path, raw = some_rows
    loaded = load(read(path))
    got = loaded.tables["evaluations"]
    np.testing.assert_array_equal(got["value"], raw["metric_error"])
    assert [t.removeprefix("quantile-csv:") for t in got["task"]] == list(raw["task"])
    texts = loaded.tables["configurations"].set_index("configuration")["hyperparameters"]
    values = pd.DataFrame([json.loads(texts[key]) for key in got["configuration"]])
    for column in values:
        np.testing.assert_allclose(values[column], raw[f"hp_{column}"], rtol=1e-11)
    metric = loaded.tables["metrics"].iloc[0]
    assert (metric["metric"], metric["greater_is_better"]) == ("metric_error", False)
    space = Space.from_json("XGBoost", loaded.tables["algorithms"]["space"][0])
    axes = {axis.name: axis for axis in space.axes}
    assert (axes["max_depth_index"].kind, axes["max_depth_index"].upper) == ("integer", 12)
    assert not any(axis.log for axis in space.axes)


def test_a_zip_archive_is_read_as_it_was_published(tmp_path: Path) -> None:
    path = tmp_path / "X.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.csv", HEAD + "0.5,1,0.25,box,heart\n")
    assert list(load(read(tmp_path)).tables["evaluations"]["value"]) == [0.25]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("Y.csv", HEAD)
    with pytest.raises(InputError, match="one file"):
        list(read(path))


def test_rows_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEAD + "0.5,1,0.25,box,heart\n0.5,1,-1,box,heart\n,,0.5,box,\n0.5,1\n")
    loaded = load(read(path))
    assert list(loaded.tables["evaluations"]["value"]) == [0.25]
    assert sum(loaded.rejected.values()) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "an empty file"),
        (HEAD, "no rows"),
        (HEAD.replace(",", ";") + "0.5;1;0.25;box;heart\n", "semicolons"),
        ("a,b\n1,2\n", "expected columns hp_"),
        (HEAD.replace("error", "niceness") + "0.5,1,0.25,box,heart\n", "metric_niceness"),
    ],
)
def test_what_is_not_such_a_table_is_an_error(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=expected):
        list(read(path))


def test_meta_features_cannot_be_joined(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="meta-features"):
        list(read(tmp_path, Options(meta_features=tmp_path)))


SIDE = """hp_eta,metric_CRPS,metric_train_accuracy,metric_error,dataset
0.1,3,0.9,0.2,a
0.2,4,1,0.1,b
"""


def test_side_columns_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "any.name"
    path.write_text(SIDE)
    found = list(read(path))
    assert sorted(v for b in found for v in b.evaluations["value"]) == [0.1, 0.2]
    counted = {reason.split("'")[1]: n for b in found for reason, n in b.rejected.items()}
    assert counted == {"metric_CRPS": 2, "metric_train_accuracy": 2}


@pytest.mark.parametrize("score", ["metric_CRPS", "CRPS"])
def test_the_score_can_be_named(tmp_path: Path, score: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(SIDE)
    found = list(read(path, Options(score=score, direction="minimize")))
    metrics = pd.concat([batch.metrics for batch in found]).set_index("metric")
    assert not metrics.loc["metric_CRPS", "greater_is_better"]
    with pytest.raises(UsageError, match="--direction maximize or"):
        list(read(path, Options(score=score)))
    with pytest.raises(UsageError, match="no column 'x'"):
        list(read(path, Options(score="x")))


def test_the_error_is_the_line_to_type(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("hp_eta,metric_CRPS,dataset\n0.1,3,a\n0.2,2,a\n")
    line = "metalearn import quantile-csv t.csv --score metric_CRPS --direction minimize"
    with pytest.raises(InputError, match=line):
        list(read(path))
    path.write_text("hp_eta,metric_error,thing,note\n0.1,3,a,b\n")
    with pytest.raises(InputError, match="--task-column thing"):
        list(read(path))
    assert list(read(path, Options(task_column="thing")))
