"""A Parquet file is the CSV table with the same cells."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metalearn.errors import InputError
from metalearn.harvesters import chunks
from metalearn.harvesters.long_csv import read
from tests.harvesters.published import load

CELLS = {
    "task": ["t", "u", None, "t", "t", "v", "t", "t", "t", "t"],
    "algorithm": ["svc"] * 9 + [None],
    "hp_C": [1.0, 0.5, 1.0, None, float("inf"), 2.0, 1.0, 4.0, 5.0, 6.0],
    "hp_n": [1, 2, 3, None, 5, 2**60, 1, 8, 9, 10],
    "hp_bootstrap": [True, False, None, True, True, True, True, False, True, True],
    "metric": ["accuracy"] * 7 + ["fun", "accuracy", "accuracy"],
    "value": [0.5, 0.25, 0.5, float("nan"), 0.5, float("inf"), 0.75, 0.5, 99.0, None],
    "fold": [0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    "status": ["ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "timeout"],
}


def parquet(folder: Path, cells: dict[str, list[object]], **options: object) -> Path:
    path = folder / "runs.parquet"
    pq.write_table(pa.table(cells), path, **options)
    return path


def test_it_is_read_like_the_csv_file_of_its_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tmp_path / "runs.csv"
    texts = {
        name: ["" if cell is None else str(cell) for cell in column]
        for name, column in CELLS.items()
    }
    pd.DataFrame(texts).to_csv(plain, index=False)
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 3)
    expected, got = load(read(plain)), load(read(parquet(tmp_path, CELLS, row_group_size=4)))
    for table, rows in expected.tables.items():
        pd.testing.assert_frame_equal(got.tables[table], rows)
    assert sum(expected.rejected.values()) == 7
    lines_to_rows = {f"line {n + 1}": f"row {n}" for n in range(1, len(CELLS["task"]) + 1)}
    assert got.rejected == {
        _with(reason, lines_to_rows): n for reason, n in expected.rejected.items()
    }


def _with(text: str, words: dict[str, str]) -> str:
    for old, new in words.items():
        text = text.replace(f"{old})", f"{new})")
    return text


def test_floats_stay_floats_and_texts_may_be_dictionaries(tmp_path: Path) -> None:
    cells = {
        "task": pa.array(["t", "t"]).dictionary_encode(),
        "hp_C": pa.array([1.0, 2.0]),
        "metric": ["auc", "auc"],
        "value": pa.array([0.5, 0.25], pa.float32()),
    }
    texts = load(read(parquet(tmp_path, cells))).tables["configurations"]["hyperparameters"]
    assert list(texts) == ['{"C":1.0}', '{"C":2.0}']


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    base = {"task": ["t"], "metric": ["auc"], "value": [0.5]}
    with pytest.raises(InputError, match="'configuration' holds struct"):
        list(read(parquet(tmp_path, {**base, "configuration": [{"C": 1}]})))
    with pytest.raises(InputError, match=r"runs\.parquet: columns missing: value"):
        list(read(parquet(tmp_path, {"task": ["t"], "metric": ["auc"], "hp_C": [1]})))
    path = parquet(tmp_path, {**base, "hp_C": [1]})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="not a readable Parquet file"):
        list(read(path))
