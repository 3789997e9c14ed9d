"""Columns of scores and tasks in a published table, by name or by option."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from pathlib import Path

from metalearn.core.metric import Metric, metric_named
from metalearn.errors import UnknownNameError, UsageError
from metalearn.harvesters.options import Options

__all__ = [
    "DIRECTIONS",
    "TASK_COLUMNS",
    "known_metric",
    "left_out",
    "measure_of",
    "not_read",
    "refuse_options",
    "task_column",
    "task_in",
    "way_out",
]

TASK_COLUMNS = (
    "task", "task_id", "dataset", "dataset_id", "dataset_name", "data_set", "data_id", "did",
    "openml_task_id", "openml_id", "instance_id", "problem",
)  # fmt: skip
_SHOWN = 30
DIRECTIONS = {"maximize": True, "maximise": True, "max": True,
              "minimize": False, "minimise": False, "min": False}  # fmt: skip


def measure_of(column: str, options: Options, prefix: str = "") -> Metric | None:
    """Return the metric of a column of scores; None if its direction is not known.

    Args:
        column: The column.
        options: Whose `score` may name this column, with or without the prefix.
        prefix: What stands before the names of metrics.

    Raises:
        UsageError: If the column is named as the score, and the direction is missing or wrong.
    """
    plain = column.removeprefix(prefix)
    known = known_metric(plain)
    if options.score not in (column, plain):
        return known
    if not options.direction:
        if known is None:
            raise UsageError(f"whether more of {column!r} is better is not known; add --direction "
                             "maximize or --direction minimize")  # fmt: skip
        return known
    if options.direction not in DIRECTIONS:
        raise UsageError(f"--direction: expected maximize or minimize, got {options.direction!r}")
    more_is_better = DIRECTIONS[options.direction]
    if known is None:
        return Metric(column, more_is_better)
    if known.greater_is_better != more_is_better:
        raise UsageError(
            f"--direction {options.direction}: {plain!r} is known to be of the other direction; "
            "leave --direction out, or rename the column if it holds losses"
        )
    return known


def known_metric(name: str) -> Metric | None:
    """Return the metric of that name or alias; None if there is none."""
    try:
        return metric_named(name)
    except UnknownNameError:
        return None


def left_out(column: str) -> str:
    """Return the reason why a column of scores is not read."""
    return f"column {column!r} is left out: its direction is not known (--score, --direction)"


def task_column(
    header: Sequence[str], options: Options, others: Collection[str] | None = None
) -> str:
    """Return the column that names the task; "" if there is none.

    Args:
        header: All columns.
        options: Whose `task_column` may name it.
        others: What all other columns of the format are called; if one column alone has another
            name, and none a usual one, it is the task's.

    Raises:
        UsageError: If the column that is named is not there.
    """
    if options.task_column:
        if options.task_column not in header:
            raise UsageError(
                f"--task-column: there is no column {options.task_column!r}; the table has "
                f"{', '.join(header[:_SHOWN])}{' ...' * (len(header) > _SHOWN)}"
            )
        return options.task_column
    left = [] if others is None else [name for name in header if name not in others]
    return task_in(header) or (left[0] if len(left) == 1 else "")


def task_in(header: Sequence[str]) -> str:
    """Return the first column with a usual name for the task; "" if there is none."""
    lower = {name.lower(): name for name in reversed(header)}
    return next((lower[name] for name in TASK_COLUMNS if name in lower), "")


def not_read(column: str) -> str:
    """Return the reason why a column that the format does not know is not read."""
    return f"column {column!r} is left out: the format has no such column"


def refuse_options(form: str, options: Options, reason: str, *flags: str) -> None:
    """Refuse options that mean nothing for a format.

    Args:
        form: The format.
        options: What was given.
        reason: Why they mean nothing.
        flags: Of `score`, `direction` and `task_column`, those that mean nothing.

    Raises:
        UsageError: If one of them is given.
    """
    for flag in flags:
        if getattr(options, flag):
            option = f"--{flag.replace('_', '-')}"
            raise UsageError(f"{option} means nothing for {form}: {reason}; leave it out")


def way_out(form: str, path: Path, options: Options, option: str) -> str:
    """Return the line to type that names what could not be found."""
    command = options.command or f"metalearn import {form} {shlex.quote(path.name)}"
    return f"type: {command} {option}"
