"""Tables with one run per row: meaning of the columns, and conversion to evaluations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from metalearn.core.arrays import Bools, Floats
from metalearn.core.metric import Metric
from metalearn.core.records import Batch, Source
from metalearn.harvesters import frames
from metalearn.harvesters.configuring import Configuring
from metalearn.harvesters.frames import Rejections, TaskRow
from metalearn.harvesters.long_table import Chunk, Parsed, chunked
from metalearn.harvesters.values import MISSING, numbers

__all__ = ["Layout", "RunTable"]

_Objects = npt.NDArray[np.object_]
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


@dataclass(slots=True)
class RunTable:
    """A long table (see `LongTable`) with a layout.

    Attributes:
        source: Where it comes from.
        layout: Meaning of the columns.
        rows: Gives `(line, cells)` from the start each time; None for a malformed row.
        configuring: How a row becomes a configuration.
        shared: Makes the head batch from algorithms' spaces and task keys.
        look: Called with every chunk of the first pass.
        remarks: Columns that are not read, with reasons; counted with the rejections.
    """

    source: Source
    layout: Layout
    rows: Callable[[], Iterable[tuple[int, list[str] | None]]]
    configuring: Configuring
    shared: Callable[[Mapping[str, str | None], Sequence[str], Sequence[Metric]], Batch]
    look: Callable[[Chunk], None] = lambda _: None
    remarks: tuple[str, ...] = ()
    _metrics: dict[str, Metric] = field(default_factory=dict)

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows from the start."""
        size = frames.BATCH_ROWS // max(1, len(self.layout.measures))
        return chunked(self.rows(), self.layout.names, size)

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
        good = np.array([c is not None for c in made], dtype=np.bool_)
        keys = np.array([c.key if c else "" for c in made], dtype=object)
        tasks, named = self._tasks(chunk, rejections)
        columns, sound = self._details(chunk, rejections)
        good &= named & sound
        task_keys = np.array([t.task if t else "" for t in tasks], dtype=object)
        parts = []
        for metric, texts, with_metric in self._scores(chunk, rejections):
            rows = np.flatnonzero(good & with_metric)
            values, kept = self._values(metric, texts, rows, columns["status"], chunk, rejections)
            rows = rows[kept]
            details = {name: column[rows] for name, column in columns.items()}
            parts.append(
                frames.evaluations_frame(
                    task=task_keys[rows], configuration=keys[rows], metric=metric.name,
                    value=values[kept], **details,
                )
            )  # fmt: skip
            if len(rows):
                self._metrics.setdefault(metric.name, metric)
        evaluations = pd.concat(parts or [frames.no_evaluations()], ignore_index=True)
        used = set(evaluations["task"])
        used_keys = set(evaluations["configuration"])
        return Parsed(
            evaluations,
            {task.task: task for task in tasks if task and task.task in used},
            [c for c in made if c and c.key in used_keys],
        )

    def _tasks(self, chunk: Chunk, rejections: Rejections) -> tuple[list[TaskRow | None], Bools]:
        texts = chunk.columns[self.layout.task]
        known = {text: self.layout.task_of(text.strip()) for text in dict.fromkeys(texts)}
        tasks = [known[text] for text in texts]
        named = np.array([task is not None for task in tasks], dtype=np.bool_)
        _count(rejections, f"{self.layout.task} names no task", ~named, chunk)
        return tasks, named

    def _scores(
        self, chunk: Chunk, rejections: Rejections
    ) -> Iterator[tuple[Metric, tuple[str, ...], Bools]]:
        for column, metric in self.layout.measures.items():
            yield metric, chunk.columns[column], np.ones(len(chunk), dtype=np.bool_)
        if self.layout.metric:
            texts = np.array(chunk.columns[self.layout.metric], dtype=object)
            for text in dict.fromkeys(texts):
                with_metric = np.asarray(texts == text, dtype=np.bool_)
                found = self.layout.metric_of(text.strip())
                if found is None:
                    reason = f"metric {text[:40]!r} is not known and has no direction"
                    _count(rejections, reason, with_metric, chunk)
                else:
                    yield found, chunk.columns[self.layout.value], with_metric

    def _values(
        self, metric: Metric, texts: tuple[str, ...], rows: npt.NDArray[np.intp],
        status: npt.NDArray[np.generic], chunk: Chunk, rejections: Rejections,
    ) -> tuple[Floats, Bools]:  # fmt: skip
        """Return the scores of `rows` and which of them can be used; failures have none."""
        chosen = [texts[i] for i in rows]
        values = numbers(chosen)
        if self.layout.holds_losses and metric.greater_is_better:
            values = (metric.optimum or 0.0) - values
        is_ok = status[rows] == "ok"
        nan = np.isnan(values)
        words = np.zeros(len(rows), dtype=np.bool_)
        words[nan] = [chosen[i].strip().lower() not in MISSING for i in np.flatnonzero(nan)]
        kept = np.ones(len(rows), dtype=np.bool_)
        for reason, bad in (
            ("is missing", nan & ~words),
            ("is not a number", words),
            ("is infinite", np.isinf(values)),
            ("is outside its range", frames.out_of_range(values, metric)),
        ):
            where = np.zeros(len(chunk), dtype=np.bool_)
            where[rows[bad & is_ok]] = True
            _count(rejections, f"{metric.name} {reason}", where, chunk)
            kept &= ~(bad & is_ok)
        return np.where(is_ok, values, np.nan), kept

    def _details(
        self, chunk: Chunk, rejections: Rejections
    ) -> tuple[dict[str, npt.NDArray[np.generic]], Bools]:
        """Return fold, seed, fidelity, status, reason and seconds of all rows."""
        good = np.ones(len(chunk), dtype=np.bool_)
        found: dict[str, npt.NDArray[np.generic]] = {}
        for role, default in (("fold", -1.0), ("seed", 0.0), ("fidelity", 1.0)):
            values = self._numbers(role, chunk, default)
            bad = ~np.isfinite(values) | (np.abs(values) > 2.0**53)
            if role == "fidelity":
                bad |= (values <= 0) | (values > 1)
            else:
                bad |= values != np.round(np.where(bad, 0, values))
            what = "is not a share in (0, 1]" if role == "fidelity" else "is not a whole number"
            _count(rejections, f"{role} {what}", bad, chunk)
            good &= ~bad
            found[role] = np.where(bad, default, values)
        for role in ("fit_s", "predict_s"):
            seconds = self._numbers(role, chunk, np.nan)
            found[role] = np.where(np.isfinite(seconds) & (seconds >= 0), seconds, np.nan)
        found["status"], found["reason"], known = self._status(chunk)
        _count(rejections, "status is not known", ~known, chunk)
        for text, reason in self.layout.unusable.items():
            texts = chunk.columns[self.layout.roles["status"]]
            rows = np.array([t.strip().lower() == text for t in texts], dtype=np.bool_)
            _count(rejections, reason, rows, chunk)
            good &= ~rows
        return found, good & known

    def _numbers(self, role: str, chunk: Chunk, default: float) -> Floats:
        """Return a column of numbers; `default` where the table or cell has none."""
        if role not in self.layout.roles:
            return np.full(len(chunk), default)
        texts = chunk.columns[self.layout.roles[role]]
        values = numbers(texts)
        for i in np.flatnonzero(np.isnan(values)):
            if texts[i].strip().lower() in MISSING:
                values[i] = default
        return values

    def _status(self, chunk: Chunk) -> tuple[_Objects, _Objects, Bools]:
        n = len(chunk)
        roles = self.layout.roles
        texts = chunk.columns[roles["status"]] if "status" in roles else ("ok",) * n
        reasons = chunk.columns[roles["reason"]] if "reason" in roles else ("",) * n
        ends = [_STATUSES.get(text.strip().lower()) for text in texts]
        status = np.array([end[0] if end else "ok" for end in ends], dtype=object)
        reason = np.array([None] * n, dtype=object)
        for i in np.flatnonzero(status != "ok"):
            end = ends[i]
            reason[i] = reasons[i].strip() or (end[1] if end else None)
        return status, reason, np.array([end is not None for end in ends], dtype=np.bool_)


def _count(rejections: Rejections, reason: str, rows: Bools, chunk: Chunk) -> None:
    if rows.any():
        first = f"line {chunk.lines[int(np.argmax(rows))]}"
        rejections.add(reason, int(rows.sum()), first)
