"""Reading of tables with one evaluation per row, for all formats.

A long file is read three times in chunks, so memory stays bounded (a short one is kept): once to
learn the type of every hyperparameter column (is `1` an integer or a float?), once to find rows
that cannot be used and evaluations that are given more than once, and once to yield the batches.
Hence a file that cannot be read is an error before anything is loaded, and the order of chunks
never changes a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from metalearn.core.configuration import Configuration
from metalearn.core.records import COLUMNS, Batch, Source
from metalearn.errors import InputError
from metalearn.harvesters import chunks, frames
from metalearn.harvesters.chunks import Chunk

__all__ = ["LongTable", "Parsed", "batches"]

_KEY = ["task", "configuration", "metric", "fold", "fidelity", "seed"]
_REMEMBERED = 200_000  # rows
_CATEGORICAL = ("task", "configuration", "metric", "status")
_Hashes = npt.NDArray[np.uint64]


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a chunk holds: evaluations with the columns of `COLUMNS`, tasks, configurations."""

    evaluations: pd.DataFrame
    tasks: Mapping[str, frames.TaskRow]
    configurations: Sequence[Configuration]


class LongTable(Protocol):
    """A file or folder that can be read again and again."""

    @property
    def source(self) -> Source:
        """Where the rows come from."""
        ...

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows from the start; rows of the wrong length are left out."""
        ...

    def survey(self, chunk: Chunk) -> None:
        """Learn column types and the like; called once for every chunk, before any `parse`."""
        ...

    def parse(self, chunk: Chunk, rejections: frames.Rejections) -> Parsed:
        """Return what the chunk holds; the same for the same chunk."""
        ...

    def head(self, tasks: Sequence[str]) -> Batch:
        """Return the batch of what all rows share: algorithms, metrics, meta-features of tasks."""
        ...


def batches(table: LongTable) -> Iterator[Batch]:
    """Yield the batches of a long table: first what all rows share, then the evaluations.

    An evaluation that is given more than once becomes the median of its good values.

    Raises:
        InputError: If nothing in it can be used.
    """
    surveyed = _Kept(table.chunks(), len)
    for chunk in surveyed:
        table.survey(chunk)
    rejections = frames.Rejections()
    parsed = _Kept((table.parse(c, rejections) for c in surveyed.again(table.chunks)), _n_rows)
    repeated, tasks = _inspect(parsed, rejections)
    if not tasks:
        reasons = "; ".join(f"{n} x {reason}" for reason, n in rejections.as_mapping().items())
        raise InputError(
            f"{table.source.location}: no evaluation in it can be used: {reasons or 'no rows'}"
        )
    head = table.head(tuple(tasks))
    yield replace(head, tasks=frames.tasks_frame(tasks.values()), rejected=rejections.as_mapping())
    held: list[pd.DataFrame] = []
    ignored = frames.Rejections()  # counted above
    for part in parsed.again(lambda: (table.parse(c, ignored) for c in table.chunks())):
        again = np.isin(_hashes(part.evaluations), repeated)
        held.append(part.evaluations[again].astype(dict.fromkeys(_CATEGORICAL, object)))
        yield Batch(
            head.source,
            configurations=frames.configurations_frame(part.configurations),
            evaluations=part.evaluations[~again].reset_index(drop=True),
        )
    merged = _medians(pd.concat(held, ignore_index=True))
    for start in range(0, len(merged), chunks.CHUNK_ROWS):
        rows = merged.iloc[start : start + chunks.CHUNK_ROWS].reset_index(drop=True)
        yield Batch(head.source, evaluations=rows)


class _Kept(Generic[T]):
    """An iterator that caches its items while they are few."""

    def __init__(self, parts: Iterator[T], size: Callable[[T], int]) -> None:
        self._parts, self._size = parts, size
        self._kept: list[T] | None = []
        self._n = 0

    def __iter__(self) -> Iterator[T]:
        for part in self._parts:
            self._n += self._size(part)
            if self._n > _REMEMBERED:
                self._kept = None
            if self._kept is not None:
                self._kept.append(part)
            yield part

    def again(self, read: Callable[[], Iterator[T]]) -> Iterator[T]:
        """Return the parts once more: the remembered ones, or read again."""
        return read() if self._kept is None else iter(self._kept)


def _n_rows(parsed: Parsed) -> int:
    return len(parsed.evaluations)


def _inspect(
    parts: Iterable[Parsed], rejections: frames.Rejections
) -> tuple[_Hashes, dict[str, frames.TaskRow]]:
    """Return the hashes of evaluations given more than once, and all tasks."""
    tasks: dict[str, frames.TaskRow] = {}
    hashes: list[_Hashes] = [np.empty(0, np.uint64)]
    for parsed in parts:
        for key, task in parsed.tasks.items():
            tasks.setdefault(key, task)
        hashes.append(_hashes(parsed.evaluations))
    found = np.concatenate(hashes)
    hashes.clear()
    found.sort()  # in place: there may be many millions
    again = found[1:][found[1:] == found[:-1]]
    rejections.add("evaluation is repeated (median kept)", len(again))
    return np.unique(again), tasks


def _hashes(evaluations: pd.DataFrame) -> _Hashes:
    hashed = pd.util.hash_pandas_object(evaluations[_KEY], index=False)
    return np.asarray(hashed, dtype=np.uint64)


def _medians(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per evaluation: good values before failed ones, their median."""
    if rows.empty:
        return rows
    is_ok = rows["status"].eq("ok")
    any_ok = is_ok.groupby([rows[key] for key in _KEY]).transform("any")
    groups = rows[is_ok | ~any_ok].groupby(_KEY, sort=False, as_index=False)
    rules = {"value": "median", "status": "first", "reason": "first"}
    seconds = {"fit_s": "median", "predict_s": "median"}
    return groups.agg({**rules, **seconds})[list(COLUMNS["evaluations"])]
