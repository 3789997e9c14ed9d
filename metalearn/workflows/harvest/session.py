"""One harvest: tasks, evaluations with their setups by measure, then qualities."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence, Set
from itertools import islice

from metalearn.errors import HarvestError
from metalearn.harvesters.openml import (
    Client,
    Hints,
    Leaf,
    ListReader,
    PackedAnswer,
    RefusedError,
    Slice,
    UnansweredError,
    check_absent,
)
from metalearn.harvesters.openml.evaluations import EvaluationReader
from metalearn.harvesters.openml.lookups import (
    fetch_procedures,
    fetch_qualities,
    fetch_tasks,
    suite_tasks,
)
from metalearn.harvesters.openml.measures import metric_of
from metalearn.harvesters.openml.pages import (
    EvaluationRow,
    ListedTask,
    ProcedureRow,
    read_evaluations,
)
from metalearn.store import Cursor
from metalearn.workflows.harvest.archive import JournalArchive
from metalearn.workflows.harvest.folds import FoldBook
from metalearn.workflows.harvest.known_rows import KnownRows, RowKey, StoredEvaluation
from metalearn.workflows.harvest.loading import Loader
from metalearn.workflows.harvest.rows import (
    cell_cursor,
    cursor,
    evaluation_batch,
    facts_of,
    qualities_batch,
    tasks_batch,
    vanished_frame,
)
from metalearn.workflows.harvest.runs import RunNews, learn_runs, roots
from metalearn.workflows.harvest.scope import Progress, Scope, Tally
from metalearn.workflows.harvest.setups import SetupBook

__all__ = ["HarvestSession"]

_LOG = logging.getLogger(__name__)
_ROTATION_DAYS, _N_ALIVE = 28, 5
Stored = dict[RowKey, StoredEvaluation]


class HarvestSession:
    """Fetches the changes of a scope and queues them for the store.

    Args:
        client: Sends the requests.
        memory: Rows that the store already holds.
        archive: Answers of an interrupted harvest of the same scope.
        loader: Loads into the store.
        reconcile: Whether to list everything again, not only what changed according to counts.
        day: Day number (since 1970), for the rotation of repeated listings.
        progress: Callback with activity, amount done, and total.
    """

    def __init__(
        self, client: Client, memory: KnownRows, archive: JournalArchive, loader: Loader, *,
        reconcile: bool, day: int, progress: Progress,
    ) -> None:  # fmt: skip
        self.tally = Tally()
        self._client, self._memory, self._archive, self._loader = client, memory, archive, loader
        self._reconcile, self._day, self._progress = reconcile, day, progress
        self._days = range(0)
        self._procedures: dict[int, ProcedureRow] | None = None
        self._procedures_page: list[PackedAnswer] = []
        self._fetched_tasks: set[int] = set()
        self._new_tasks: set[int] = set()
        self._runs = RunNews()
        self._setups = SetupBook(client, memory, loader, loader.kb, self.tally.outside)
        self._folds = FoldBook(client, memory, loader, self.tally)

    def run(self, scope: Scope) -> None:
        """Harvest the scope; items that could not be fetched are in `tally.missing`."""
        tasks = set(scope.tasks)
        if scope.suite is not None:
            tasks |= set(suite_tasks(self._client, scope.suite))
        self._learn_tasks(tasks)
        name = scope.name
        last = self._memory.rotation.get(name)
        # A weekly harvest also lists the shares of the days since the last one.
        self._days = range(max((last or self._day) + 1, self._day - _ROTATION_DAYS + 1),
                           self._day + 1)  # fmt: skip
        self._progress("runs", 0, None)
        self._runs = learn_runs(
            self._client, self._memory, self._archive, self._loader, scope.flows,
            tuple(sorted(tasks)), trusts_counts=not self._reconcile,
        )  # fmt: skip
        self.tally.missing += self._runs.missing
        self.tally.notes += self._runs.notes
        for measure in scope.measures:
            self._measure(measure, scope.flows, tuple(sorted(tasks)))
        if last != self._day and (last is None or not self._archive.is_resumed):
            self._loader.put_cursor(cursor(f"rotation/{name}", {"day": self._day}))
        self._learn_qualities()
        if scope.fold_runs != 0:
            self._folds.learn(scope, frozenset(tasks), self._progress)

    # --- tasks and data sets

    def _learn_tasks(self, wanted: Iterable[int]) -> None:
        again = self._reconcile
        ids = {t for t in wanted if again or t not in self._memory.tasks} - self._fetched_tasks
        if not ids:
            return
        self._fetched_tasks |= ids
        self._progress("tasks", 0, len(ids))
        by_page: dict[str, tuple[PackedAnswer, list[ListedTask]]] = {}
        try:
            if self._procedures is None:
                self._procedures, answer = fetch_procedures(self._client)
                self._procedures_page = [answer.packed()] if answer else []
            for row, answer in fetch_tasks(self._client, sorted(ids)):
                page = by_page.setdefault(answer.digest, (answer.packed(), []))
                page[1].append(row)
        except UnansweredError as error:
            self.tally.missing.append(f"tasks: {error}")
        for packed, rows in by_page.values():
            batch, cursors = tasks_batch(rows, self._procedures or {}, packed)
            changed = [row for row in rows if self._memory.tasks.get(row.task) != facts_of(row)]
            self._new_tasks |= {row.task for row in rows} - self._memory.tasks.keys()
            self._memory.tasks.update({row.task: facts_of(row) for row in rows})
            if changed or self._reconcile:
                pages = [packed, *self._procedures_page] if changed else []
                self._loader.add(batch, pages=pages, cursors=cursors)
        for task in sorted(ids - self._memory.tasks.keys()):
            self.tally.missing.append(f"task {task}: the server does not know it")

    def _learn_qualities(self) -> None:
        """Fetch the qualities of all data sets that evaluations or tasks refer to."""
        by_data: dict[int, list[int]] = {}
        for task, facts in self._memory.tasks.items():
            if facts.kind and facts.data:
                by_data.setdefault(facts.data, []).append(task)
        again = set(self._fetched_tasks) if self._reconcile else set()
        wanted = [
            data
            for data, tasks in sorted(by_data.items())
            if data not in self._memory.qualities or set(tasks) & again
            or set(tasks) & self._new_tasks
        ]  # fmt: skip
        for done, data in enumerate(wanted):
            self._progress("qualities", done, len(wanted))
            try:
                values, answer = fetch_qualities(self._client, data)
            except UnansweredError as error:
                self.tally.missing.append(f"qualities of data set {data}: {error}")
                continue
            packed = answer.packed() if answer else None
            batch, cursors = qualities_batch(data, sorted(by_data[data]), values, packed)
            self._loader.add(batch, pages=[packed] if packed else [], cursors=cursors)

    # --- evaluations

    def _measure(self, measure: str, flows: tuple[int, ...], tasks: tuple[int, ...]) -> None:
        stored = self._memory.evaluations(metric_of(measure).name)
        self._folds.know(measure, stored)
        for number, root in enumerate(roots(measure, flows, tasks)):
            hints = self._memory.hints(root, self._runs.fresh)
            hints = self._archive.remember_hints(f"{measure}/{number}", hints)
            known = self._memory.keys(root)
            self._read(self._reader(measure), root, stored, None if self._reconcile else hints)
            if not self._reconcile:
                self._window(root, known, stored)
        if not any(cell.n for cell in self._memory.cells.get(measure, {}).values()):
            self.tally.notes.append(
                f"nothing is listed of {measure}: if that is unexpected, compare the name with "
                "OpenML's (evaluationmeasure/list of its API) and the flows and tasks"
            )

    def _lists(self, measure: str) -> ListReader[EvaluationRow]:
        def report(done: int, total: int) -> None:
            self._progress(f"listing {measure}", done, max(total, done + 1))

        lists = ListReader(
            self._client, read_evaluations, lambda row: (row.run, row.engine),
            cells=self._memory.counts(""), known=self._memory.keys, trusts_counts=False,
            confirms=False, progress=report,
        )  # fmt: skip
        lists.cap = self._runs.cap
        return lists

    def _reader(self, measure: str) -> EvaluationReader:
        return EvaluationReader(self._lists(measure), self._memory.runs, self._memory.keys)

    def _window(self, root: Slice, before: set[RowKey], stored: Stored) -> None:
        """List the share of today again, because corrections do not change counts."""
        cells = self._memory.counts(root.function or "")
        tasks = root.tasks or sorted({task for flow, task in cells if root.holds(flow, task)})
        turn = [t for t in tasks if any((t + day) % _ROTATION_DAYS == 0 for day in self._days)]
        known = Slice(root.endpoint, root.function, root.flows, tuple(turn))
        if turn and not self._archive.is_resumed and before & self._memory.keys(known):
            tally = self.tally
            whole, other = tally.unchanged, tally.changed + tally.vanished
            self._read(self._reader(root.function or ""), known, stored)
            # These rows were already counted as unchanged.
            tally.unchanged = whole - (tally.changed + tally.vanished - other)

    def _read(
        self, reader: EvaluationReader, root: Slice, stored: Stored, hints: Hints | None = None
    ) -> None:
        leaves = reader.read(root, hints)
        good = [leaf for leaf in leaves if self._is_readable(leaf)]
        for leaf in good:
            self._absent(reader.lists, leaf, stored)
        news = [(leaf, self._news(leaf, stored)) for leaf in good]
        fresh = [row for _, rows in news for row in rows]
        self._learn_tasks({row.task for row in fresh})
        self._setups.learn(fresh, stored)
        for done, (leaf, rows) in enumerate(news):
            self._progress(f"evaluations of {root.function}", done, len(news))
            self._store(leaf, rows, stored)

    def _is_readable(self, leaf: Leaf[EvaluationRow]) -> bool:
        """Count trouble, unchanged and rejected rows; return whether the leaf has rows to read."""
        if leaf.trouble:
            self.tally.missing.append(f"{_title(leaf.slice)}: {leaf.trouble}")
            return False
        if leaf.is_unchanged:
            self.tally.unchanged += len(self._memory.keys(leaf.slice))
            return False
        self.tally.rejected.update(leaf.rejected)
        return True

    def _absent(
        self, reader: ListReader[EvaluationRow], leaf: Leaf[EvaluationRow], stored: Stored
    ) -> None:
        """Mark rows that a slice no longer contains, after a second request."""
        absent = set(leaf.absent)
        if not leaf.is_addition:
            absent = self._memory.keys(leaf.slice) - leaf.rows.keys()
        if not absent:
            return
        alive = self._some_alive(leaf, absent)
        try:
            found = check_absent(reader, leaf.slice.anywhere, absent, alive)
        except HarvestError as error:
            if not isinstance(error, (UnansweredError, RefusedError)):
                raise
            self.tally.missing.append(f"{_title(leaf.slice)}: {error}")
            return
        if found.undecided:
            self.tally.missing.append(
                f"{_title(leaf.slice)}: {len(found.undecided)} stored rows are not listed, and it "
                "could not be confirmed that they are gone; they stay as they are"
            )
        leaf.rows.update(found.back)
        leaf.origins.update(dict.fromkeys(found.back, len(leaf.pages)))
        leaf.pages.extend(found.pages[-1:])
        gone = found.gone
        self.tally.unchanged -= len(gone) if leaf.is_addition else 0  # counted before
        function = leaf.slice.function or ""
        cursors = self._forgotten(function, gone)
        marked = sorted(number for number in gone if number in stored)
        self.tally.vanished += sum(not stored[number].vanished for number in marked)
        batch, frame = vanished_frame(
            metric_of(function), {n: stored[n] for n in marked}, found.pages or leaf.pages
        )
        stored.update({n: stored[n]._replace(vanished=True) for n in marked})
        frame = self._folds.with_folds(frame)
        self._loader.add(
            batch, pages=found.pages or leaf.pages[:1], cursors=cursors, vanished=frame
        )

    def _forgotten(self, function: str, gone: Set[RowKey]) -> list[Cursor]:
        """Take rows out of what is known; return the changed cursors."""
        cursors: list[Cursor] = []
        for (flow, task), cell in self._memory.cells.get(function, {}).items():
            hit = gone & (cell.stored | cell.rejected)
            if hit:
                cell.stored -= hit
                cell.rejected -= hit
                cursors.append(cell_cursor(function, flow, task, cell))
        return cursors

    def _some_alive(
        self, leaf: Leaf[EvaluationRow], absent: set[tuple[int, int]]
    ) -> tuple[int, ...]:
        """Return a few runs that must be listed: one of them may vanish meanwhile."""
        listed = dict.fromkeys(run for run, _ in leaf.rows)
        if listed:
            return tuple(islice(listed, _N_ALIVE))
        cells = self._memory.cells.get(leaf.slice.function or "", {}).values()
        stored = (key[0] for cell in cells for key in cell.stored if key not in absent)
        return tuple(islice(dict.fromkeys(stored), _N_ALIVE))

    def _news(self, leaf: Leaf[EvaluationRow], stored: Stored) -> list[EvaluationRow]:
        """Return the rows of a leaf that are new or different."""
        news = []
        for key, row in leaf.rows.items():
            old = stored.get(key)
            is_same = (
                old is not None
                and not old.vanished
                and (old.value, old.reason) == (row.value, row.reason)
            )
            cell = self._memory.cell(row.function, row.flow, row.task)
            is_old = is_same or key in cell.rejected
            # Rows that are only compared were already counted as unchanged.
            self.tally.unchanged += is_old - (key in leaf.compared)
            if not is_old:
                news.append(row)
        return news

    def _store(
        self, leaf: Leaf[EvaluationRow], rows: Sequence[EvaluationRow], stored: Stored
    ) -> None:
        """Queue the rows of a leaf, page by page."""
        by_page: dict[int, list[EvaluationRow]] = {}
        for row in rows:
            by_page.setdefault(leaf.origins.get((row.run, row.engine), 0), []).append(row)
        for position, some in sorted(by_page.items()):
            self._store_page(leaf.pages[min(position, len(leaf.pages) - 1)], some, stored)

    def _store_page(
        self, page: PackedAnswer, rows: Sequence[EvaluationRow], stored: Stored
    ) -> None:
        accepted: list[tuple[EvaluationRow, str]] = []
        touched: set[tuple[str, int, int]] = set()
        for row in rows:
            number = (row.run, row.engine)
            cell = self._memory.cell(row.function, row.flow, row.task)
            key, reason = self._setups.configuration_of(row, stored.get(number))
            touched.add((row.function, row.flow, row.task))
            if key is None:
                self.tally.rejected[reason] += 1
                if reason.startswith("task that"):
                    cell.rejected.add(number)  # listed, but not storable
                else:
                    self.tally.missing.append(
                        f"run {row.run}, setup {row.setup}, task {row.task}: {reason}"
                    )
                continue
            cell.stored.add(number)
            old = stored.get(number)
            self.tally.new += old is None
            self.tally.changed += old is not None
            if old is not None:  # evaluated again, hence its folds too
                self._folds.forget(row.function, row.flow, row.task, number)
            stored[number] = StoredEvaluation(
                f"openml:{row.task}", key, row.value, row.reason, False
            )
            accepted.append((row, key))
        cursors = [
            cell_cursor(f, flow, task, self._memory.cells[f][flow, task])
            for f, flow, task in sorted(touched)
        ]
        if accepted:
            batch = evaluation_batch(accepted, metric_of(accepted[0][0].function), page)
            self._loader.add(batch, pages=[page], cursors=cursors)
        elif cursors:
            self._loader.add(evaluation_batch([], metric_of(rows[0].function), page), pages=[page],
                             cursors=cursors)  # fmt: skip


def _title(part: Slice) -> str:
    def ids(name: str, values: tuple[int, ...] | None) -> str:
        if values is None:
            return f"all {name}s"
        listed = ",".join(str(v) for v in values[:8])
        return f"{name} {listed}{',...' if len(values) > 8 else ''}"

    return f"{part.function}, {ids('flow', part.flows)}, {ids('task', part.tasks)}"
