"""Values and seconds of single folds, requested run by run and only on demand.

A run counts as read under a measure once its details are stored together with the cursor that
records it. The folds of a run that was evaluated again are fetched anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from metalearn.core.records import Batch
from metalearn.harvesters.openml import PackedAnswer, UnansweredError
from metalearn.harvesters.openml.lookups import Asks
from metalearn.harvesters.openml.measures import metric_of
from metalearn.harvesters.openml.run_details import FoldRow, RunDetails, fetch_run, read_run
from metalearn.harvesters.openml.transport import Answer
from metalearn.store import Page, open_store
from metalearn.workflows.harvest.known_rows import HARVESTER, KnownRows, RowKey, StoredEvaluation
from metalearn.workflows.harvest.loading import Loader
from metalearn.workflows.harvest.rows import (
    EVALUATIONS,
    KEY,
    fold_cursor,
    metric_rows,
    page_source,
)
from metalearn.workflows.harvest.scope import Progress, Scope, Tally

__all__ = ["FoldBook", "fold_batch", "stored_folds"]

_STORED = (
    "SELECT task, configuration, metric, fold, fidelity, seed, engine, value, reason, fit_s, "
    "predict_s, vanished FROM evaluation WHERE source = 'openml' AND fold >= 0 "
    "ORDER BY metric, seed, fold"
)
Stale = dict[tuple[str, int], pd.DataFrame]  # (metric, run) -> its stored folds
_CHUNK = 50  # runs between two writings of the cursors


class _Wanted(NamedTuple):
    run: int
    flow: int
    task: int
    functions: tuple[str, ...]


class FoldBook:
    """Fetches fold values of runs, and records which runs are known.

    Args:
        client: Sends the requests.
        memory: Rows that the store already holds.
        loader: Loads new rows into the store.
        tally: Counts found and missing items.
    """

    def __init__(self, client: Asks, memory: KnownRows, loader: Loader, tally: Tally) -> None:
        self._client, self._memory = client, memory
        self._loader, self._tally = loader, tally
        self._rows: dict[str, dict[RowKey, StoredEvaluation]] = {}

    def know(self, function: str, rows: dict[RowKey, StoredEvaluation]) -> None:
        """Use `rows`, which the caller keeps up to date, to look up configurations of runs."""
        self._rows[function] = rows

    def forget(self, function: str, flow: int, task: int, key: RowKey) -> None:
        """Mark the folds of a run, whose value has changed, to be fetched again."""
        known = self._memory.folds.get(function, {}).get((flow, task), set())
        if key[1] == 1 and key[0] in known:
            known.discard(key[0])
            cursors = [fold_cursor(function, flow, task, known)]
            self._loader.add(Batch(page_source(None)), cursors=cursors)

    def with_folds(self, gone: pd.DataFrame) -> pd.DataFrame:
        """Return keys of vanished evaluations together with those of their folds."""
        if gone.empty or not self._memory.folds:
            return gone
        stored = stored_folds(self._loader.kb)
        first = gone[gone["engine"] == 1]
        whose = stored["metric"].isin(first["metric"]) & stored["seed"].isin(first["seed"])
        return pd.concat([gone, stored.loc[whose & ~stored["vanished"], KEY]], ignore_index=True)

    def learn(self, scope: Scope, tasks: Collection[int], progress: Progress) -> None:
        """Fetch the unknown folds of runs in a scope, evenly over all cells."""
        wanted = list(self._wanted(scope, tasks))
        chosen = wanted if scope.fold_runs is None else wanted[: scope.fold_runs]
        self._tally.fold_runs_left = len(wanted) - len(chosen)
        if not chosen:
            return
        before = stored_folds(self._loader.kb)
        before = before[before["seed"].isin([one.run for one in chosen]) & ~before["vanished"]]
        stale: Stale = {
            (str(metric), int(str(run))): rows
            for (metric, run), rows in before.groupby(["metric", "seed"])
        }
        for at in range(0, len(chosen), _CHUNK):
            touched: set[tuple[str, int, int]] = set()
            for done, one in enumerate(chosen[at : at + _CHUNK], start=at):
                progress("folds of runs", done, len(chosen))
                touched |= self._learn_run(one, stale)
            cursors = [
                fold_cursor(f, flow, task, self._memory.folds[f][flow, task])
                for f, flow, task in sorted(touched)
            ]
            self._loader.add(Batch(page_source(None)), cursors=cursors)

    def _wanted(self, scope: Scope, tasks: Collection[int]) -> Iterator[_Wanted]:
        functions: dict[tuple[int, int, int], list[str]] = {}
        for function in scope.measures:
            known = self._memory.folds.get(function, {})
            for (flow, task), cell in sorted(self._memory.cells.get(function, {}).items()):
                if (scope.flows and flow not in scope.flows) or (tasks and task not in tasks):
                    continue
                # Details lack the engine, so only rows of the first engine have folds.
                read = known.get((flow, task), set())
                for run, engine in cell.stored:
                    if engine == 1 and run not in read:
                        functions.setdefault((flow, task, run), []).append(function)
        by_cell: dict[tuple[int, int], list[_Wanted]] = {}
        for (flow, task, run), names in sorted(functions.items()):
            by_cell.setdefault((flow, task), []).append(_Wanted(run, flow, task, tuple(names)))
        for some in zip_longest(*by_cell.values()):
            yield from (one for one in some if one is not None)

    def _learn_run(self, one: _Wanted, stale: Stale) -> set[tuple[str, int, int]]:
        """Store the folds of one run, and return the cells whose cursors changed."""
        old = {f: stale.get((metric_of(f).name, one.run)) for f in one.functions}
        has_old = any(rows is not None for rows in old.values())
        try:
            found = (None if has_old else self._kept(one)) or fetch_run(self._client, one.run)
        except UnansweredError as error:
            self._tally.missing.append(f"folds of run {one.run}: {error}")
            return set()
        if found is None or found[0].task != one.task:
            self._tally.missing.append(f"folds of run {one.run}: the server does not show the run")
            return set()
        details, answer = found
        page = answer.packed()
        known = {f: self._rows[f][one.run, 1] for f in one.functions}
        batch = fold_batch(details, known, page)
        self._tally.rejected.update(details.rejected)
        self._tally.folds += len(batch.evaluations)
        gone = _no_longer(batch.evaluations, [rows for rows in old.values() if rows is not None])
        self._loader.add(batch, pages=[page], vanished=gone)
        for function in one.functions:
            cells = self._memory.folds.setdefault(function, {})
            cells.setdefault((one.flow, one.task), set()).add(one.run)
        return {(function, one.flow, one.task) for function in one.functions}

    def _kept(self, one: _Wanted) -> tuple[RunDetails, Answer] | None:
        """Return the details from a stored page, if it has all requested measures."""
        is_read = any(
            one.run in cells.get((one.flow, one.task), ()) for cells in self._memory.folds.values()
        )
        if not is_read or not self._loader.kb.exists():
            return None
        with open_store(self._loader.kb) as store:
            pages = store.pages(HARVESTER, f"run/{one.run}")
        whole = [page for page in pages if page.is_intact]
        if not whole:
            return None
        page = max(whole, key=lambda p: p.time)
        details = read_run(page.body)
        is_enough = all(function in details.folds for function in one.functions)
        return (details, _answer(page)) if is_enough else None


def fold_batch(
    details: RunDetails, known: Mapping[str, StoredEvaluation], page: PackedAnswer
) -> Batch:
    """Return the folds of a run as rows of the store.

    Args:
        details: Parsed details of the run.
        known: Measure -> the run's evaluation under it.
        page: The answer that contains them.
    """
    records = [
        _record(metric_of(function).name, details.run, evaluation, row)
        for function, evaluation in sorted(known.items())
        for row in details.folds.get(function, ())
    ]
    evaluations = pd.DataFrame(records, columns=EVALUATIONS)
    metrics = metric_rows([metric_of(function) for function in sorted(known)])
    return Batch(page_source(page), metrics=metrics, evaluations=evaluations)


def stored_folds(kb: Path) -> pd.DataFrame:
    """Return the rows of single folds in the store: key, value, reason, seconds, vanished."""
    if not kb.exists():
        return pd.DataFrame(columns=[*KEY, "value", "reason", "fit_s", "predict_s", "vanished"])
    with open_store(kb) as store:
        return store.sql(_STORED)


def _record(metric: str, run: int, known: StoredEvaluation, row: FoldRow) -> tuple[object, ...]:
    status = "ok" if row.reason is None else "failed"
    return (known.task, known.configuration, metric, row.fold, 1.0, run,
            row.value, status, row.reason, row.fit_s, row.predict_s, 1)  # fmt: skip


def _no_longer(now: pd.DataFrame, before: Sequence[pd.DataFrame]) -> pd.DataFrame | None:
    """Return the keys of stored folds that the run no longer contains."""
    if not before:
        return None
    present = set(zip(now["metric"], now["fold"], strict=True))
    old = pd.concat(list(before))
    keep = [key not in present for key in zip(old["metric"], old["fold"], strict=True)]
    return old.loc[keep, KEY]


def _answer(page: Page) -> Answer:
    return Answer(page.location, page.status, page.body, page.time)
