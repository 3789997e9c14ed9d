"""What `recommend` says of tasks left out, beside the stored scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.task import TargetTask
from metalearn.recommenders.expected_score import Expectation
from metalearn.workflows.evaluate.folds import task_folds
from metalearn.workflows.recommend.ask import DEFAULT_RECOMMENDER
from metalearn.workflows.recommend.expectation import expectation
from metalearn.workflows.recommend.floor import Floor
from metalearn.workflows.recommend.known import Known, fitted_for

__all__ = ["held_out_rows", "split_rows"]

_N_LISTED = 5


def held_out_rows(known: Known, *, n_folds: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield one row for each task and place: the first line, the first five, all configurations.

    Args:
        known: The known tasks; families are left out in ten folds.
        n_folds: Number of folds that are played; None plays all.
    """
    for train, test in task_folds(known.meta.groups, "10-fold", 0)[:n_folds]:
        yield from split_rows(known, train, test)


def split_rows(known: Known, train: Ints, test: Ints) -> Iterator[dict[str, Any]]:
    """Yield the same rows for some tasks, fitted on some others."""
    meta, rest = known.meta, _without(known, train)
    fitted = fitted_for(rest, DEFAULT_RECOMMENDER, 0)
    for i in test:
        target = TargetTask(meta.meta_features[i])
        floor = Floor.of(meta.metric, float(known.floor[i]), rest.floor)
        found = expectation(rest.imputed, fitted, target, floor, 0)
        kept = ~rest.is_degenerate & ~floor.is_below(found.mean)
        order = np.argsort(fitted.ranker.score(target), kind="stable")
        order = [int(j) for j in order if kept[j]][:_N_LISTED]
        places = {"first": order[:1], "first five": order, "all": [*range(len(kept))]}
        for place, columns in places.items():
            shared = {"metric": meta.metric.name, "task": meta.tasks[i].name, "place": place}
            yield from _compared(shared, found, meta.losses[i], np.array(columns, np.int64))


def _without(known: Known, train: Ints) -> Known:
    """Return what would be known of the training tasks alone."""
    meta = known.meta.take(train)
    floor = known.floor[train]
    degenerate = Floor.of(meta.metric, np.nan, floor).is_degenerate(meta.losses)
    return replace(known, key="", meta=meta, floor=floor, is_degenerate=degenerate)


def _compared(
    shared: dict[str, Any], found: Expectation, losses: Floats, columns: Ints
) -> Iterator[dict[str, Any]]:
    """Yield the shares of stored losses below, inside and above the intervals of one task."""
    columns = columns[np.isfinite(losses[columns])]
    if not len(columns):
        return
    low, high, mean = found.low[columns], found.high[columns], found.mean[columns]
    true = losses[columns]
    yield shared | {
        "inside": float(((true >= low) & (true <= high)).mean()),
        "better": float((true < low).mean()),
        "worse": float((true > high).mean()),
        "width": float((high - low).mean()),
        "error": float(np.abs(true - mean).mean()),
        "bias": float((true - mean).mean()),
    }
