"""A configuration whose first fold is poor does not get the other folds.

Poor means far from the best loss on the same rows, on the way to that of a constant prediction on
them. A few rows do not tell, and on small tables the other folds take no time.
"""

from __future__ import annotations

from functools import cached_property

from metalearn.automl.library import Library
from metalearn.automl.predictor import constant_ensemble

__all__ = ["FirstFold"]

_POOR = 0.6
"""Where a loss is poor, between the best one (0) and that of a constant (1)."""
_FEWEST_ROWS = 50


class FirstFold:
    """Judges losses on the first fold of a fit.

    Args:
        library: All trials.
    """

    def __init__(self, library: Library) -> None:
        self._library = library

    def is_poor(self, loss: float) -> bool:
        """Tell whether a loss on the first fold is far behind the best one of finished trials."""
        if len(self._library.task.validation.splits[0][1]) < _FEWEST_ROWS:
            return False
        finished = [self._library.trials[i] for i in self._library.finished]
        best = min((trial.fold_losses[0] for trial in finished), default=float("inf"))
        return loss > best + _POOR * max(self._constant_loss - best, 0.0)

    @cached_property
    def _constant_loss(self) -> float:
        """Loss of class shares, or of the mean, on the rows of the first fold."""
        task = self._library.task
        constant = constant_ensemble(task.kind, task.classes, task.y, task.weight)
        rows = task.X.iloc[task.validation.splits[0][1]]
        return self._library.objective.loss(task.fold_truth(0), constant.values(rows))
