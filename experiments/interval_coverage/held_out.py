"""What `recommend` says of tasks left out, beside the stored scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.task import TargetTask
from metalearn.recommenders.expected_score import Expectation
from metalearn.store import Store
from metalearn.workflows.evaluate.folds import task_folds
from metalearn.workflows.recommend.ask import DEFAULT_RECOMMENDER
from metalearn.workflows.recommend.expectation import expectation
from metalearn.workflows.recommend.floor import Floor
from metalearn.workflows.recommend.known import Known, fitted_for

__all__ = ["SINGLE_FOLDS", "fold_losses", "held_out_rows", "split_rows"]

SINGLE_FOLDS = "first, single folds"
_N_LISTED = 5


def held_out_rows(
    known: Known, *, n_folds: int | None = None, by_fold: Floats | None = None
) -> Iterator[dict[str, Any]]:
    """Yield one row for each task and place: the first line, the first five, all configurations.

    Args:
        known: The known tasks; families are left out in ten folds.
        n_folds: Number of folds that are played; None plays all.
        by_fold: Losses of single folds, see `fold_losses`; with them, a fourth place holds the
            losses of the first line on single folds.
    """
    for train, test in task_folds(known.meta.groups, "10-fold", 0)[:n_folds]:
        yield from split_rows(known, train, test, by_fold)


def fold_losses(store: Store, known: Known) -> Floats:
    """Return the losses of single folds, `(n_folds, n_tasks, n_configurations)`; NaN = none."""
    meta = known.meta
    rows = store.frame(
        "SELECT task, configuration, fold, value FROM evaluation "
        "WHERE metric = $metric AND fidelity = 1 AND NOT vanished", {"metric": meta.metric.name},
    )  # fmt: skip
    task = {t.key: i for i, t in enumerate(meta.tasks)}
    column = {c.key: j for j, c in enumerate(meta.configurations)}
    rows = rows[rows["task"].isin(list(task)) & rows["configuration"].isin(list(column))]
    found = np.full((int(rows["fold"].max()) + 1, meta.n_tasks, meta.n_configurations), np.nan)
    at = rows["fold"], rows["task"].map(task), rows["configuration"].map(column)
    found[tuple(np.asarray(index, np.int64) for index in at)] = meta.metric.loss(
        rows["value"].to_numpy(np.float64)
    )
    return found


def split_rows(
    known: Known, train: Ints, test: Ints, by_fold: Floats | None = None
) -> Iterator[dict[str, Any]]:
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
        shared = {"metric": meta.metric.name, "task": meta.tasks[i].name}
        for place, columns in places.items():
            some = np.array(columns, np.int64)
            yield from _compared(shared | {"place": place}, found, some, meta.losses[i, some])
        if by_fold is not None and order:
            single = by_fold[:, i, order[0]]
            some = np.full(len(single), order[0])
            yield from _compared(shared | {"place": SINGLE_FOLDS}, found, some, single)


def _without(known: Known, train: Ints) -> Known:
    """Return what would be known of the training tasks alone."""
    meta = known.meta.take(train)
    floor = known.floor[train]
    degenerate = Floor.of(meta.metric, np.nan, floor).is_degenerate(meta.losses)
    return replace(known, key="", meta=meta, floor=floor, is_degenerate=degenerate)


def _compared(
    shared: dict[str, Any], found: Expectation, columns: Ints, losses: Floats
) -> Iterator[dict[str, Any]]:
    """Yield the shares of stored losses of some columns below, inside and above the intervals."""
    known = np.isfinite(losses)
    if not known.any():
        return
    columns, true = columns[known], losses[known]
    low, high, mean = found.low[columns], found.high[columns], found.mean[columns]
    yield shared | {
        "inside": float(((true >= low) & (true <= high)).mean()),
        "better": float((true < low).mean()),
        "worse": float((true > high).mean()),
        "width": float((high - low).mean()),
        "error": float(np.abs(true - mean).mean()),
        "bias": float((true - mean).mean()),
    }
