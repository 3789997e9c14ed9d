"""Which columns of a published table hold scores and tasks: by name, or as an option says."""

from __future__ import annotations

from collections.abc import Sequence

from metalearn.core.metric import Metric, metric_named
from metalearn.errors import UnknownNameError, UsageError
from metalearn.harvesters.options import Options

__all__ = ["TASK_COLUMNS", "left_out", "measure_of", "task_column", "way_out"]

TASK_COLUMNS = (
    "task", "task_id", "dataset", "dataset_id", "dataset_name", "data_set", "data_id", "did",
    "openml_task_id", "openml_id", "instance_id", "problem",
)  # fmt: skip
_DIRECTIONS = {"maximize": True, "maximise": True, "max": True,
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
    try:
        known: Metric | None = metric_named(plain)
    except UnknownNameError:
        known = None
    if options.score not in (column, plain):
        return known
    if not options.direction:
        if known is None:
            raise UsageError(f"whether more of {column!r} is better is not known; add --direction "
                             "maximize or --direction minimize")  # fmt: skip
        return known
    if options.direction not in _DIRECTIONS:
        raise UsageError(f"--direction: expected maximize or minimize, got {options.direction!r}")
    more_is_better = _DIRECTIONS[options.direction]
    if known is None:
        return Metric(column, more_is_better)
    if known.greater_is_better != more_is_better:
        raise UsageError(
            f"--direction {options.direction}: {plain!r} is known to be of the other direction; "
            "leave --direction out, or rename the column if it holds losses"
        )
    return known


def left_out(column: str) -> str:
    """Return the reason why a column of scores is not read."""
    return f"column {column!r} is left out: its direction is not known (--score, --direction)"


def task_column(header: Sequence[str], options: Options) -> str:
    """Return the column that names the task; "" if there is none.

    Raises:
        UsageError: If the column that is named is not there.
    """
    if options.task_column:
        if options.task_column not in header:
            raise UsageError(
                f"--task-column: there is no column {options.task_column!r}; the table has "
                f"{', '.join(header)}"
            )
        return options.task_column
    lower = {name.lower(): name for name in reversed(header)}
    return next((lower[name] for name in TASK_COLUMNS if name in lower), "")


def way_out(form: str, path: str, option: str) -> str:
    """Return the line to type that names what could not be found."""
    return f"type: metalearn import {form} {path} {option}"
