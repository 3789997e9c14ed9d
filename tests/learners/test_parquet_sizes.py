"""Small Parquet files that hold huge tables are refused before they are unpacked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metalearn.errors import InputError
from metalearn.learners import table_files
from metalearn.learners.table_files import load_frame

_MOST = 20_000_000  # bytes, in place of 4 GB
_ROWS = 50_000


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_files, "_MAX_BYTES", _MOST)


def _text_of(n: int) -> pa.Array:
    return pa.array(["a" * n] * _ROWS)


_BOMBS: dict[str, Callable[[], pa.Array]] = {
    "zeros": lambda: pa.array(np.zeros(10 * _ROWS * 10)),
    "one long text": lambda: _text_of(1_000),  # 50 MB spelled out
    "bytes": lambda: _text_of(1_000).cast(pa.binary()),
    "large texts": lambda: _text_of(1_000).cast(pa.large_string()),
    "bytes of one length": lambda: pa.array([b"a" * 1_000] * _ROWS, pa.binary(1_000)),
    "lists": lambda: pa.array([[0.0] * 100] * _ROWS),
    "lists of texts": lambda: pa.array([["a" * 1_000] * 3] * 5_000),
}


@pytest.mark.parametrize("name", _BOMBS)
def test_small_files_of_huge_tables_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    column = _BOMBS[name]()
    pq.write_table(pa.table({"x": column, "y": column}), path, compression="zstd")
    assert path.stat().st_size < 1_000_000
    with pytest.raises(InputError, match=r"too much for one table|lists of texts"):
        load_frame(path)


def test_columns_come_back_as_they_were_written(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "text": ["a", None, "b"] * 10,
            "level": pd.Categorical(["u", "v", None] * 10),
            "number": [0.5, np.nan, 2.0] * 10,
            "whole": range(30),
            "truth": [True, False, True] * 10,
            "day": pd.date_range("2026-01-01", periods=30),
        }
    )
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=7)
    pd.testing.assert_frame_equal(
        load_frame(tmp_path / "t.parquet"), pd.read_parquet(tmp_path / "t.parquet")
    )


def test_a_link_is_followed_to_a_file_and_to_nothing_else(tmp_path: Path) -> None:
    pd.DataFrame({"x": [1, 2], "y": [3, 4]}).to_parquet(tmp_path / "t.parquet")
    (tmp_path / "good.parquet").symlink_to(tmp_path / "t.parquet")
    assert len(load_frame(tmp_path / "good.parquet")) == 2
    (tmp_path / "device.parquet").symlink_to("/dev/zero")
    (tmp_path / "lost.parquet").symlink_to(tmp_path / "absent")
    for name, reason in (("device.parquet", "pipe or device"), ("lost.parquet", "no file")):
        with pytest.raises(InputError, match=reason):
            load_frame(tmp_path / name)
