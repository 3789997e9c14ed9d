"""Values of single folds from `run/{id}`: fold number, value and seconds.

Listings with `per_fold/true` return the values of a run's folds without numbers and in varying
order; only `run/{id}`, one request per run, assigns values to folds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from metalearn.harvesters.openml.client import RefusedError, UnknownError
from metalearn.harvesters.openml.fields import (
    UnusableRowError,
    finite_number,
    natural_id,
    optional_id,
)
from metalearn.harvesters.openml.lookups import Asks, insist
from metalearn.harvesters.openml.transport import Answer
from metalearn.harvesters.openml.xml import Element, PageError, read_page

__all__ = ["FOLDS_A_REPEAT", "FoldRow", "RunDetails", "fetch_run", "read_run"]

FOLDS_A_REPEAT = 1000  # a fold is stored as 1000 x repeat + fold, for any number of folds
_MAX_REPEAT = 1000
# Measures of the seconds of a fold, most exact first, with units per second.
_FIT = (("usercpu_time_millis_training", 1000.0), ("wall_clock_time_millis_training", 1000.0),
        ("build_cpu_time", 1.0))  # fmt: skip
_PREDICT = (("usercpu_time_millis_testing", 1000.0), ("wall_clock_time_millis_testing", 1000.0))


class FoldRow(NamedTuple):
    """The value of one measure in one fold; `fold` is 1000 x repeat + fold."""

    fold: int
    value: float | None
    reason: str | None  # reason for a missing value
    fit_s: float | None
    predict_s: float | None


@dataclass(frozen=True, slots=True)
class RunDetails:
    """A run's values fold by fold.

    Attributes:
        run: Its id.
        task: The id of its task.
        folds: Measure -> its folds, ascending; measures without folds are absent.
        rejected: Number of unusable values by reason.
    """

    run: int
    task: int
    folds: Mapping[str, tuple[FoldRow, ...]]
    rejected: Counter[str] = field(default_factory=Counter)


def read_run(body: bytes) -> RunDetails:
    """Return the fold values in the body of `run/{id}`.

    Raises:
        PageError: If the body is not a run.
    """
    root = read_page(body)
    if root.tag != "run":
        raise PageError(f"expected a run, got <{root.tag}>")
    rejected: Counter[str] = Counter()
    values: dict[str, dict[int, str]] = {}
    doubtful: set[str] = set()
    for element in _evaluations(root):
        try:
            function, fold, text = _fold_value(element)
        except UnusableRowError as error:
            rejected[f"fold: {error}"] += 1
            continue
        if values.setdefault(function, {}).setdefault(fold, text) != text:
            doubtful.add(function)  # values of two engines that cannot be distinguished
    for function in doubtful:
        rejected["fold: two values of one measure"] += len(values.pop(function))
    try:
        run, task = natural_id(root.find("run_id")), natural_id(root.find("task_id"))
    except UnusableRowError as error:
        raise PageError(f"run: {error}") from None
    return RunDetails(
        run, task, {f: _rows(folds, values) for f, folds in values.items()}, rejected
    )


def fetch_run(client: Asks, run: int) -> tuple[RunDetails, Answer] | None:
    """Return the details of a run and the answer; None if the server does not show it.

    Raises:
        UnansweredError: If no usable answer came.
    """

    def read(body: bytes) -> RunDetails:
        found = read_run(body)
        if found.run != run:
            raise PageError("a run that was not requested")
        return found

    try:
        return insist(client, f"run/{run}", read)
    except (UnknownError, RefusedError):
        return None


def _evaluations(root: Element) -> Iterator[Element]:
    for output in root.all("output_data"):
        for element in output.all("evaluation"):
            # Without a fold it is the value of the whole run, as listed; samples of a learning
            # curve are no folds.
            if "fold" in element.attributes and "sample" not in element.attributes:
                yield element


def _fold_value(element: Element) -> tuple[str, int, str]:
    repeat = optional_id(element.attributes.get("repeat", "0"))
    fold = optional_id(element.attributes["fold"])
    if repeat is None or fold is None or repeat >= _MAX_REPEAT or fold >= FOLDS_A_REPEAT:
        raise UnusableRowError("an impossible number")
    function = element.find("name") or ""
    if not function:
        raise UnusableRowError("no measure")
    return function, FOLDS_A_REPEAT * repeat + fold, element.find("value") or ""


def _rows(
    folds: Mapping[int, str], values: Mapping[str, Mapping[int, str]]
) -> tuple[FoldRow, ...]:
    found = []
    for fold, text in sorted(folds.items()):
        value = finite_number(text)
        reason = None
        if value is None:
            reason = f"value is not a finite number: {text[:40]}" if text else "no value"
        found.append(
            FoldRow(fold, value, reason, _seconds(_FIT, fold, values),
                    _seconds(_PREDICT, fold, values))
        )  # fmt: skip
    return tuple(found)


def _seconds(
    measures: tuple[tuple[str, float], ...], fold: int, values: Mapping[str, Mapping[int, str]]
) -> float | None:
    for function, units in measures:
        value = finite_number(values.get(function, {}).get(fold, ""))
        if value is not None and value >= 0:
            return value / units
    return None
