"""Replay: a store built from its raw pages without a request, for new parsers and damaged stores.

Pages are replayed in order of time: tasks, setups and flows, qualities, then the evaluations with
the observed absences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from metalearn.core.records import Batch
from metalearn.harvesters.openml import PackedAnswer, UnknownError
from metalearn.harvesters.openml.lookups import PROCEDURES
from metalearn.harvesters.openml.measures import metric_of
from metalearn.harvesters.openml.pages import (
    EvaluationRow,
    ProcedureRow,
    read_evaluations,
    read_procedures,
    read_qualities,
    read_setups,
    read_task,
    read_tasks,
)
from metalearn.harvesters.openml.run_details import read_run
from metalearn.harvesters.openml.transport import Answer
from metalearn.store import Page, open_store
from metalearn.workflows.harvest.folds import fold_batch
from metalearn.workflows.harvest.known_rows import (
    HARVESTER,
    KnownRows,
    RowKey,
    StoredEvaluation,
    TaskFacts,
    context_of,
)
from metalearn.workflows.harvest.loading import Loader
from metalearn.workflows.harvest.rows import (
    KEY,
    cell_cursor,
    evaluation_batch,
    facts_of,
    fold_cursor,
    qualities_batch,
    tasks_batch,
    vanished_frame,
)
from metalearn.workflows.harvest.setups import SetupBook

__all__ = ["Replay", "pages_of", "requested_runs"]

T = TypeVar("T")
Rows = dict[RowKey, StoredEvaluation]


def pages_of(kb: Path) -> list[Page]:
    """Return the intact raw pages of a store, oldest first."""
    with open_store(kb) as store:
        found = store.pages(HARVESTER)
    return sorted((p for p in found if p.is_intact), key=lambda p: (p.time, p.location))


def requested_runs(location: str) -> set[int]:
    """Return the run ids in the address of a page; empty if it has none."""
    parts = location.split("/")
    return (
        {int(run) for run in parts[parts.index("run") + 1].split(",")} if "run" in parts else set()
    )


class Replay:
    """Loads the content of raw pages into a store.

    Args:
        source: The store whose pages are replayed.
        loader: Loader of the store to fill, which may be the same.
        loads_evaluations: If False, evaluations are only collected in `rows` and `origins`.
    """

    def __init__(self, source: Path, loader: Loader, *, loads_evaluations: bool = True) -> None:
        self._pages = pages_of(source)
        self._loader, self._loads = loader, loads_evaluations
        self.origins: dict[str, dict[RowKey, tuple[Page, EvaluationRow]]] = {}
        self.memory = KnownRows(loader.kb.with_name(loader.kb.name + ".none"))
        self.memory.flows = {int(p.location.split("/")[1]) for p in self._at("flow/")}
        self.rows: dict[str, Rows] = {}  # measure -> key -> final row according to the pages
        self._book = SetupBook(_NoClient(), self.memory, loader, source, Counter())

    def run(self) -> None:
        """Replay everything."""
        for page in self._at("flow/"):
            self._loader.add_page(_packed(page))
        self._tasks()
        self._setups()
        self._qualities()
        for page, rows in self._evaluations():
            self._load(page, rows)
        for page in self._at("run/list"):
            self._loader.add_page(_packed(page))
        self._folds()

    def _at(self, *prefixes: str) -> list[Page]:
        return [page for page in self._pages if page.location.startswith(prefixes)]

    def _tasks(self) -> None:
        procedures: dict[int, ProcedureRow] = {}
        for page in self._at(PROCEDURES):
            procedures = {row.id: row for row in read_procedures(page.body).rows}
            self._loader.add_page(_packed(page))
        for page in self._at("task/"):
            is_list = page.location.startswith("task/list")
            rows = read_tasks(page.body).rows if is_list else [read_task(page.body)]
            batch, cursors = tasks_batch(rows, procedures, _packed(page))
            self.memory.tasks.update({row.task: facts_of(row) for row in rows})
            self._loader.add(batch, pages=[_packed(page)], cursors=cursors)

    def _setups(self) -> None:
        wanted: dict[int, dict[str, TaskFacts]] = {}
        names: dict[int, str] = {}
        for _, rows in self._evaluations():
            for row in rows:
                facts = self.memory.tasks.get(row.task)
                if facts is not None and facts.kind:
                    wanted.setdefault(row.setup, {})[context_of(facts)] = facts
                    names[row.flow] = row.flow_name
        for page in self._at("setup/list"):
            self._book.keep(read_setups(page.body).rows, wanted, names, _packed(page))

    def _qualities(self) -> None:
        tasks: dict[int, list[int]] = {}
        for task, facts in sorted(self.memory.tasks.items()):
            if facts.kind:
                tasks.setdefault(facts.data, []).append(task)
        for page in self._at("data/qualities/"):
            data, packed = int(page.location.split("/")[2]), _packed(page)
            batch, cursors = qualities_batch(
                data, tasks.get(data, []), read_qualities(page.body), packed
            )
            self._loader.add(batch, pages=[packed], cursors=cursors)

    def _evaluations(self) -> Iterator[tuple[Page, list[EvaluationRow]]]:
        for page in self._at("evaluation/list"):
            yield page, read_evaluations(page.body).rows if page.status == 200 else []

    def _load(self, page: Page, rows: Sequence[EvaluationRow]) -> None:
        packed = _packed(page)
        accepted: list[tuple[EvaluationRow, str]] = []
        touched: set[tuple[str, int, int]] = set()
        for row in rows:
            stored = self.rows.setdefault(row.function, {})
            number = (row.run, row.engine)
            cell = self.memory.cell(row.function, row.flow, row.task)
            key, _ = self._book.configuration_of(row, stored.get(number))
            touched.add((row.function, row.flow, row.task))
            if key is None:
                if row.task in self.memory.tasks and not self.memory.tasks[row.task].kind:
                    cell.rejected.add(number)
                continue
            cell.stored.add(number)
            new = StoredEvaluation(f"openml:{row.task}", key, row.value, row.reason, False)
            if stored.get(number) != new:
                stored[number] = new
                self.origins.setdefault(row.function, {})[number] = (page, row)
                accepted.append((row, key))
        cursors = [cell_cursor(*key, self.memory.cell(*key)) for key in sorted(touched)]
        if rows and self._loads:
            batch = evaluation_batch(accepted, metric_of(rows[0].function), packed)
            self._loader.add(batch, pages=[packed], cursors=cursors)
        self._absences(page, rows, packed)

    def run_pages(self) -> dict[int, Page]:
        """Return the newest page of every run whose details were fetched."""
        return {
            int(page.location[4:]): page
            for page in self._at("run/")
            if page.location[4:].isdigit()
        }

    def fold_rows(self, page: Page, functions: Collection[str]) -> Batch:
        """Return the folds of a run for the measures with a known evaluation."""
        details = read_run(page.body)
        known = {f: self.rows.get(f, {}).get((details.run, 1)) for f in functions}
        listed = {f: one for f, one in known.items() if one is not None}
        return fold_batch(details, listed, _packed(page))

    def _folds(self) -> None:
        """Load the folds of runs, and mark those of vanished evaluations."""
        newest = self.run_pages()
        for page in self._at("run/"):
            if page.location != "run/list" and page not in newest.values():
                self._loader.add_page(_packed(page))
        for run, page in sorted(newest.items()):
            functions = [f for f, rows in sorted(self.rows.items()) if (run, 1) in rows]
            batch = self.fold_rows(page, functions)
            gone = {metric_of(f).name for f in functions if self.rows[f][run, 1].vanished}
            vanished = batch.evaluations.loc[batch.evaluations["metric"].isin(gone), KEY]
            cursors = []
            for function in functions:
                row = self.origins[function][run, 1][1]
                cells = self.memory.folds.setdefault(function, {})
                runs = cells.setdefault((row.flow, row.task), set())
                runs.add(run)
                cursors.append(fold_cursor(function, row.flow, row.task, runs))
            if self._loads:
                self._loader.add(batch, pages=[_packed(page)], cursors=cursors, vanished=vanished)

    def _absences(self, page: Page, rows: Sequence[EvaluationRow], packed: PackedAnswer) -> None:
        """Mark known rows that a page lacks although their runs were requested."""
        function = page.location.split("/function/", 1)[-1].split("/", 1)[0]
        requested, stored = requested_runs(page.location), self.rows.get(function, {})
        listed = {(row.run, row.engine) for row in rows}
        gone = {
            number: known
            for number, known in stored.items()
            if number[0] in requested and number not in listed and not known.vanished
        }
        if not gone:
            return
        batch, frame = vanished_frame(metric_of(function), gone, [packed])
        stored.update({number: known._replace(vanished=True) for number, known in gone.items()})
        cursors = []
        for (flow, task), cell in self.memory.cells[function].items():
            if cell.stored & gone.keys():
                cell.stored -= gone.keys()
                cursors.append(cell_cursor(function, flow, task, cell))
        if self._loads:
            self._loader.add(batch, pages=[packed], cursors=cursors, vanished=frame)


class _NoClient:
    """Stand-in for a client during replay, where no request is allowed."""

    def ask(self, path: str, read: Callable[[bytes], T]) -> tuple[T, Answer]:
        del read
        raise UnknownError(path, 0)


def _packed(page: Page) -> PackedAnswer:
    return Answer(page.location, page.status, page.body, page.time).packed()
