"""Loads in parts compare with what the writer added only where a row may be among it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metalearn.core.records import Batch, LoadReport, Source
from metalearn.errors import InputError
from metalearn.store import open_store, writing
from metalearn.store.added import Added
from tests.store.worlds import COLLECTED, batch, configurations, evaluation, only_evaluations

_FIRST = 7


@pytest.mark.parametrize("n_values", [20_000, 2**64])
def test_a_hash_is_a_rival_if_it_was_added_and_only_then(n_values: int) -> None:
    rng = np.random.default_rng(0)
    added, known = Added(_FIRST), set[int]()
    n_met = 0
    for n in rng.integers(0, 300, 100):
        hashes = np.unique(rng.integers(0, n_values, n, dtype=np.uint64))
        if n % 7 == 0 and known:
            hashes = np.union1d(hashes, np.array([min(known)], dtype=np.uint64))
        has_met = not known.isdisjoint(hashes.tolist())
        assert (added.end_of_rivals(hashes) > _FIRST) is has_met
        added.add(hashes)
        known.update(hashes.tolist())
        n_met += has_met
    assert 5 < n_met < 95


@pytest.mark.parametrize("bound", [0, 2**64 - 1])
def test_the_ends_of_the_range_are_found(bound: int) -> None:
    added = Added(_FIRST)
    added.add(np.array([5, 9], dtype=np.uint64))
    ends = np.array([0, 2**64 - 1], dtype=np.uint64)
    assert added.end_of_rivals(ends) == _FIRST
    added.add(np.array([bound], dtype=np.uint64))
    assert added.end_of_rivals(ends) > _FIRST


def _parts(seed: int) -> list[Batch]:
    """Return batches with rows new, known, known with other values, listed twice, and refused."""
    rng = np.random.default_rng(seed)
    keys = [c.key for c in configurations(3)]
    batches: list[Batch] = []
    for number in range(8):
        rows = [
            evaluation(
                f"table:t{rng.integers(5):04d}",  # the last task does not exist
                keys[rng.integers(3)],
                fold=int(rng.integers(4)),
                value=float(rng.choice([0.25, 0.5])),
            )
            for _ in range(rng.integers(1, 12))
        ]
        source = replace(COLLECTED, digest=str(number % 4), time=f"2026-01-{number + 1:02d}")
        batches.append(replace(only_evaluations(rows), source=source))
    return [batch(n_folds=0), *batches]


def _contents(kb: Path) -> list[pd.DataFrame]:
    with open_store(kb) as store:
        assert store.verify() == []
        views = ("evaluation", "evaluation_history")
        return [store.sql(f"SELECT * FROM {view}") for view in views]


@pytest.mark.parametrize("seed", range(2))
def test_parts_of_one_writer_are_those_of_many(tmp_path: Path, seed: int) -> None:
    many, one = tmp_path / "many.duckdb", tmp_path / "one.duckdb"
    expected: list[LoadReport] = []
    for part in _parts(seed):
        with writing(many) as writer:
            expected.append(writer.load(part))
    with writing(one) as writer:
        assert [writer.load(part) for part in _parts(seed)] == expected
    assert sum(report.changed.get("evaluations", 0) for report in expected) > 0
    for left, right in zip(_contents(many), _contents(one), strict=True):
        pd.testing.assert_frame_equal(left, right)


def test_a_published_or_refused_part_changes_no_later_one(tmp_path: Path) -> None:
    kb = tmp_path / "kb.duckdb"
    with writing(kb) as writer:
        writer.load(batch(n_folds=1))
        writer.publish()
        with pytest.raises(InputError), writer.transaction():
            raise InputError("refused")
        with pytest.raises(AttributeError):
            writer.load(batch(n_folds=2), cursors=[None])  # type: ignore[list-item]  # on purpose
        report = writer.load(batch(n_folds=2))
        n = len(batch(n_folds=1).evaluations)
        assert (report.new["evaluations"], report.unchanged["evaluations"]) == (n, n)
    assert len(_contents(kb)[0]) == 2 * n


def test_distinct_parts_are_compared_with_what_was_there_before_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb, ends = tmp_path / "kb.duckdb", []
    end_of_rivals = Added.end_of_rivals

    def spy(self: Added, hashes: np.ndarray) -> int:  # type: ignore[type-arg]  # any
        ends.append(end_of_rivals(self, hashes))
        return ends[-1]

    with writing(kb) as writer:
        writer.load(batch(n_tasks=1))
    n = len(batch(n_tasks=1).evaluations)
    monkeypatch.setattr(Added, "end_of_rivals", spy)
    with writing(kb) as writer:
        for first in (1, 3, 5):
            writer.load(replace(batch(n_tasks=2, first_task=first), source=Source("collect")))
        assert set(ends) == {n}
        writer.load(batch(n_tasks=2, first_task=3))
        assert max(ends) > 2**60
