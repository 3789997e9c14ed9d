"""Second levels on groups of trials: all of them, or the best of each learner.

The stacked ensembles of H2O (LeDell & Poirier 2020). A group is judged on folds that its second
level was not fitted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from metalearn.automl.library import Library
from metalearn.automl.stacking import fitted_stacker, held_out_losses

__all__ = ["StackedGroup", "best_group"]

_MOST_MEMBERS = 25
_MOST_VALUES = 300_000


@dataclass(frozen=True, slots=True, eq=False)
class StackedGroup:
    """A second level on a group of trials.

    Attributes:
        members: Positions in the library.
        stacker: The fitted second level, a scikit-learn model.
        nested_loss: Mean loss on folds that the second level was not fitted on.
    """

    members: tuple[int, ...]
    stacker: Any
    nested_loss: float


def best_group(
    library: Library, order: Sequence[int], groups: Sequence[str]
) -> StackedGroup | None:
    """Return the group with the lowest loss on left-out folds, or None if none can be stacked.

    Args:
        library: All trials.
        order: Positions of the finished trials, best first.
        groups: Names: `all`, `families`.
    """
    task, objective = library.task, library.objective
    truth, folds = task.truth, task.validation.fold_of
    found: list[StackedGroup] = []
    for name in groups:
        members = tuple(order if name == "all" else _best_of_each(library, order))[:_MOST_MEMBERS]
        if len(members) < 2 or len(np.unique(folds)) < 2:
            continue
        predictions = library.predictions(list(members))
        if predictions.size > _MOST_VALUES:
            continue
        losses = held_out_losses(predictions, objective, truth, folds)
        if losses is not None:
            stacker = fitted_stacker(predictions, truth)
            found.append(StackedGroup(members, stacker, float(losses.mean())))
    return min(found, key=lambda group: group.nested_loss, default=None)


def _best_of_each(library: Library, order: Sequence[int]) -> list[int]:
    """Return the first position of each algorithm."""
    first: dict[str, int] = {}
    for i in order:
        first.setdefault(library.trials[i].configuration.algorithm, i)
    return list(first.values())
