"""Splits over tasks, never over configurations; near-duplicates stay together (METHODS 12)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from metalearn.core.arrays import Ints
from metalearn.errors import NotEnoughMetaDataError, UsageError

__all__ = ["SPLITS", "Split", "task_folds"]

Split = Literal["10-fold", "leave-one-task-out"]
SPLITS: tuple[Split, ...] = get_args(Split)
_N_FOLDS = 10


def task_folds(groups: Ints, split: Split, seed: int) -> Sequence[tuple[Ints, Ints]]:
    """Return (training tasks, test tasks) of each fold, as indices.

    Args:
        groups: `(n_tasks,)`; tasks of equal number are near-duplicates. Folds are drawn over
            groups in order of first appearance, which are the tasks themselves if all differ.
        split: `10-fold` (shuffled; fewer folds if there are fewer groups) or `leave-one-task-out`
            (with a task, its near-duplicates are left out of training too).
        seed: Seed of the shuffle.

    Raises:
        NotEnoughMetaDataError: If there are fewer than two groups.
        UsageError: If the split is unknown.
    """
    from sklearn.model_selection import KFold

    if split not in SPLITS:
        raise UsageError(f"unknown split {split!r}; known: {', '.join(SPLITS)}")
    _, first, member = np.unique(groups, return_index=True, return_inverse=True)
    # Number groups by first appearance, so that without near-duplicates a group is its task.
    group_of = np.argsort(np.argsort(first))[member]
    n_groups = len(first)
    if n_groups < 2:
        raise NotEnoughMetaDataError(
            f"an evaluation over tasks needs at least 2 tasks that are no near-duplicates; the "
            f"snapshot has {n_groups}. Collect or import more (metalearn import)"
        )
    if split == "10-fold":
        splitter = KFold(min(_N_FOLDS, n_groups), shuffle=True, random_state=seed)
    else:
        splitter = KFold(n_groups)
    return [
        (np.flatnonzero(np.isin(group_of, train)), np.flatnonzero(np.isin(group_of, test)))
        for train, test in splitter.split(np.arange(n_groups))
    ]
