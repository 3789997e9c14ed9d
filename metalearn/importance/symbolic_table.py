"""What a search for symbolic defaults answers: a formula and a constant, compared on new tasks."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Value
from metalearn.core.metric import Metric
from metalearn.importance.tuning_gain import mean_interval

__all__ = ["SymbolicDefault", "SymbolicTable", "compared"]

_DEPTHS_TRIED = 3


@dataclass(frozen=True, slots=True)
class SymbolicDefault:
    """A formula for one hyperparameter, and the constant that it has to beat.

    Attributes:
        hyperparameter: Its name.
        formula: As Python reads it, in the symbols of the table; clipped to the axis.
        depth: Depth of the formula; 1 and no symbol is a constant.
        constant: The best constant.
        constant_score: Mean score of a constant on tasks that did not choose it.
        formula_score: Mean score of a formula on tasks that did not choose it.
        gain: Mean over tasks of the difference of these scores, larger is better.
        low: Lower end of its 95 % interval over tasks, for the best of three depths.
        high: Upper end.
    """

    hyperparameter: str
    formula: str
    depth: int
    constant: Value
    constant_score: float
    formula_score: float
    gain: float
    low: float
    high: float

    @property
    def is_better(self) -> bool:
        """Whether the formula beats the constant on tasks it has not seen, with confidence."""
        return self.low > 0.0


@dataclass(frozen=True, slots=True)
class SymbolicTable:
    """Symbolic defaults of one algorithm, one per numeric hyperparameter.

    Attributes:
        algorithm: Name of the algorithm.
        metric: The metric.
        tasks: Keys of the tasks they are made of.
        symbols: Symbols that formulas could use.
        n_formulas: How many formulas were tried, constants aside.
        defaults: The formulas, the largest gain first.
        remarks: What was done to the data, and hyperparameters without a formula.
    """

    algorithm: str
    metric: Metric
    tasks: tuple[str, ...]
    symbols: tuple[str, ...]
    n_formulas: int
    defaults: tuple[SymbolicDefault, ...]
    remarks: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return one row per hyperparameter, the largest gain first."""
        columns = ["hyperparameter", "constant", "formula", "depth", "constant_score",
                   "formula_score", "gain", "low", "high", "is_better"]  # fmt: skip
        rows = [[getattr(entry, name) for name in columns] for entry in self.defaults]
        return pd.DataFrame(rows, columns=columns).sort_values(
            "gain", ascending=False, kind="stable", ignore_index=True
        )


def compared(
    hyperparameter: str,
    formula: str,
    depth: int,
    constant: Value,
    constant_loss: Floats,
    formula_loss: Floats,
    metric: Metric,
) -> SymbolicDefault:
    """Return a formula with its comparison to a constant, task by task.

    Args:
        hyperparameter: Its name.
        formula: Text of the formula chosen on all tasks.
        depth: Its depth.
        constant: The constant chosen on all tasks.
        constant_loss: `(n_tasks,)` held-out losses of constants.
        formula_loss: `(n_tasks,)` held-out losses of formulas.
        metric: The metric.
    """
    found = mean_interval(constant_loss - formula_loss, level=1 - 0.05 / _DEPTHS_TRIED)
    return SymbolicDefault(
        hyperparameter, formula, depth, constant, metric.score(float(constant_loss.mean())),
        metric.score(float(formula_loss.mean())), found.mean, found.low, found.high,
    )  # fmt: skip
