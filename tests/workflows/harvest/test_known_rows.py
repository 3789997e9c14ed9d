"""Cursors of the harvest that hold JSON of another shape are an error of the store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metalearn.errors import StoreError
from metalearn.store import Cursor, writing
from metalearn.workflows.harvest.known_rows import HARVESTER, KnownRows

_SOUND = {
    "runs/7/9": {"rows": {"1": [5, 2]}},
    "cell/f/7/9": {"rows": {"1": [5]}, "rejected": {"3": [6]}},
    "folds/f/7/9": {"rows": {"1": [5]}},
    "setups/7/0": {"12": "key", "13": {"c1": "key"}},
    "task/9": {"kind": "classification", "data": 3, "columns": None},
    "flow/7": {},
    "qualities/3": {"n": 2},
    "rotation/f": {"day": 3},
    "server": {"host": "www.openml.org"},
}
_WRONG = [[], {}, 3, None, "x", [[1]], {"rows": 3}, {"rows": {"x": [1]}}, {"rows": {"1": ["a"]}},
          {"rows": [1.5]}, {"x": "y"}, {"day": "x"}, {"host": 3}]  # fmt: skip


def _store(kb: Path, name: str, state: str) -> Path:
    with writing(kb) as writer:
        writer.put_cursors([Cursor(HARVESTER, name, state)])
    return kb


@pytest.mark.parametrize("name", _SOUND)
def test_sound_cursors_are_read(tmp_path: Path, name: str) -> None:
    KnownRows(_store(tmp_path / "kb.duckdb", name, json.dumps(_SOUND[name])))


@pytest.mark.parametrize(
    ("name", "state"),
    [
        *(("runs/7/9", state) for state in _WRONG[1:]),
        *(("setups/7/0", state) for state in ([], 3, None, {"x": "y"}, {"1": 3}, {"1": {"c": 1}})),
        *(("task/9", state) for state in (*_WRONG, {"kind": 1, "data": 3, "columns": None})),
        *(("rotation/f", state) for state in _WRONG),
        *(("server", state) for state in _WRONG),
        *((name, _SOUND["runs/7/9"]) for name in ("runs", "runs/a/b", "cell/f/7", "folds/f/x/y")),
        ("task/x", _SOUND["task/9"]),
        ("flow/x", {}),
        ("qualities", {}),
    ],
)
def test_other_shapes_are_an_error_of_the_store(tmp_path: Path, name: str, state: object) -> None:
    kb = _store(tmp_path / "kb.duckdb", name, json.dumps(state))
    with pytest.raises(StoreError, match=r"which no harvest wrote .*; restore a backup"):
        KnownRows(kb)


def test_deep_nesting_is_an_error_of_the_store(tmp_path: Path) -> None:
    kb = _store(tmp_path / "kb.duckdb", "server", "[" * 100_000 + "]" * 100_000)
    with pytest.raises(StoreError):
        KnownRows(kb)
