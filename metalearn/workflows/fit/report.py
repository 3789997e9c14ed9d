"""What the page of a fit shows, computed once: a small frozen result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from metalearn.automl.held_out import ColumnImportance, HeldOut, column_importance, held_out
from metalearn.automl.objective import objective_of
from metalearn.errors import MetalearnError
from metalearn.workflows.fit.ask import TableFit

__all__ = ["Expected", "FitReport", "report_of"]

_EXPECTED_K = 60


@dataclass(frozen=True, slots=True)
class Expected:
    """A configuration with the score that the memory expected and the one that it achieved.

    Attributes:
        algorithm: Its algorithm.
        expected: Expected score.
        low: Lower end of the interval that holds 80 % of the scores.
        high: Its upper end.
        achieved: Out-of-fold score on the table.
    """

    algorithm: str
    expected: float
    low: float
    high: float
    achieved: float


@dataclass(frozen=True, slots=True, eq=False)
class FitReport:
    """A fit, for its page.

    Attributes:
        found: The fit.
        document: Of `metalearn fit --json`.
        phases: Names and seconds of what the time went into, in order.
        held_out: Out-of-fold predictions; None if there are none.
        importance: Importance of columns; None for a constant prediction.
        expected: Scores expected and achieved, of configurations that have both.
        remembered: What was remembered, in words.
    """

    found: TableFit
    document: dict[str, Any]
    phases: tuple[tuple[str, float], ...]
    held_out: HeldOut | None
    importance: ColumnImportance | None
    expected: tuple[Expected, ...]
    remembered: str


def report_of(found: TableFit, *, time_limit_s: float = 8.0) -> FitReport:
    """Return what the page of a fit shows.

    Args:
        found: The fit, just made.
        time_limit_s: Seconds that the importance of columns may take.
    """
    model, table = found.model, found.table
    return FitReport(
        found,
        found.to_dict(),
        _phases(found),
        held_out(model),
        column_importance(model, table.X, table.y, time_limit_s=time_limit_s),
        _expected(found),
        _remembered(found),
    )


def _phases(found: TableFit) -> tuple[tuple[str, float], ...]:
    """Return where the seconds went: reading, search, finish, and what is left of the budget."""
    ended = found.model.trials_["ended_s"].to_numpy(dtype=np.float64)
    search = float(ended.max()) if len(ended) else 0.0
    finish = max(found.seconds - found.reading_s - search, 0.0)
    left = max(found.budget_s - found.seconds, 0.0)
    return (
        ("reading the table", found.reading_s),
        ("advice and search", search),
        ("weights, refits, remembering", finish),
        ("left of the budget", left),
    )


def _expected(found: TableFit) -> tuple[Expected, ...]:
    from metalearn.store import open_store
    from metalearn.workflows.recommend.ask import RecommendRequest, recommend_for

    model, table = found.model, found.table
    metric = objective_of(model.metric, table.kind)
    if metric.name != metric.stored:
        return ()
    exclude = (model.exclude,) if isinstance(model.exclude, str) else tuple(model.exclude or ())
    request = RecommendRequest(k=_EXPECTED_K, metric=metric.stored, exclude=exclude)
    try:
        with open_store(model.kb) as store:
            listed = recommend_for(table, store, request)
    except MetalearnError:
        return ()  # without a memory there was no expectation
    board = model.leaderboard_
    achieved = dict(zip(board["configuration"], board["score"], strict=True))
    return tuple(
        Expected(item.configuration.algorithm, item.expected_score, item.score_low,
                 item.score_high, float(achieved[item.configuration]))
        for item in listed
        if item.configuration in achieved
    )  # fmt: skip


def _remembered(found: TableFit) -> str:
    model = found.model
    if not model.remember:
        return "nothing (--no-remember)"
    n = model.n_remembered_
    if not n:
        return "nothing; the notes name the reason"
    return (
        f"{n} evaluations of configurations on this table, with their seconds and the table's "
        "meta-features; no row of the table"
    )
