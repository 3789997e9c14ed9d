"""Cursors of the harvest that hold JSON of another shape are an error of the store."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from metalearn.errors import StoreError
from metalearn.store import Cursor, writing
from metalearn.workflows.harvest import known_rows
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


def _store(kb: Path, states: dict[str, str]) -> Path:
    with writing(kb) as writer:
        writer.put_cursors([Cursor(HARVESTER, name, state) for name, state in states.items()])
    return kb


class _Stub:
    """A store of one cursor: writing a real one for every case would take seconds."""

    def __init__(self, name: str, state: str) -> None:
        self._cursors = {name: Cursor(HARVESTER, name, state)}

    def cursors(self, harvester: str) -> dict[str, Cursor]:
        return self._cursors if harvester == HARVESTER else {}


def _read(name: str, state: str, here: Path) -> KnownRows:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known_rows, "open_store", lambda kb: nullcontext(_Stub(name, state)))
        return KnownRows(here)


@pytest.mark.parametrize("name", _SOUND)
def test_sound_cursors_are_read(tmp_path: Path, name: str) -> None:
    found, empty = _read(name, json.dumps(_SOUND[name]), tmp_path), KnownRows(tmp_path / "none")
    assert any(getattr(found, what) != nothing for what, nothing in vars(empty).items()
               if what != "_kb")  # fmt: skip


def test_sound_cursors_of_a_store_are_read(tmp_path: Path) -> None:
    states = {name: json.dumps(state) for name, state in _SOUND.items()}
    known = KnownRows(_store(tmp_path / "kb.duckdb", states))
    assert known.host == "www.openml.org"
    assert known.flows == {7}
    assert known.counts("f") == {(7, 9): 2}


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
    with pytest.raises(StoreError, match=r"which no harvest wrote .*; restore a backup"):
        _read(name, json.dumps(state), tmp_path)


def test_another_shape_in_a_store_is_an_error_of_the_store(tmp_path: Path) -> None:
    kb = _store(tmp_path / "kb.duckdb", {"rotation/f": "[]"})
    with pytest.raises(StoreError, match=r"which no harvest wrote .*; restore a backup"):
        KnownRows(kb)


def test_deep_nesting_is_an_error_of_the_store(tmp_path: Path) -> None:
    kb = _store(tmp_path / "kb.duckdb", {"server": "[" * 100_000 + "]" * 100_000})
    with pytest.raises(StoreError):
        KnownRows(kb)
