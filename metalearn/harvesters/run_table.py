"""Tables with one run per row: meaning of the columns, and conversion to evaluations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from metalearn.core.arrays import Bools, Floats
from metalearn.core.metric import Metric
from metalearn.core.records import Batch, Source
from metalearn.harvesters import chunks, frames
from metalearn.harvesters.cells import Cells, Coded, joint
from metalearn.harvesters.chunks import Chunk, ReadChunks, reject
from metalearn.harvesters.configuring import Configuring
from metalearn.harvesters.frames import Rejections, TaskRow
from metalearn.harvesters.long_table import Parsed

__all__ = ["Layout", "RunTable"]

_Rows = npt.NDArray[np.intp]
# Status text of a source -> (our status, reason unless the source gives one).
_STATUSES: Mapping[str, tuple[str, str | None]] = {
    "": ("ok", None), "ok": ("ok", None), "success": ("ok", None),
    "failed": ("failed", "failed"), "error": ("failed", "error"),
    "other": ("failed", "other"), "not_applicable": ("failed", "not applicable"),
    "timeout": ("timeout", "timeout"), "memout": ("crashed", "out of memory"),
    "crash": ("crashed", "crash"), "crashed": ("crashed", "crash"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """Meaning of the columns.

    Attributes:
        names: All columns, in the order of the file.
        task: Column with the task's id or name.
        task_of: Text of that column -> the task, None if it names none.
        measures: Column -> metric of the scores in it.
        metric: Column with the metric's name, where scores are in one column `value`.
        metric_of: Text of that column -> the metric, None if its direction is not known.
        holds_losses: Columns hold `optimum - score` instead of the score.
        unusable: Statuses without information on the configuration -> reason for rejection.
        roles: Of `fold`, `seed`, `fidelity`, `status`, `reason`, `fit_s`, `predict_s`, those that
            the table has -> column.
    """

    names: tuple[str, ...]
    task: str
    task_of: Callable[[str], TaskRow | None]
    measures: Mapping[str, Metric] = field(default_factory=dict)
    metric: str = ""
    value: str = ""
    metric_of: Callable[[str], Metric | None] = lambda _: None
    holds_losses: bool = False
    unusable: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Details:
    """What the rows of a chunk say beside task, configuration and score.

    Attributes:
        numbers: `fold`, `seed`, `fidelity`, `fit_s` and `predict_s`, `(n_rows,)` each.
        outcomes: Our status of each row, and why there is no score; None if there is one.
    """

    numbers: Mapping[str, Floats]
    outcomes: Coded[tuple[str, str | None]]

    @property
    def status(self) -> Coded[str]:
        return self.outcomes.map(lambda outcome: outcome[0])

    @property
    def reason(self) -> Coded[str | None]:
        return self.outcomes.map(lambda outcome: outcome[1])

    @property
    def is_ok(self) -> Bools:
        return self.status.where("ok".__eq__)


@dataclass(slots=True)
class _Scores:
    """Usable scores of a chunk, metric by metric."""

    names: list[str] = field(default_factory=list)
    rows: list[_Rows] = field(default_factory=lambda: [np.zeros(0, dtype=np.intp)])
    values: list[Floats] = field(default_factory=lambda: [np.zeros(0)])

    def add(self, metric: Metric, rows: _Rows, values: Floats) -> None:
        self.names.append(metric.name)
        self.rows.append(rows)
        self.values.append(values)

    @property
    def all_rows(self) -> _Rows:
        return np.concatenate(self.rows)

    @property
    def all_values(self) -> Floats:
        return np.concatenate(self.values)

    @property
    def metrics(self) -> pd.Categorical[Any]:
        lengths = [len(rows) for rows in self.rows[1:]]
        codes = np.repeat(np.arange(len(self.names)), lengths)
        return Coded(self.names, codes).categorical(np.arange(len(codes)))


@dataclass(slots=True)
class RunTable:
    """A long table (see `LongTable`) with a layout.

    Attributes:
        source: Where it comes from.
        layout: Meaning of the columns.
        read: Gives the chunks from the start each time.
        configuring: How a row becomes a configuration.
        shared: Makes the head batch from algorithms' spaces and task keys.
        look: Called with every chunk of the first pass.
        remarks: Columns that are not read, with reasons; counted with the rejections.
    """

    source: Source
    layout: Layout
    read: ReadChunks
    configuring: Configuring
    shared: Callable[[Mapping[str, str | None], Sequence[str], Sequence[Metric]], Batch]
    look: Callable[[Chunk], None] = lambda _: None
    remarks: tuple[str, ...] = ()
    _metrics: dict[str, Metric] = field(default_factory=dict)

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows from the start."""
        return self.read(max(1, chunks.CHUNK_ROWS // max(1, len(self.layout.measures))))

    def survey(self, chunk: Chunk) -> None:
        """Learn column types."""
        self.configuring.survey(chunk)
        self.look(chunk)

    def head(self, tasks: Sequence[str]) -> Batch:
        """Return algorithms, metrics and meta-features."""
        return self.shared(self.configuring.spaces(), tasks, tuple(self._metrics.values()))

    def parse(self, chunk: Chunk, rejections: Rejections) -> Parsed:
        """Return the evaluations of a chunk."""
        if chunk.malformed:
            first = f"line {chunk.malformed[0]}"
            rejections.add("row has the wrong number of fields", len(chunk.malformed), first)
        for remark in self.remarks:
            rejections.add(remark, len(chunk))
        made = self.configuring.make(chunk, rejections)
        tasks = self._tasks(chunk, rejections)
        details, good = self._details(chunk, rejections)
        good &= made.where(_is_known) & tasks.where(_is_known)
        scores = _Scores()
        for metric, cells, with_metric in self._scores(chunk, rejections):
            rows = np.flatnonzero(good & with_metric)
            values, kept = self._values(metric, cells, rows, details.is_ok, chunk, rejections)
            scores.add(metric, rows[kept], values[kept])
            if kept.any():
                self._metrics.setdefault(metric.name, metric)
        rows = scores.all_rows
        task_keys = tasks.map(lambda task: task.task if task else None)
        keys = made.map(lambda configuration: configuration.key if configuration else None)
        evaluations = frames.evaluations_frame(
            task=task_keys.categorical(rows), configuration=keys.categorical(rows),
            metric=scores.metrics, value=scores.all_values,
            status=details.status.categorical(rows), reason=details.reason.spread(rows),
            **{role: column[rows] for role, column in details.numbers.items()},
        )  # fmt: skip
        used, used_keys = task_keys.values_of(rows), keys.values_of(rows)
        return Parsed(
            evaluations,
            {task.task: task for task in tasks.distinct if task and task.task in used},
            [c for c in made.distinct if c and c.key in used_keys],
        )

    def _tasks(self, chunk: Chunk, rejections: Rejections) -> Coded[TaskRow | None]:
        texts = chunk.columns[self.layout.task].coded
        tasks = texts.map(lambda text: self.layout.task_of(text.strip()))
        reject(rejections, f"{self.layout.task} names no task", ~tasks.where(_is_known), chunk)
        return tasks

    def _scores(
        self, chunk: Chunk, rejections: Rejections
    ) -> Iterator[tuple[Metric, Cells, Bools]]:
        for column, metric in self.layout.measures.items():
            yield metric, chunk.columns[column], np.ones(len(chunk), dtype=np.bool_)
        if self.layout.metric:
            texts = chunk.columns[self.layout.metric].coded
            for code, text in enumerate(texts.distinct):
                with_metric = np.asarray(texts.codes == code, dtype=np.bool_)
                found = self.layout.metric_of(text.strip())
                if found is None:
                    reason = f"metric {text[:40]!r} is not known and has no direction"
                    reject(rejections, reason, with_metric, chunk)
                else:
                    yield found, chunk.columns[self.layout.value], with_metric

    def _values(
        self, metric: Metric, cells: Cells, rows: _Rows, status_is_ok: Bools, chunk: Chunk,
        rejections: Rejections,
    ) -> tuple[Floats, Bools]:  # fmt: skip
        """Return the scores of `rows` and which of them can be used; failures have none."""
        values = cells.numbers()[rows]
        if self.layout.holds_losses and metric.greater_is_better:
            values = (metric.optimum or 0.0) - values
        is_ok = status_is_ok[rows]
        nan = np.isnan(values)
        missing = cells.is_missing()[rows] if nan.any() else nan
        kept = np.ones(len(rows), dtype=np.bool_)
        for reason, bad in (
            ("is missing", nan & missing),
            ("is not a number", nan & ~missing),
            ("is infinite", np.isinf(values)),
            ("is outside its range", frames.out_of_range(values, metric)),
        ):
            where = np.zeros(len(chunk), dtype=np.bool_)
            where[rows[bad & is_ok]] = True
            reject(rejections, f"{metric.name} {reason}", where, chunk)
            kept &= ~(bad & is_ok)
        return np.where(is_ok, values, np.nan), kept

    def _details(self, chunk: Chunk, rejections: Rejections) -> tuple[_Details, Bools]:
        """Return fold, seed, fidelity, seconds, status and reason, and which rows can be used."""
        good = np.ones(len(chunk), dtype=np.bool_)
        found: dict[str, Floats] = {}
        for role, default in (("fold", -1.0), ("seed", 0.0), ("fidelity", 1.0)):
            values = self._numbers(role, chunk, default)
            bad = ~np.isfinite(values) | (np.abs(values) > 2.0**53)
            if role == "fidelity":
                bad |= (values <= 0) | (values > 1)
            else:
                bad |= values != np.round(np.where(bad, 0, values))
            what = "is not a share in (0, 1]" if role == "fidelity" else "is not a whole number"
            reject(rejections, f"{role} {what}", bad, chunk)
            good &= ~bad
            found[role] = np.where(bad, default, values)
        for role in ("fit_s", "predict_s"):
            seconds = self._numbers(role, chunk, np.nan)
            found[role] = np.where(np.isfinite(seconds) & (seconds >= 0), seconds, np.nan)
        texts = self._texts("status", chunk)
        ends = texts.map(lambda text: _STATUSES.get(text.strip().lower()))
        reject(rejections, "status is not known", ~ends.where(_is_known), chunk)
        for text, reason in self.layout.unusable.items():
            unusable = texts.map(lambda status: status.strip().lower()).where(text.__eq__)
            reject(rejections, reason, unusable, chunk)
            good &= ~unusable
        outcomes = joint([ends, self._texts("reason", chunk)], len(chunk)).map(_outcome)
        return _Details(found, outcomes), good & ends.where(_is_known)

    def _numbers(self, role: str, chunk: Chunk, default: float) -> Floats:
        """Return a column of numbers; `default` where the table or cell has none."""
        if role not in self.layout.roles:
            return np.full(len(chunk), default)
        cells = chunk.columns[self.layout.roles[role]]
        values = cells.numbers()
        nan = np.isnan(values)
        if nan.any():
            values[nan & cells.is_missing()] = default
        return values

    def _texts(self, role: str, chunk: Chunk) -> Coded[str]:
        """Return a column of texts, empty ones if the table has none."""
        if role not in self.layout.roles:
            return Coded([""] * bool(len(chunk)), np.zeros(len(chunk), dtype=np.intp))
        return chunk.columns[self.layout.roles[role]].coded


def _is_known(value: object) -> bool:
    return value is not None


def _outcome(found: tuple[tuple[str, str | None] | None, str]) -> tuple[str, str | None]:
    """Return status and reason from the end that a status text names, and the text of a reason."""
    end, text = found
    if end is None or end[0] == "ok":
        return "ok", None
    return end[0], text.strip() or end[1]
